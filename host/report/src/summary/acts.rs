//! What each act does, in one sentence.

use std::collections::BTreeMap;

use remit_plan::Summary;
use remit_workspace::Kind;

use super::Line;
use crate::style::Tone;
use crate::survey::Survey;
use crate::words::{self, count, kind_words, noun, size, thousands};

pub(super) fn delete(summary: &Summary, survey: &Survey, lines: &mut Vec<Line>) {
    let act = summary.act("delete");
    if act.entries + act.parts == 0 {
        return;
    }
    let mut parts: Vec<(u64, String)> = Vec::new();
    for (kind, n) in &act.proposed_kinds {
        let (one, many) = kind_words(kind);
        parts.push((*n, noun(*n, one, many).to_owned()));
    }
    for (kind, all) in &act.kinds {
        let owned = all - act.proposed_kinds.get(kind).copied().unwrap_or(0).min(*all);
        if owned > 0 {
            let (one, many) = kind_words(kind);
            parts.push((owned, format!("owned {}", noun(owned, one, many))));
        }
    }
    let aside = listed(summary, act.proposed_kinds.keys());
    lines.push(sentence("delete", Tone::Danger, parts, act.bytes, "").aside(aside));
    if survey.purges > 0 {
        let generations = match survey.generations {
            0 => String::new(),
            n => format!(
                ", with {}",
                count(n, "older generation", "older generations")
            ),
        };
        let kept = match survey.purges_kept {
            0 => String::new(),
            n => format!("; {} kept to a day all the same", count(n, "is", "are")),
        };
        let text = format!(
            "{} for good{generations}{kept}",
            noun(survey.purges, "entry", "entries")
        );
        lines.push(Line::led_by("", Tone::Danger, survey.purges, text));
    }
    if survey.cancels > 0 {
        let text = format!(
            "{} stopped first",
            noun(survey.cancels, "running entry is", "running entries are")
        );
        lines.push(Line::led_by("", Tone::Danger, survey.cancels, text));
    }
    if survey.detaches > 0 {
        let text = format!(
            "only detached: what is below {} stays",
            noun(survey.detaches, "it", "them")
        );
        lines.push(Line::led_by("", Tone::Careful, survey.detaches, text));
    }
    let (places, n) = &survey.all_below;
    if *n > 0 {
        let named: Vec<&str> = places.iter().map(|place| place.as_str()).collect();
        let more = match n - places.len() as u64 {
            0 => String::new(),
            more => format!(" and {} more", thousands(more)),
        };
        let text = format!(
            "everything below {}{more}, whatever is there",
            named.join(", ")
        );
        lines.push(Line::new("", Tone::Danger, text));
    }
}

pub(super) fn redact(summary: &Summary, survey: &Survey, lines: &mut Vec<Line>) {
    let act = summary.act("redact");
    if act.entries + act.parts == 0 {
        return;
    }
    let things = act.kinds.iter().map(|(kind, n)| {
        let (one, many) = kind_words(kind);
        (*n, noun(*n, one, many).to_owned())
    });
    let places = format!(", {}", rules(&summary.places));
    let scanners: Vec<&str> = survey.scanners.iter().map(String::as_str).collect();
    let aside = (!scanners.is_empty()).then(|| scanners.join(", "));
    lines.push(sentence("redact", Tone::Careful, things.collect(), 0, &places).aside(aside));
}

/// Converters that are named.
const CONVERTERS_SHOWN: usize = 4;
const RULE_CHARS_MAX: usize = 40;

/// `17 places: 11 e-mail, 6 name`: the words for rules are the scanner's.
pub(crate) fn rules(places: &BTreeMap<String, u64>) -> String {
    const RULES_SHOWN: usize = 6;
    let total: u64 = places.values().sum();
    let mut by_count: Vec<(&String, &u64)> = places.iter().collect();
    by_count.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let mut named: Vec<String> = by_count
        .iter()
        .take(RULES_SHOWN)
        .map(|(rule, n)| {
            format!(
                "{} {}",
                thousands(**n),
                words::hearsay(rule, RULE_CHARS_MAX)
            )
        })
        .collect();
    if by_count.len() > RULES_SHOWN {
        let more: u64 = by_count.iter().skip(RULES_SHOWN).map(|(_, n)| **n).sum();
        named.push(format!("{} of other rules", thousands(more)));
    }
    let places = count(total, "place", "places");
    if named.is_empty() {
        places
    } else {
        format!("{places}: {}", named.join(", "))
    }
}

pub(super) fn export(summary: &Summary, survey: &Survey, lines: &mut Vec<Line>) {
    let act = summary.act("export");
    let n = act.entries + act.parts;
    if n == 0 {
        return;
    }
    let mut text = noun(n, "entry", "entries").to_owned();
    if act.bytes > 0 {
        text += &format!(", {}", size(act.bytes));
    }
    if survey.masked.0 > 0 {
        text += &format!(
            ", {} masked in {}",
            thousands(survey.masked.0),
            count(survey.masked.1, "place", "places")
        );
    }
    for (converter, copies) in summary.through.iter().take(CONVERTERS_SHOWN) {
        let name = converter.split(' ').next().unwrap_or_default();
        text += &format!(
            ", {} through {}",
            thousands(*copies),
            words::hearsay(name, RULE_CHARS_MAX)
        );
    }
    if n < summary.steps {
        text += ", before anything is destroyed";
    }
    lines.push(Line::led_by("export", Tone::Good, n, text));
}

pub(super) fn archive(summary: &Summary, lines: &mut Vec<Line>) {
    let act = summary.act("archive");
    let things: Vec<(u64, String)> = act
        .kinds
        .iter()
        .map(|(kind, n)| {
            let (one, many) = kind_words(kind);
            (*n, noun(*n, one, many).to_owned())
        })
        .collect();
    if !things.is_empty() {
        lines.push(sentence("archive", Tone::Plain, things, 0, ""));
    }
}

/// `12 runs, 4,310 owned blobs, 8.2 GiB`, its first number apart.
fn sentence(
    label: &'static str,
    tone: Tone,
    things: Vec<(u64, String)>,
    bytes: u64,
    end: &str,
) -> Line {
    let mut things = things.into_iter();
    let (lead, mut text) = things.next().unwrap_or((0, "entries".to_owned()));
    for (n, thing) in things {
        text += &format!(", {} {thing}", thousands(n));
    }
    if bytes > 0 {
        text += &format!(", {}", size(bytes));
    }
    text += end;
    Line::led_by(label, tone, lead, text)
}

/// `of 212 runs and 40 files listed`.
fn listed<'k>(summary: &Summary, kinds: impl Iterator<Item = &'k String>) -> Option<String> {
    let listed: Vec<String> = kinds
        // Of telemetry, tables are listed, and what is purged are rows, which nobody can list.
        .filter(|kind| kind.as_str() != Kind::Telemetry.as_str())
        .filter_map(|kind| {
            let n = summary.listed.get(kind).copied()?;
            let (one, many) = kind_words(kind);
            Some(count(n, one, many))
        })
        .collect();
    let (last, others) = listed.split_last()?;
    Some(match others {
        [] => format!("of {last} listed"),
        others => format!("of {} and {last} listed", others.join(", ")),
    })
}
