//! The sentences about a plan: what the terminal and the page show first.
//!
//! Each is computed from the steps. A line that has nothing to say is left out.

mod acts;
mod limits;

use std::collections::{BTreeMap, BTreeSet};

use remit_apply::Progress;
use remit_plan::{Plan, PlanError, Referred, Summary};
use remit_policy::Ceilings;

use crate::style::Tone;
use crate::survey::{Groups, Survey};
use crate::words::{self, count, noun, thousands};

pub(crate) use acts::rules;

/// One sentence, under its word.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The word in the first column; empty where the sentence goes on with the line before.
    pub(crate) label: &'static str,
    pub(crate) tone: Tone,
    /// The number it begins with, if it begins with one.
    pub(crate) lead: Option<u64>,
    pub(crate) text: String,
    /// What is said in brackets.
    pub(crate) aside: Option<String>,
}

impl Line {
    fn new(label: &'static str, tone: Tone, text: impl Into<String>) -> Self {
        Self {
            label,
            tone,
            lead: None,
            text: text.into(),
            aside: None,
        }
    }

    fn led_by(label: &'static str, tone: Tone, lead: u64, text: impl Into<String>) -> Self {
        Self {
            lead: Some(lead),
            ..Self::new(label, tone, text)
        }
    }

    fn aside(mut self, aside: Option<String>) -> Self {
        self.aside = aside;
        self
    }
}

/// Gaps and notes that are shown one by one, and groups of what is kept.
const GAPS_SHOWN: u64 = 10;
const NOTES_SHOWN: usize = 3;
/// Of a plan that proposes nothing.
const NOTES_OF_A_REPORT: usize = 300;
const REFERRED_SHOWN: usize = 10;
const GROUPS_SHOWN: usize = 4;
const NOTE_CHARS_MAX: usize = 200;

/// Everything there is to say, in order.
pub(crate) fn lines(
    plan: &Plan,
    survey: &Survey,
    ceilings: Option<&Ceilings>,
    progress: Option<&Progress>,
    policy_absent: bool,
) -> Result<Vec<Line>, PlanError> {
    let summary = plan.summary();
    let mut lines = Vec::new();
    acts::delete(summary, survey, &mut lines);
    acts::redact(summary, survey, &mut lines);
    acts::export(summary, survey, &mut lines);
    acts::archive(summary, &mut lines);
    if summary.steps == 0 {
        lines.push(Line::new(
            "steps",
            Tone::Plain,
            "none: there is nothing to do",
        ));
    }
    keep(plan, &mut lines)?;
    referred(plan, &mut lines)?;
    gaps(plan, &mut lines)?;
    residue(plan, &mut lines)?;
    notes(plan, &mut lines)?;
    outcome(survey, progress, &mut lines);
    lines.extend(ceilings.and_then(|ceilings| limits::line(summary, ceilings)));
    guards(summary, &mut lines);
    if policy_absent {
        lines.push(Line::new(
            "policy",
            Tone::Careful,
            "no policy, no holds known",
        ));
    }
    Ok(lines)
}

fn keep(plan: &Plan, lines: &mut Vec<Line>) -> Result<(), PlanError> {
    if plan.summary().kept == 0 {
        return Ok(());
    }
    let mut groups = Groups::default();
    for kept in plan.kept() {
        let kept = kept?;
        groups.add(&kept.why, &kept.path);
    }
    let (largest, rest) = groups.largest(GROUPS_SHOWN);
    let mut parts: Vec<String> = largest
        .into_iter()
        .map(|(why, things)| format!("{things}: {why}"))
        .collect();
    if rest > 0 {
        parts.push(format!("{} for other reasons", thousands(rest)));
    }
    lines.push(Line::new("keep", Tone::Plain, parts.join(" · ")));
    Ok(())
}

/// What else will point nowhere.
fn referred(plan: &Plan, lines: &mut Vec<Line>) -> Result<(), PlanError> {
    let total = plan.summary().referred;
    let mut label = "referred";
    for referred in plan.referred().take(REFERRED_SHOWN) {
        let Referred {
            to,
            by,
            entries,
            first,
        } = referred?;
        let text = match entries {
            1 => format!("{first} is also referred to by {by}"),
            n => format!(
                "{} entries of {to} are also referred to by {by}",
                thousands(n)
            ),
        };
        lines.push(Line::new(label, Tone::Careful, text));
        label = "";
    }
    let shown = total.min(REFERRED_SHOWN as u64);
    if total > shown {
        let text = format!("… and {} more", thousands(total - shown));
        lines.push(Line::new("", Tone::Careful, text));
    }
    Ok(())
}

