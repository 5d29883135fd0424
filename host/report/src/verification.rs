//! What a second look at the workspace found.

use std::io::{self, Write};

use remit_apply::Verification;
use serde::Serialize;

use crate::style::Tone;
use crate::words::{self, count, thousands};
use crate::{Style, json};

/// Findings that are shown one by one.
const SHOWN: usize = 50;
const WHY_CHARS_MAX: usize = 300;

/// Writes what holds, what does not, and how it is known that looking works.
pub fn show_verification(
    out: &mut dyn Write,
    verification: &Verification,
    style: Style,
) -> io::Result<()> {
    match &verification.known {
        Some(path) => writeln!(
            out,
            "{:<10}{path} is found, an invented name is not: looking works",
            "control"
        )?,
        None => writeln!(
            out,
            "{:<10}the workspace lists nothing, and an invented name is not found",
            "control"
        )?,
    }
    let held: Vec<String> = [
        (verification.gone, "gone, older generations too"),
        (verification.redacted, "redacted as planned"),
        (verification.archived, "archived"),
        (verification.unchanged, "unchanged"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{} {what}", thousands(n)))
    .collect();
    if held.is_empty() {
        writeln!(out, "{:<10}nothing to compare", "holds")?;
    } else {
        writeln!(out, "{:<10}{}", "holds", held.join(" · "))?;
    }
    if verification.holds() {
        let text = "everything is as it should be";
        return writeln!(out, "{:<10}{}", "verified", style.paint(Tone::Good, text));
    }
    let text = format!(
        "{} not as it should be",
        count(verification.broken, "entry is", "entries are")
    );
    writeln!(out, "{:<10}{}", "broken", style.paint(Tone::Danger, &text))?;
    for finding in verification.findings.iter().take(SHOWN) {
        let why = words::hearsay(&finding.why, WHY_CHARS_MAX);
        writeln!(out, "{:>8}  {}  {why}", finding.step, finding.path)?;
    }
    let shown = verification.findings.len().min(SHOWN) as u64;
    if verification.broken > shown {
        writeln!(
            out,
            "          … and {} more",
            thousands(verification.broken - shown)
        )?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<'v> {
    remit: u32,
    verification: Facts<'v>,
}

#[derive(Serialize)]
struct Facts<'v> {
    holds: bool,
    gone: u64,
    redacted: u64,
    archived: u64,
    unchanged: u64,
    broken: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<&'v str>,
    findings: Vec<Finding<'v>>,
}

#[derive(Serialize)]
struct Finding<'v> {
    step: u64,
    path: &'v str,
    why: &'v str,
}

/// Writes the same as one JSON object.
pub fn verification_json(out: &mut dyn Write, verification: &Verification) -> io::Result<()> {
    let findings = verification.findings.iter().map(|finding| Finding {
        step: finding.step,
        path: finding.path.as_str(),
        why: &finding.why,
    });
    json::line(
        out,
        &Document {
            remit: json::FORMAT,
            verification: Facts {
                holds: verification.holds(),
                gone: verification.gone,
                redacted: verification.redacted,
                archived: verification.archived,
                unchanged: verification.unchanged,
                broken: verification.broken,
                known: verification.known.as_ref().map(|path| path.as_str()),
                findings: findings.collect(),
            },
        },
    )
}
