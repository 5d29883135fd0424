//! A plan in ten lines.

use std::io::{self, Write};

use remit_apply::Progress;
use remit_plan::Plan;
use remit_policy::Ceilings;

use crate::Style;
use crate::style::{Tone, wrap};
use crate::summary::{self, Line};
use crate::survey::Survey;
use crate::words;

/// What is known about a plan besides the plan itself.
#[derive(Clone, Debug, Default)]
pub struct ShowPlan {
    /// The ceilings in force, where they are known.
    pub ceilings: Option<Ceilings>,
    /// What became of it, once it was begun.
    pub progress: Option<Progress>,
    /// Whether the workspace has neither policy nor holds.
    pub policy_absent: bool,
    /// The command line to go on with; empty for none.
    pub next: String,
}

const LABEL_WIDTH: usize = 10;
const WIDTH_MIN: usize = 40;
const REASON_CHARS_MAX: usize = 300;

/// Writes what a plan will do, or did: counts first, the digest last.
pub fn show_plan(
    out: &mut dyn Write,
    plan: &Plan,
    about: &ShowPlan,
    style: Style,
    width: usize,
) -> io::Result<()> {
    let progress = about.progress.as_ref().filter(|progress| progress.started);
    let survey = Survey::of(plan, progress).map_err(io::Error::other)?;
    let lines = summary::lines(
        plan,
        &survey,
        about.ceilings.as_ref(),
        progress,
        about.policy_absent,
    )
    .map_err(io::Error::other)?;
    let width = width.max(WIDTH_MIN);
    write_lines(out, &lines, style, width)?;
    if let Some(why) = &plan.manifest().incomplete {
        let why = words::hearsay(why, REASON_CHARS_MAX);
        let text = "INCOMPLETE: this plan cannot be applied.";
        writeln!(out, "{}", style.paint(Tone::Danger, text))?;
        // Indented, so that no reason can pass for a line of ours.
        for line in wrap(&why, width - LABEL_WIDTH) {
            writeln!(out, "{:<LABEL_WIDTH$}{line}", "")?;
        }
    }
    let digest = format!("digest sha256:{}", plan.digest().to_hex());
    let next = words::escape(&about.next);
    let used = LABEL_WIDTH + next.chars().count();
    if next.is_empty() {
        return writeln!(out, "{}", style.paint(Tone::Strong, &digest));
    }
    write!(
        out,
        "{:<LABEL_WIDTH$}{}",
        "next",
        style.paint(Tone::Strong, &next)
    )?;
    // Neither is broken: both are there to be copied.
    if used + 4 + digest.len() <= width {
        writeln!(out, "    {}", style.paint(Tone::Faint, &digest))
    } else {
        let (word, value) = digest.split_once(' ').unwrap_or(("", &digest));
        writeln!(out)?;
        writeln!(
            out,
            "{word:<LABEL_WIDTH$}{}",
            style.paint(Tone::Faint, value)
        )
    }
}

/// Writes sentences under their words, numbers one below the other.
pub(crate) fn write_lines(
    out: &mut dyn Write,
    lines: &[Line],
    style: Style,
    width: usize,
) -> io::Result<()> {
    let lead_width = lines
        .iter()
        .filter_map(|line| line.lead)
        .map(|lead| words::thousands(lead).len())
        .max()
        .unwrap_or(0);
    let texts: Vec<String> = lines
        .iter()
        .map(|line| match line.lead {
            Some(lead) => format!("{:>lead_width$} {}", words::thousands(lead), line.text),
            None => line.text.clone(),
        })
        .collect();
    let room = width - LABEL_WIDTH;
    // Brackets stand below each other, as far as they find room.
    let aside_at = lines
        .iter()
        .zip(&texts)
        .filter(|(line, _)| line.aside.is_some())
        .map(|(_, text)| text.chars().count() + 2)
        .max()
        .unwrap_or(0);
    for (line, text) in lines.iter().zip(&texts) {
        let label = format!("{:<LABEL_WIDTH$}", line.label);
        let text = match &line.aside {
            Some(aside) if aside_at + aside.chars().count() + 2 <= room => {
                format!("{text:<aside_at$}({aside})")
            }
            Some(aside) => format!("{text}  ({aside})"),
            None => text.clone(),
        };
        // A lead's own blanks are no place to break at.
        let blanks = text.len() - text.trim_start().len();
        let is_one_line = text.chars().count() <= room;
        let wrapped = if is_one_line {
            vec![text]
        } else {
            let mut wrapped = wrap(text.trim_start(), room - blanks);
            if let Some(first) = wrapped.first_mut() {
                first.insert_str(0, &" ".repeat(blanks));
            }
            wrapped
        };
        for (index, piece) in wrapped.iter().enumerate() {
            let label = if index == 0 {
                label.as_str()
            } else {
                "          "
            };
            writeln!(out, "{}{piece}", style.paint(line.tone, label))?;
        }
    }
    Ok(())
}
