//! The sentences about a plan: what the terminal and the page show first.
//!
//! Each is computed from the steps. A line that has nothing to say is left out.

use remit_apply::Progress;
use remit_plan::{Plan, PlanError, Summary};
use remit_policy::{Act, Bounded, Ceilings, Measure, Strength, Tally};
use remit_workspace::Kind;

use crate::style::Tone;
use crate::survey::{Groups, Survey};
use crate::words::{self, count, kind_words, noun, size, thousands};

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
    delete(summary, survey, &mut lines);
    redact(summary, survey, &mut lines);
    export(summary, survey, &mut lines);
    archive(summary, &mut lines);
    if summary.steps == 0 {
        lines.push(Line::new(
            "steps",
            Tone::Plain,
            "none: there is nothing to do",
        ));
    }
    keep(plan, &mut lines)?;
    gaps(plan, &mut lines)?;
    residue(plan, &mut lines)?;
    notes(plan, &mut lines)?;
    outcome(survey, progress, &mut lines);
    lines.extend(ceilings.and_then(|ceilings| against_ceilings(summary, ceilings)));
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

fn delete(summary: &Summary, survey: &Survey, lines: &mut Vec<Line>) {
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
        let text = format!(
            "{} for good{generations}",
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

fn redact(summary: &Summary, survey: &Survey, lines: &mut Vec<Line>) {
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

/// `17 places: 11 e-mail, 6 name`: the words for rules are the scanner's.
pub(crate) fn rules(places: &std::collections::BTreeMap<String, u64>) -> String {
    const RULES_SHOWN: usize = 6;
    const RULE_CHARS_MAX: usize = 40;
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

fn export(summary: &Summary, survey: &Survey, lines: &mut Vec<Line>) {
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
    if n < summary.steps {
        text += ", before anything is destroyed";
    }
    lines.push(Line::led_by("export", Tone::Good, n, text));
}

fn archive(summary: &Summary, lines: &mut Vec<Line>) {
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

fn gaps(plan: &Plan, lines: &mut Vec<Line>) -> Result<(), PlanError> {
    const REASON_CHARS_MAX: usize = 200;
    let accepted: std::collections::BTreeSet<u64> = plan.manifest().accepted.iter().collect();
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
    for note in plan.notes().take(NOTES_SHOWN) {
        let note = words::hearsay(&note?.message, NOTE_CHARS_MAX);
        lines.push(Line::new(
            label,
            Tone::Plain,
            format!("the guest says: “{note}”"),
        ));
        label = "";
    }
    let more = plan.summary().notes.saturating_sub(NOTES_SHOWN as u64);
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
    if let Some((held, broken)) = progress.verified {
        let (tone, text) = match broken {
            0 => (
                Tone::Good,
                format!("{}, none broken", count(held, "thing holds", "things hold")),
            ),
            _ => (
                Tone::Danger,
                format!(
                    "{} not as it should be, {}",
                    count(broken, "thing is", "things are"),
                    count(held, "thing holds", "things hold")
                ),
            ),
        };
        lines.push(Line::new("verified", tone, text));
    }
}

/// `4,298 gone · 12 gone-on 2027-01-06`, the most first.
pub(crate) fn by_count(stands: &std::collections::BTreeMap<String, u64>) -> String {
    let mut stands: Vec<(&String, &u64)> = stands.iter().collect();
    stands.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let stands: Vec<String> = stands
        .iter()
        .map(|(word, n)| format!("{} {word}", thousands(**n)))
        .collect();
    stands.join(" · ")
}

/// `delete 12/500 entries, 8.2/20 GiB · redact 3/5,000`; bytes and percent where they come near.
fn against_ceilings(summary: &Summary, ceilings: &Ceilings) -> Option<Line> {
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
            format!("{text} · OVER: {over}"),
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
