//! Everything above the steps: what they add up to, and what has no step.

use std::collections::BTreeSet;
use std::io::{self, Write};

use maud::{Markup, html};
use remit_apply::Progress;
use remit_plan::{Plan, Summary};

use super::first;
use crate::standing::speaker;
use crate::style::Tone;
use crate::summary::Line;
use crate::survey::Survey;
use crate::words::{self, count, instant, size, thousands};

/// Rows of gaps, of kept entries and of residue that are shown.
const ROWS_MAX: usize = 500;
const NOTES_MAX: usize = 200;
const NAME_CHARS_MAX: usize = 200;
const WORDS_CHARS_MAX: usize = 400;

fn write(out: &mut dyn Write, markup: Markup) -> io::Result<()> {
    out.write_all(markup.into_string().as_bytes())
}

pub(super) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Strong => "strong",
        Tone::Faint => "faint",
        Tone::Good => "good",
        Tone::Careful => "careful",
        Tone::Danger => "danger",
    }
}

pub(super) fn header(
    out: &mut dyn Write,
    plan: &Plan,
    progress: Option<&Progress>,
) -> io::Result<()> {
    let manifest = plan.manifest();
    let about = &manifest.about;
    let (tone, state) = match progress {
        _ if manifest.incomplete.is_some() => (Tone::Danger, "incomplete: it cannot be applied"),
        None => (Tone::Careful, "not applied"),
        Some(progress) if progress.finished => (Tone::Good, "applied"),
        Some(_) => (Tone::Careful, "begun, not finished"),
    };
    let by = if speaker(plan) == "the operator says" {
        "the operator"
    } else {
        "a guest"
    };
    let markup = html! {
        header {
            h1 { "Plan of " (words::hearsay(name_of(&about.guest), NAME_CHARS_MAX)) }
            p { span.state.(class(tone)) { (state) } }
            dl.facts {
                dt { "workspace" } dd { code { (words::escape(&about.workspace)) } }
                dt { "proposed by" } dd { (by) ": " code { (words::hearsay(&about.guest, WORDS_CHARS_MAX)) } }
                dt { "made" } dd { (instant(about.created)) }
                dt { "to be begun before" } dd { (instant(about.expires)) }
                dt { "policy" } dd { code { (words::escape(&about.policy)) } }
                dt { "digest" } dd { code { (plan.digest()) } }
            }
            @if let Some(why) = &manifest.incomplete {
                div.alarm role="alert" {
                    p.strong.danger { "This plan is incomplete and cannot be applied." }
                    p { (words::hearsay(why, WORDS_CHARS_MAX)) }
                }
            }
        }
    };
    write(out, markup)
}

pub(super) fn in_short(out: &mut dyn Write, lines: &[Line]) -> io::Result<()> {
    let markup = html! {
        section aria-labelledby="in-short" {
            h2 id="in-short" { "In short" }
            dl.short {
                @for line in lines {
                    @if !line.label.is_empty() { dt.(class(line.tone)) { (line.label) } }
                    dd {
                        @if let Some(lead) = line.lead { (thousands(lead)) " " }
                        (line.text)
                        @if let Some(aside) = &line.aside { span.faint { " (" (aside) ")" } }
                    }
                }
            }
        }
    };
    write(out, markup)
}

/// Acts in the order in which they are spoken of.
const ACTS: [&str; 4] = ["delete", "redact", "export", "archive"];

pub(super) fn numbers(
    out: &mut dyn Write,
    summary: &Summary,
    survey: &Survey,
    is_begun: bool,
) -> io::Result<()> {
    if summary.steps == 0 {
        return Ok(());
    }
    let acts: Vec<&str> = ACTS
        .into_iter()
        .filter(|act| summary.acts.contains_key(*act))
        .collect();
    let kinds: BTreeSet<&String> = summary
        .acts
        .values()
        .flat_map(|act| act.kinds.keys())
        .collect();
    let cell = |act: &str, kind: &String| {
        summary
            .acts
            .get(act)
            .and_then(|act| act.kinds.get(kind))
            .copied()
    };
    let states = if is_begun {
        "Where the steps stand"
    } else {
        "What deletes are expected to achieve"
    };
    let markup = html! {
        section aria-labelledby="in-numbers" {
            h2 id="in-numbers" { "In numbers" }
            div.numbers {
                table {
                    caption { "Steps by the right they use" }
                    thead { tr { th scope="col" { "right" } th.number scope="col" { "steps" } th.number scope="col" { "bytes" } } }
                    tbody {
                        @for (right, (steps, bytes)) in &survey.rights {
                            tr { th scope="row" { (right) } td.number { (thousands(*steps)) } td.number { @if *bytes > 0 { (size(*bytes)) } @else { "–" } } }
                        }
                    }
                }
                table {
                    caption { "Steps by kind of entry" }
                    thead { tr { th scope="col" { "kind" } @for act in &acts { th.number scope="col" { (act) } } } }
                    tbody {
                        @for kind in kinds {
                            tr {
                                th scope="row" { (words::escape(kind)) }
                                @for act in &acts {
                                    td.number { @if let Some(n) = cell(act, kind) { (thousands(n)) } @else { "–" } }
                                }
                            }
                        }
                    }
                }
                @if !survey.stands.is_empty() {
                    table {
                        caption { (states) }
                        thead { tr { th scope="col" { "state" } th.number scope="col" { "steps" } } }
                        tbody {
                            @for (state, n) in &survey.stands {
                                tr { th scope="row" { (state) } td.number { (thousands(*n)) } }
                            }
                        }
                    }
                }
            }
        }
    };
    write(out, markup)
}

