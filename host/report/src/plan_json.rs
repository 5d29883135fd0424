//! A plan as JSON: its facts as one object, its steps as one object a line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use remit_apply::Progress;
use remit_plan::{Act, Conversion, Count, Plan, PlanError, Redaction, Span, Step};
use remit_workspace::EntryPath;
use serde::Serialize;

use crate::standing::Stand;
use crate::survey::Survey;
use crate::{StepFilter, json, words};

#[derive(Serialize)]
struct Document<T> {
    remit: u32,
    plan: T,
}

#[derive(Serialize)]
struct Facts<'p, G, K, R, E, N> {
    digest: String,
    workspace: &'p str,
    guest: &'p str,
    policy: &'p str,
    created: String,
    expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    incomplete: Option<&'p str>,
    steps: u64,
    acts: &'p BTreeMap<String, Count>,
    places: &'p BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    through: &'p BTreeMap<String, u64>,
    listed: &'p BTreeMap<String, u64>,
    guards: &'p BTreeMap<String, u64>,
    forecasts: &'p BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    states: Option<&'p BTreeMap<String, u64>>,
    gaps: G,
    kept: K,
    residue: R,
    #[serde(skip_serializing_if = "Option::is_none")]
    referred: Option<E>,
    guest_says: N,
}

#[derive(Serialize)]
struct Gap {
    gap: u64,
    path: String,
    reason: String,
    accepted: bool,
}

/// Writes what is known about a plan, without its steps, as one JSON object.
pub fn plan_json(out: &mut dyn Write, plan: &Plan, progress: Option<&Progress>) -> io::Result<()> {
    let progress = progress.filter(|progress| progress.started);
    let survey = match progress {
        Some(_) => Survey::of(plan, progress).map_err(io::Error::other)?,
        None => Survey::default(),
    };
    let (manifest, summary) = (plan.manifest(), plan.summary());
    let accepted: BTreeSet<u64> = manifest.accepted.iter().collect();
    let gaps = || {
        (1..).zip(plan.gaps()).map(|(number, gap)| {
            let gap = gap?;
            Ok::<_, PlanError>(Gap {
                gap: number,
                path: gap.path.to_string(),
                reason: gap.reason,
                accepted: accepted.contains(&number),
            })
        })
    };
    json::line(
        out,
        &Document {
            remit: json::FORMAT,
            plan: Facts {
                digest: plan.digest().to_string(),
                workspace: &manifest.about.workspace,
                guest: &manifest.about.guest,
                policy: &manifest.about.policy,
                created: words::rfc3339(manifest.about.created),
                expires: words::rfc3339(manifest.about.expires),
                incomplete: manifest.incomplete.as_deref(),
                steps: summary.steps,
                acts: &summary.acts,
                places: &summary.places,
                through: &summary.through,
                listed: &summary.listed,
                guards: &summary.guards,
                forecasts: &summary.forecasts,
                states: progress.map(|_| &survey.stands),
                gaps: json::Items(gaps),
                kept: json::Items(|| plan.kept()),
                residue: json::Items(|| plan.residue()),
                referred: (summary.referred > 0).then_some(json::Items(|| plan.referred())),
                guest_says: json::Items(|| plan.notes().map(|note| note.map(|note| note.message))),
            },
        },
    )
}

#[derive(Serialize)]
struct Line<'s> {
    remit: u32,
    step: u64,
    act: &'static str,
    path: &'s str,
    kind: &'static str,
    version: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    guard: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    purge: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_first: Option<bool>,
    /// Said where it is so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    detach: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    redaction: Option<Cut<'s>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<Through<'s>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    part_of: Option<&'s str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files_of: Vec<&'s str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destroys: Vec<&'s str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destroys_all_below: Vec<&'s str>,
    #[serde(skip_serializing_if = "<[Span]>::is_empty")]
    needs: &'s [Span],
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Serialize)]
struct Cut<'s> {
    scanner: &'s str,
    format: &'s str,
    places: &'s BTreeMap<String, u64>,
    after_sha256: &'s str,
    after_size_bytes: u64,
}

#[derive(Serialize)]
struct Through<'s> {
    converter: &'s str,
    converter_digest: &'s str,
    after_sha256: &'s str,
    after_size_bytes: u64,
}

/// Writes each step that the filter takes as a JSON object on a line of its own; how many they were.
pub fn steps_json(
    out: &mut dyn Write,
    plan: &Plan,
    progress: Option<&Progress>,
    filter: &StepFilter,
) -> io::Result<u64> {
    let progress = progress.filter(|progress| progress.started);
    let mut written = 0;
    for step in plan.steps() {
        let step = step.map_err(io::Error::other)?;
        let stand = Stand::of(&step, progress);
        if filter.takes(&step, &stand) {
            written += 1;
            json::line(out, &line(&step, stand))?;
        }
    }
    Ok(written)
}

fn line(step: &Step, stand: Stand) -> Line<'_> {
    let (purge, cancel_first) = match &step.act {
        Act::Delete {
            purge,
            cancel_first,
            ..
        } => (Some(*purge), Some(*cancel_first)),
        Act::Export { .. } | Act::Redact(_) | Act::Archive {} => (None, None),
    };
    let word = (!stand.word.is_empty()).then_some(stand.word);
    Line {
        remit: json::FORMAT,
        step: step.number,
        act: step.act.as_str(),
        path: step.path.as_str(),
        kind: step.kind.as_str(),
        version: step.version.as_str(),
        size_bytes: step.size_bytes,
        modified: step.modified.map(words::rfc3339),
        guard: step.guard.as_str(),
        purge,
        cancel_first,
        detach: matches!(step.act, Act::Delete { detach: true, .. }),
        redaction: step.act.redaction().map(cut),
        through: step.act.conversion().map(through),
        reason: &step.reason,
        part_of: step.part_of.as_ref().map(EntryPath::as_str),
        files_of: step.files_of.iter().map(EntryPath::as_str).collect(),
        destroys: step.effects.entries.iter().map(EntryPath::as_str).collect(),
        destroys_all_below: step
            .effects
            .all_below
            .iter()
            .map(EntryPath::as_str)
            .collect(),
        needs: &step.needs,
        forecast: word.filter(|_| stand.is_forecast),
        state: word.filter(|_| !stand.is_forecast),
        until: stand.date,
        why: stand.why,
    }
}

fn cut(redaction: &Redaction) -> Cut<'_> {
    Cut {
        scanner: &redaction.scanner,
        format: &redaction.format,
        places: &redaction.places,
        after_sha256: &redaction.after_sha256,
        after_size_bytes: redaction.after_size_bytes,
    }
}

fn through(conversion: &Conversion) -> Through<'_> {
    Through {
        converter: &conversion.converter,
        converter_digest: &conversion.converter_digest,
        after_sha256: &conversion.after_sha256,
        after_size_bytes: conversion.after_size_bytes,
    }
}
