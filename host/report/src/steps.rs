//! The steps of a plan, one a line, in the order of their paths.

use std::io::{self, Write};

use remit_apply::Progress;
use remit_plan::{Act, Plan, Step};
use remit_workspace::Pattern;

use crate::standing::{Stand, speaker};
use crate::style::Tone;
use crate::{Style, summary, words};

/// Which steps are shown; all of them, by default.
#[derive(Clone, Debug, Default)]
pub struct StepFilter {
    /// Only this act: `export`, `redact`, `archive` or `delete`.
    pub act: Option<String>,
    /// Only steps that stand so: `gone`, `failed`, `open`, …; forecasts while nothing was begun.
    pub state: Option<String>,
    /// Only steps on these entries.
    pub paths: Option<Pattern>,
}

impl StepFilter {
    pub(crate) fn takes(&self, step: &Step, stand: &Stand) -> bool {
        self.act
            .as_deref()
            .is_none_or(|act| act == step.act.as_str())
            && self
                .state
                .as_deref()
                .is_none_or(|state| state == stand.word)
            && self
                .paths
                .as_ref()
                .is_none_or(|paths| paths.matches(&step.path))
    }
}

const REASON_CHARS_MAX: usize = 200;
const CONVERTER_CHARS_MAX: usize = 64;

/// Writes one line for each step that the filter takes, and says how many they were.
pub fn show_steps(
    out: &mut dyn Write,
    plan: &Plan,
    progress: Option<&Progress>,
    filter: &StepFilter,
    style: Style,
) -> io::Result<u64> {
    let progress = progress.filter(|progress| progress.started);
    let number_width = plan.summary().steps.to_string().len();
    let speaker = speaker(plan);
    let mut shown = 0;
    for step in plan.steps() {
        let step = step.map_err(io::Error::other)?;
        let stand = Stand::of(&step, progress);
        if filter.takes(&step, &stand) {
            shown += 1;
            write_step(out, &step, &stand, number_width, speaker, style)?;
        }
    }
    Ok(shown)
}

fn write_step(
    out: &mut dyn Write,
    step: &Step,
    stand: &Stand,
    number_width: usize,
    speaker: &str,
    style: Style,
) -> io::Result<()> {
    let size = step.bytes().map_or_else(|| "-".to_owned(), words::size);
    let act = format!("{:<7}", step.act.as_str());
    write!(
        out,
        "{:>number_width$}  {}  {size:>10}  {}",
        step.number,
        style.paint(tone(&step.act), &act),
        style.paint(Tone::Strong, step.path.as_str()),
    )?;
    let facts = facts(step);
    if !facts.is_empty() {
        write!(out, "  {}", facts.join(", "))?;
    }
    if !stand.word.is_empty() {
        let tone = match (stand.is_success(), stand.is_forecast) {
            (true, _) => Tone::Good,
            (false, true) => Tone::Faint,
            (false, false) => Tone::Careful,
        };
        write!(out, "  {}", style.paint(tone, &stand.text()))?;
    }
    if !step.reason.is_empty() {
        let reason = words::hearsay(&step.reason, REASON_CHARS_MAX);
        let reason = format!("({speaker}: “{reason}”)");
        write!(out, "  {}", style.paint(Tone::Faint, &reason))?;
    }
    writeln!(out)
}

pub(crate) fn tone(act: &Act) -> Tone {
    match act {
        Act::Export { .. } => Tone::Good,
        Act::Redact(_) => Tone::Careful,
        Act::Archive {} => Tone::Plain,
        Act::Delete { .. } => Tone::Danger,
    }
}

/// What is worth knowing about a step, in the host's words.
pub(crate) fn facts(step: &Step) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(redaction) = step.act.redaction() {
        let places = summary::rules(&redaction.places);
        facts.push(match &step.act {
            Act::Export { .. } => format!("masked in {places}"),
            Act::Redact(_) | Act::Archive {} | Act::Delete { .. } => places,
        });
    }
    if let Some(conversion) = step.act.conversion() {
        let name = words::hearsay(&conversion.converter, CONVERTER_CHARS_MAX);
        facts.push(format!("through {name}"));
    }
    if let Act::Delete {
        purge,
        cancel_first,
        detach,
        ..
    } = &step.act
    {
        if *detach {
            facts.push("detached: what is below it stays".to_owned());
        }
        if *purge {
            facts.push("for good".to_owned());
        }
        if *cancel_first {
            facts.push("stopped first".to_owned());
        }
    }
    match step.effects.entries.len() as u64 {
        0 => {}
        n => facts.push(format!(
            "with {}",
            words::count(n, "generation", "generations")
        )),
    }
    for place in &step.effects.all_below {
        facts.push(format!("everything below {place}"));
    }
    if let Some(record) = &step.part_of {
        facts.push(format!("part of {record}"));
    }
    for record in &step.files_of {
        facts.push(format!("a file of {record}"));
    }
    facts
}