pub(super) fn gaps(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let accepted: BTreeSet<u64> = plan.manifest().accepted.iter().collect();
    let gaps = first(plan.gaps(), ROWS_MAX)?;
    let total = plan.summary().gaps;
    if total == 0 {
        return Ok(());
    }
    let markup = html! {
        section aria-labelledby="gaps" {
            h2 id="gaps" { "Gaps: " (count(total, "place", "places")) " that nobody could look at" }
            table.stacked {
                thead { tr { th scope="col" { "gap" } th scope="col" { "place" } th scope="col" { "why" } th scope="col" { "accepted" } } }
                tbody {
                    @for (number, gap) in (1..).zip(&gaps) {
                        tr {
                            th scope="row" data-label="gap" { (number) }
                            td data-label="place" { span.path { (gap.path) } }
                            td data-label="why" { span { (words::hearsay(&gap.reason, WORDS_CHARS_MAX)) } }
                            td data-label="accepted" { @if accepted.contains(&number) { "yes" } @else { "no" } }
                        }
                    }
                }
            }
            (more(total, gaps.len()))
        }
    };
    write(out, markup)
}

pub(super) fn kept(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let kept = first(plan.kept(), ROWS_MAX)?;
    let total = plan.summary().kept;
    if total == 0 {
        return Ok(());
    }
    let markup = html! {
        section aria-labelledby="kept" {
            h2 id="kept" { "What stays although it was proposed" }
            table.stacked {
                thead { tr { th scope="col" { "entry" } th scope="col" { "proposed" } th scope="col" { "why it stays" } } }
                tbody {
                    @for kept in &kept {
                        tr {
                            th scope="row" data-label="entry" { span.path { (kept.path) } }
                            td data-label="proposed" { (words::hearsay(&kept.act, NAME_CHARS_MAX)) }
                            td data-label="why" { span { (words::hearsay(&kept.why, WORDS_CHARS_MAX)) } }
                        }
                    }
                }
            }
            (more(total, kept.len()))
        }
    };
    write(out, markup)
}

pub(super) fn referred(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let referred = first(plan.referred(), ROWS_MAX)?;
    let total = plan.summary().referred;
    if total == 0 {
        return Ok(());
    }
    let markup = html! {
        section aria-labelledby="referred" {
            h2 id="referred" { "Records that stay, and refer to what goes" }
            table.stacked {
                thead { tr { th scope="col" { "record" } th scope="col" { "refers to" } th.number scope="col" { "of these, deleted" } } }
                tbody {
                    @for referred in &referred {
                        tr {
                            th scope="row" data-label="record" { span.path { (referred.by) } }
                            td data-label="refers to" { span.path { (referred.to) } }
                            td.number data-label="of these, deleted" { (thousands(referred.entries)) }
                        }
                    }
                }
            }
            (more(total, referred.len()))
        }
    };
    write(out, markup)
}

pub(super) fn residue(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let residue = first(plan.residue(), ROWS_MAX)?;
    let total = plan.summary().residue;
    if total == 0 {
        return Ok(());
    }
    let markup = html! {
        section aria-labelledby="residue" {
            h2 id="residue" { "Residue: what no step reaches" }
            table.stacked {
                thead { tr { th scope="col" { "entry" } th scope="col" { "where" } th scope="col" { "rule" } } }
                tbody {
                    @for residue in &residue {
                        tr {
                            th scope="row" data-label="entry" { span.path { (residue.path) } }
                            td data-label="where" { (words::hearsay(&residue.place, NAME_CHARS_MAX)) }
                            td data-label="rule" { (words::hearsay(&residue.rule, NAME_CHARS_MAX)) }
                        }
                    }
                }
            }
            (more(total, residue.len()))
        }
    };
    write(out, markup)
}

pub(super) fn notes(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let notes = first(plan.notes(), NOTES_MAX)?;
    let total = plan.summary().notes;
    if total == 0 {
        return Ok(());
    }
    let markup = html! {
        section aria-labelledby="notes" {
            h2 id="notes" { "The guest says" }
            p.faint { "These are the guest's own words. Nobody checked them." }
            @for note in &notes {
                blockquote { (words::hearsay(&note.message, WORDS_CHARS_MAX)) }
            }
            (more(total, notes.len()))
        }
    };
    write(out, markup)
}

/// What a table leaves out is said below it.
pub(super) fn more(total: u64, shown: usize) -> Markup {
    let more = total.saturating_sub(shown as u64);
    html! {
        @if more > 0 { p.faint { "… and " (thousands(more)) " more, in the case." } }
    }
}

/// A guest's name and version, without the digest that follows.
pub(super) fn name_of(guest: &str) -> &str {
    guest.split_once(" sha256:").map_or(guest, |(name, _)| name)
}
