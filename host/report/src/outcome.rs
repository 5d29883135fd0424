//! What became of a plan.

use std::collections::BTreeMap;
use std::io::{self, Write};

use remit_apply::{Outcome, Progress};
use remit_plan::{Plan, PlanError};
use serde::Serialize;

use crate::standing::Stand;
use crate::style::Tone;
use crate::words::{self, count, size, thousands};
use crate::{Style, json, summary};

/// Steps that did not succeed and are shown one by one.
const SHOWN: u64 = 50;

/// Writes counts by act and state, then every step that did not succeed, and what is left to do.
pub fn show_outcome(
    out: &mut dyn Write,
    plan: &Plan,
    progress: &Progress,
    style: Style,
) -> io::Result<()> {
    let outcome = Outcome::of(plan, progress).map_err(io::Error::other)?;
    let mut latest = None;
    let mut unfinished: u64 = 0;
    let mut decided: u64 = 0;
    let mut to_do: u64 = 0;
    for act in ["delete", "redact", "export", "archive"] {
        let Some(states) = outcome.acts.get(act) else {
            continue;
        };
        let bytes = match outcome.bytes.get(act) {
            Some(bytes) if *bytes > 0 => format!("  ({})", size(*bytes)),
            _ => String::new(),
        };
        writeln!(out, "{act:<10}{}{bytes}", summary::by_count(states))?;
    }
    if outcome.total() == 0 {
        writeln!(out, "{:<10}none: there was nothing to do", "steps")?;
    }
    for step in plan.steps() {
        let step = step.map_err(io::Error::other)?;
        let stand = Stand::of(&step, Some(progress));
        if stand.is_success() {
            latest = latest.max(stand.date);
            continue;
        }
        unfinished += 1;
        if progress.is_to_do(step.number) {
            to_do += 1;
        } else {
            decided += 1;
        }
        if unfinished <= SHOWN {
            let act = step.act.as_str();
            let tone = match stand.word {
                Outcome::OPEN | Outcome::BEGUN => Tone::Faint,
                _ => Tone::Careful,
            };
            let text = stand.text();
            writeln!(
                out,
                "{:>8}  {act:<7}  {}  {}",
                step.number,
                step.path,
                style.paint(tone, &text)
            )?;
        }
    }
    let case = words::escape(&plan.case().dir().display().to_string());
    if unfinished > SHOWN {
        let more = thousands(unfinished - SHOWN);
        writeln!(
            out,
            "          … and {more} more: remit show {case} --steps"
        )?;
    }
    if let Some(date) = latest {
        let kept = count(outcome.count("gone-on"), "entry", "entries");
        writeln!(
            out,
            "{:<10}the service keeps {kept} until then, the last until {date}",
            "gone-on"
        )?;
    }
    if decided > 0 {
        let steps = count(decided, "step was", "steps were");
        writeln!(
            out,
            "{:<10}{steps} decided against and will not be tried again",
            "left"
        )?;
    }
    if to_do > 0 {
        let steps = count(to_do, "step", "steps");
        writeln!(out, "{:<10}{steps} to go: remit apply {case}", "remains")?;
    } else if unfinished == 0 && outcome.total() > 0 {
        let steps = count(outcome.total(), "step", "steps");
        let text = format!("{steps} carried out");
        writeln!(out, "{:<10}{}", "complete", style.paint(Tone::Good, &text))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<T> {
    remit: u32,
    outcome: T,
}

#[derive(Serialize)]
struct Facts<'p, U> {
    digest: String,
    started: bool,
    finished: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    package_sha256: Option<&'p str>,
    acts: &'p BTreeMap<String, BTreeMap<String, u64>>,
    bytes: &'p BTreeMap<String, u64>,
    unfinished: U,
}

#[derive(Serialize)]
struct Unfinished {
    step: u64,
    path: String,
    act: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    to_do: bool,
}

/// Writes the same as one JSON object, with every step that did not succeed.
pub fn outcome_json(out: &mut dyn Write, plan: &Plan, progress: &Progress) -> io::Result<()> {
    let outcome = Outcome::of(plan, progress).map_err(io::Error::other)?;
    let unfinished = || {
        plan.steps().filter_map(|step| {
            let step = match step {
                Ok(step) => step,
                Err(error) => return Some(Err(error)),
            };
            let stand = Stand::of(&step, Some(progress));
            (!stand.is_success()).then(|| {
                Ok::<_, PlanError>(Unfinished {
                    step: step.number,
                    path: step.path.to_string(),
                    act: step.act.as_str(),
                    state: stand.word,
                    why: stand.why,
                    to_do: progress.is_to_do(step.number),
                })
            })
        })
    };
    json::line(
        out,
        &Document {
            remit: json::FORMAT,
            outcome: Facts {
                digest: plan.digest().to_string(),
                started: progress.started,
                finished: progress.finished,
                package_sha256: progress.packaged.as_deref(),
                acts: &outcome.acts,
                bytes: &outcome.bytes,
                unfinished: json::Items(unfinished),
            },
        },
    )
}