fn gaps(plan: &Plan, lines: &mut Vec<Line>) -> Result<(), PlanError> {
    const REASON_CHARS_MAX: usize = 200;
    let accepted: BTreeSet<u64> = plan.manifest().accepted.iter().collect();
    let total = plan.summary().gaps;
    let mut label = "gaps";
    for (number, gap) in (1..=GAPS_SHOWN).zip(plan.gaps()) {
        let gap = gap?;
        let note = if accepted.contains(&number) {
            " (accepted)"
        } else {
            ""
        };
        let reason = words::hearsay(&gap.reason, REASON_CHARS_MAX);
        let text = format!("{number}: {}: {reason}{note}", gap.path);
        lines.push(Line::new(label, Tone::Careful, text));
        label = "";
    }
    if total > GAPS_SHOWN {
        let text = format!("… and {} more", thousands(total - GAPS_SHOWN));
        lines.push(Line::new("", Tone::Careful, text));
    }
    Ok(())
}

fn residue(plan: &Plan, lines: &mut Vec<Line>) -> Result<(), PlanError> {
    if plan.summary().residue == 0 {
        return Ok(());
    }
    let mut groups = Groups::default();
    for residue in plan.residue() {
        let residue = residue?;
        let place = residue
            .place
            .strip_prefix("its ")
            .map(|place| format!("the {place}"));
        groups.add(place.as_ref().unwrap_or(&residue.place), &residue.path);
    }
    let (largest, rest) = groups.largest(GROUPS_SHOWN);
    let mut parts: Vec<String> = largest
        .into_iter()
        .map(|(place, things)| format!("{place} of {things}"))
        .collect();
    if rest > 0 {
        parts.push(count(rest, "other match", "other matches"));
    }
    let verb = noun(parts.len() as u64, "stays", "stay");
    let text = format!("{} {verb} in the service", parts.join(" · "));
    lines.push(Line::new("residue", Tone::Careful, text));
    Ok(())
}

fn notes(plan: &Plan, lines: &mut Vec<Line>) -> Result<(), PlanError> {
    let mut label = "notes";
    // Where nothing is proposed, they are what was asked for.
    let shown = match plan.summary().steps {
        0 => NOTES_OF_A_REPORT,
        _ => NOTES_SHOWN,
    };
    for note in plan.notes().take(shown) {
        let note = words::hearsay(&note?.message, NOTE_CHARS_MAX);
        lines.push(Line::new(
            label,
            Tone::Plain,
            format!("the guest says: “{note}”"),
        ));
        label = "";
    }
    let more = plan.summary().notes.saturating_sub(shown as u64);
    if more > 0 {
        lines.push(Line::new(
            "",
            Tone::Plain,
            format!("… and {} more", thousands(more)),
        ));
    }
    Ok(())
}

fn outcome(survey: &Survey, progress: Option<&Progress>, lines: &mut Vec<Line>) {
    if survey.stands.is_empty() {
        return;
    }
    let stands = by_count(&survey.stands);
    let Some(progress) = progress else {
        lines.push(Line::new(
            "outcome",
            Tone::Plain,
            format!("forecast: {stands}"),
        ));
        return;
    };
    let end = if progress.finished {
        ""
    } else {
        " · not finished"
    };
    lines.push(Line::new("outcome", Tone::Strong, format!("{stands}{end}")));
    if let Some(verified) = progress.verified {
        let holds = count(verified.held, "thing holds", "things hold");
        let (tone, text) = match (verified.broken, verified.beside) {
            (0, 0) => (Tone::Good, format!("{holds}, none broken")),
            (0, beside) => (
                Tone::Careful,
                format!(
                    "{holds}, none broken · {} while it was applied, by no step of it",
                    count(beside, "other changed", "others changed")
                ),
            ),
            (broken, _) => (
                Tone::Danger,
                format!(
                    "{} not as it should be, {holds}",
                    count(broken, "thing is", "things are"),
                ),
            ),
        };
        lines.push(Line::new("verified", tone, text));
    }
}

/// `4,298 gone · 12 gone-on 2027-01-06`, the most first.
pub(crate) fn by_count(stands: &BTreeMap<String, u64>) -> String {
    let mut stands: Vec<(&String, &u64)> = stands.iter().collect();
    stands.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let stands: Vec<String> = stands
        .iter()
        .map(|(word, n)| format!("{} {word}", thousands(**n)))
        .collect();
    stands.join(" · ")
}

fn guards(summary: &Summary, lines: &mut Vec<Line>) {
    let checked = summary.guards.get("checked").copied().unwrap_or(0);
    if checked > 0 {
        let which = if checked == summary.steps {
            "every step is".to_owned()
        } else {
            count(checked, "step is", "steps are")
        };
        let text = format!("{which} checked: read again just before the act; a small race remains");
        lines.push(Line::new("guards", Tone::Plain, text));
    }
}
