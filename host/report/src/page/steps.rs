//! The table of steps, with what is around each place that is cut.

use std::collections::BTreeSet;
use std::io::{self, Write};

use maud::{Markup, html};
use remit_apply::Progress;
use remit_plan::{Plan, Step};

use super::{Context, sections};
use crate::standing::{Stand, speaker};
use crate::steps::{facts, tone};
use crate::survey::Survey;
use crate::words::{self, count, size, thousands};

/// Rows; a browser searches as many at a keystroke.
const ROWS_MAX: u64 = 5_000;
/// Places shown for one step.
const PLACES_MAX: usize = 20;
const AROUND_CHARS_MAX: usize = 120;
const RULE_CHARS_MAX: usize = 40;
const REASON_CHARS_MAX: usize = 400;

pub(super) fn table(
    out: &mut dyn Write,
    plan: &Plan,
    progress: Option<&Progress>,
    survey: &Survey,
    contexts: &dyn Fn(&Step) -> Vec<Context>,
) -> io::Result<()> {
    let total = plan.summary().steps;
    if total == 0 {
        return Ok(());
    }
    // What stands in the attributes are the host's own words.
    let states: BTreeSet<&str> = survey
        .stands
        .keys()
        .map(|stand| stand.split(' ').next().unwrap_or_default())
        .collect();
    let speaker = speaker(plan);
    let above = html! {
        h2 id="steps-title" { (count(total, "step", "steps")) }
        @if total > ROWS_MAX {
            p { "The first " (thousands(ROWS_MAX)) " are shown; "
                (thousands(total - ROWS_MAX)) " more are in the case and in the counts above." }
        }
        div.controls id="controls" role="search" aria-label="Steps" hidden {
            label.wide for="search" { "Search in paths, reasons and states"
                input id="search" type="search" autocomplete="off" spellcheck="false"; }
            label for="act" { "Act" select id="act" {
                option value="" { "all" }
                @for act in plan.summary().acts.keys() { option value=(act) { (act) } }
            } }
            label for="state" { "State" select id="state" {
                option value="" { "all" }
                @for state in states { option value=(state) { (state) } }
            } }
            output.faint id="shown" aria-live="polite" {}
        }
    };
    write!(
        out,
        "<section aria-labelledby=\"steps-title\">{}<table id=\"steps\" class=\"stacked\">",
        above.into_string()
    )?;
    let head = html! {
        thead { tr {
            th.number scope="col" { "step" }
            th scope="col" { "act" }
            th scope="col" { "entry" }
            th.number scope="col" { "size" }
            th scope="col" { @if progress.is_some() { "state" } @else { "forecast" } }
            th scope="col" { (speaker) }
        } }
    };
    write!(out, "{}<tbody>", head.into_string())?;
    for step in plan
        .steps()
        .take(usize::try_from(ROWS_MAX).unwrap_or(usize::MAX))
    {
        let step = step.map_err(io::Error::other)?;
        let stand = Stand::of(&step, progress);
        let places = step
            .act
            .redaction()
            .map(|redaction| (contexts(&step), redaction.places_total()));
        let row = row(&step, &stand, speaker, places);
        out.write_all(row.into_string().as_bytes())?;
    }
    out.write_all(b"</tbody></table></section>")
}

fn row(step: &Step, stand: &Stand, speaker: &str, places: Option<(Vec<Context>, u64)>) -> Markup {
    let facts = facts(step).join(", ");
    // Once it was begun, every step stands somewhere.
    let is_begun = !stand.is_forecast && !stand.word.is_empty();
    let tone_of_state = match (stand.is_success(), stand.is_forecast) {
        (true, _) => "good",
        (false, true) => "faint",
        (false, false) => "careful",
    };
    html! {
        tr data-act=(step.act.as_str()) data-state=(stand.word) {
            td.number data-label="step" { (step.number) }
            td.(sections::class(tone(&step.act))) data-label="act" { (step.act.as_str()) }
            td.entry data-label="entry" {
                div {
                    span.path { (step.path) }
                    @if !facts.is_empty() { div.faint { (facts) } }
                    @if let Some((contexts, total)) = places { (around(&contexts, total)) }
                }
            }
            td.number data-label="size" { @if let Some(bytes) = step.bytes() { (size(bytes)) } }
            td.(tone_of_state) data-label=(if is_begun { "state" } else { "forecast" }) { @if !stand.word.is_empty() { span { (without_forecast(stand)) } } }
            td data-label=(speaker) {
                @if !step.reason.is_empty() { span { "“" (words::hearsay(&step.reason, REASON_CHARS_MAX)) "”" } }
            }
        }
    }
}

/// The column says already whether it is a forecast.
fn without_forecast(stand: &Stand) -> String {
    let text = stand.text();
    text.strip_prefix("forecast ")
        .map(str::to_owned)
        .unwrap_or(text)
}

/// The text around each place. What was found is a bar, as long as it was, up to a point.
fn around(contexts: &[Context], total: u64) -> Markup {
    const BAR_MAX: u64 = 24;
    html! {
        @if !contexts.is_empty() {
            details {
                summary { "the text around " (count(total, "place", "places")) }
                ul.places {
                    @for context in contexts.iter().take(PLACES_MAX) {
                        li {
                            code {
                                (tail(&context.before))
                                mark { ("X".repeat(context.masked_len.clamp(1, BAR_MAX) as usize)) }
                                (words::hearsay(&context.after, AROUND_CHARS_MAX))
                            }
                            " " span.rule { (words::hearsay(&context.rule, RULE_CHARS_MAX)) ", "
                                (count(context.masked_len, "character", "characters")) }
                        }
                    }
                }
                (sections::more(total, contexts.len().min(PLACES_MAX)))
            }
        }
    }
}

/// The end of what stands before a place.
fn tail(before: &str) -> String {
    let length = before.chars().count();
    let skipped = length.saturating_sub(AROUND_CHARS_MAX);
    let end: String = before.chars().skip(skipped).collect();
    let cut = if skipped > 0 { "…" } else { "" };
    format!("{cut}{}", words::escape(&end))
}
