//! What a second look at the workspace found.

use std::io::{self, Write};

use remit_apply::{Beside, Difference, Verification};
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
        None if verification.is_without_workspace => writeln!(
            out,
            "{:<10}the workspace itself is not there, and with it the way to look into it",
            "control"
        )?,
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
        (verification.purged, "purged, as the service says"),
        (
            verification.hidden,
            "hidden until the service lets go of them",
        ),
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
    if verification.unseen > 0 {
        let unseen = count(verification.unseen, "entry", "entries");
        let text = format!("{unseen} that nobody can look at any more: only the journal tells");
        writeln!(out, "{:<10}{}", "unseen", style.paint(Tone::Careful, &text))?;
    }
    show_beside(out, &verification.beside, style)?;
    if verification.holds() {
        let text = match verification.beside.is_shown() {
            true if verification.unseen > 0 => {
                style.paint(Tone::Careful, "what can be looked at is as it should be")
            }
            true => style.paint(Tone::Good, "everything is as it should be"),
            false => style.paint(
                Tone::Careful,
                "the plan's own entries are as they should be; of the others it is not shown",
            ),
        };
        return writeln!(out, "{:<10}{text}", "verified");
    }
    let text = format!(
        "{} not as it should be",
        count(verification.broken, "entry is", "entries are")
    );
    writeln!(out, "{:<10}{}", "broken", style.paint(Tone::Danger, &text))?;
    for finding in verification.findings.iter().take(SHOWN) {
        let why = words::hearsay(&finding.why, WHY_CHARS_MAX);
        let step = finding.step.map_or("kept".into(), |step| step.to_string());
        writeln!(out, "{step:>8}  {}  {why}", finding.path)?;
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

/// What became of the entries that the plan does not change.
fn show_beside(out: &mut dyn Write, beside: &Beside, style: Style) -> io::Result<()> {
    let (during, since) = match beside {
        Beside::Nothing => return Ok(()),
        Beside::Unknown(why) => {
            let text = format!("not compared: {}", words::hearsay(why, WHY_CHARS_MAX));
            return writeln!(out, "{:<10}{}", "others", style.paint(Tone::Careful, &text));
        }
        Beside::Compared { during, since } => (during, since),
    };
    let unchanged = count(during.unchanged, "entry", "entries");
    writeln!(
        out,
        "{:<10}{unchanged} of no step stayed unchanged while the plan was applied",
        "others"
    )?;
    if during.lost() > 0 {
        let text = format!(
            "{} while it was applied, by no step of it",
            differences(during)
        );
        writeln!(out, "{:<10}{}", "", style.paint(Tone::Danger, &text))?;
        for path in during.named.iter().take(SHOWN) {
            writeln!(out, "          {path}")?;
        }
        let shown = during.named.len().min(SHOWN) as u64;
        if during.lost() > shown {
            writeln!(
                out,
                "          … and {} more",
                thousands(during.lost() - shown)
            )?;
        }
    }
    let later = differences(since);
    if !later.is_empty() {
        writeln!(out, "{:<10}{later} since then, not by this plan", "")?;
    }
    let unknown = during.unknown + since.unknown;
    if unknown > 0 {
        let unknown = count(unknown, "entry lies", "entries lie");
        writeln!(out, "{:<10}{unknown} where nobody could look each time", "")?;
    }
    Ok(())
}

/// `1 vanished · 2 changed · 3 new`.
fn differences(difference: &Difference) -> String {
    let parts: Vec<String> = [
        (difference.vanished, "vanished"),
        (difference.changed, "changed"),
        (difference.appeared, "new"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{} {what}", thousands(n)))
    .collect();
    parts.join(" · ")
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
    /// By the word of the service; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    purged: Option<u64>,
    hidden: u64,
    redacted: u64,
    archived: u64,
    unchanged: u64,
    /// What nobody can look at any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    unseen: Option<u64>,
    broken: u64,
    /// Whether the plan changed nothing else; none where it changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<Others<'v>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<&'v str>,
    findings: Vec<Finding<'v>>,
}

/// The entries that the plan does not change.
#[derive(Serialize)]
#[serde(untagged)]
enum Others<'v> {
    Unknown {
        unknown: &'v str,
    },
    Compared {
        during: Differences<'v>,
        since: Differences<'v>,
    },
}

#[derive(Serialize)]
struct Differences<'v> {
    unchanged: u64,
    changed: u64,
    vanished: u64,
    appeared: u64,
    unknown: u64,
    named: Vec<&'v str>,
}

impl<'v> Others<'v> {
    fn of(beside: &'v Beside) -> Option<Self> {
        let differences = |of: &'v Difference| Differences {
            unchanged: of.unchanged,
            changed: of.changed,
            vanished: of.vanished,
            appeared: of.appeared,
            unknown: of.unknown,
            named: of.named.iter().map(|path| path.as_str()).collect(),
        };
        match beside {
            Beside::Nothing => None,
            Beside::Unknown(why) => Some(Self::Unknown { unknown: why }),
            Beside::Compared { during, since } => Some(Self::Compared {
                during: differences(during),
                since: differences(since),
            }),
        }
    }
}

#[derive(Serialize)]
struct Finding<'v> {
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
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
                purged: Some(verification.purged).filter(|n| *n > 0),
                hidden: verification.hidden,
                redacted: verification.redacted,
                archived: verification.archived,
                unchanged: verification.unchanged,
                unseen: Some(verification.unseen).filter(|unseen| *unseen > 0),
                broken: verification.broken,
                others: Others::of(&verification.beside),
                known: verification.known.as_ref().map(|path| path.as_str()),
                findings: findings.collect(),
            },
        },
    )
}
