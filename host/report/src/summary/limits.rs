//! How near a plan comes to its ceilings.

use remit_plan::Summary;
use remit_policy::{Act, Bounded, Ceilings, Measure, Strength, Tally};
use remit_workspace::Kind;

use super::Line;
use crate::style::Tone;
use crate::words::{self, size, thousands};

/// `delete 12/500 entries, 8.2/20 GiB · redact 3/5,000`; bytes and percent where they come near.
pub(super) fn line(summary: &Summary, ceilings: &Ceilings) -> Option<Line> {
    let tally = tally(summary);
    let mut acts = Vec::new();
    for act in [Bounded::Delete, Bounded::Redact, Bounded::Export] {
        if tally.entries(act) == 0 {
            continue;
        }
        let mut text = format!(
            "{act} {}/{}",
            thousands(tally.entries(act)),
            thousands(ceilings.at(act, Measure::Entries))
        );
        if acts.is_empty() {
            text += " entries";
        }
        let (bytes, most) = (tally.bytes(act), ceilings.at(act, Measure::Bytes));
        if bytes >= most / 100 && bytes > 0 {
            text += &format!(", {}", of_sizes(bytes, most));
        }
        // A ceiling of all is none.
        let most = ceilings.at(act, Measure::Percent);
        if let Some((kind, percent)) = tally.percent(act).filter(|_| most < 100) {
            let (_, many) = words::kinds(kind);
            text += &format!(", {percent}/{most} percent of {many}");
        }
        acts.push(text);
    }
    let text = acts.join(" · ");
    match ceilings.check(&tally) {
        Ok(()) if text.is_empty() => None,
        Ok(()) => Some(Line::new("ceilings", Tone::Plain, text)),
        Err(over) => Some(Line::new(
            "ceilings",
            Tone::Danger,
            format!("{text} · OVER; {}", over.hint()),
        )),
    }
}

/// `8.2/20 GiB`, or with both units where they differ.
fn of_sizes(found: u64, most: u64) -> String {
    let (found, most) = (size(found), size(most));
    match (found.split_once(' '), most.split_once(' ')) {
        (Some((number, unit)), Some((_, other))) if unit == other => format!("{number}/{most}"),
        _ => format!("{found}/{most}"),
    }
}

/// What the plan adds up to, as ceilings count. They do the arithmetic themselves.
fn tally(summary: &Summary) -> Tally {
    let mut tally = Tally::new();
    for (act, word) in [
        (Act::Export, "export"),
        (Act::Redact, "redact"),
        (Act::Delete(Strength::default()), "delete"),
    ] {
        let mut bytes = summary.act(word).bytes;
        for (kind, n) in summary.act(word).proposed_kinds {
            let Some(kind) = Kind::parse(&kind) else {
                continue;
            };
            for _ in 0..n {
                tally.propose(act, kind, std::mem::take(&mut bytes));
            }
        }
    }
    for (kind, n) in &summary.listed {
        if let Some(kind) = Kind::parse(kind) {
            tally.list(kind, *n);
        }
    }
    tally
}
