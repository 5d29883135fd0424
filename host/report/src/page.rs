//! A plan as a page: one file that needs nothing else and runs nothing but its own small script.
//!
//! Two fences keep foreign words from acting: everything is escaped twice over, for eyes
//! ([`crate::words::escape`]) and for HTML (by maud), and a content security policy names the one
//! script and the one style that may be used, by their digests. Rows are written as steps are read.

mod frame;
mod sections;
mod steps;

use std::io::{self, Write};

use remit_apply::Progress;
use remit_plan::{Plan, PlanError, Step};
use remit_policy::Ceilings;

use crate::summary;
use crate::survey::Survey;

/// What a page shows besides the plan and its progress.
pub struct ShowPage<'a> {
    /// The ceilings in force, where they are known.
    pub ceilings: Option<&'a Ceilings>,
    /// Whether the workspace has neither policy nor holds.
    pub policy_absent: bool,
    /// The text around the places that a redaction cuts. Asked for each step that has a redaction and
    /// is shown; whoever answers has read the workspace, or answers with nothing.
    pub contexts: &'a dyn Fn(&Step) -> Vec<Context>,
}

/// The text around one place that is cut. What was found is not in it, only how long it is; nor may
/// `before` and `after` hold what another place cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// What stands before it.
    pub before: String,
    /// Characters of what was found.
    pub masked_len: u64,
    /// What stands behind it.
    pub after: String,
    /// The rule that found it.
    pub rule: String,
}

/// Writes the page.
pub fn html(
    out: &mut dyn Write,
    plan: &Plan,
    progress: Option<&Progress>,
    about: &ShowPage<'_>,
) -> io::Result<()> {
    let progress = progress.filter(|progress| progress.started);
    let survey = Survey::of(plan, progress).map_err(io::Error::other)?;
    let lines = summary::lines(plan, &survey, about.ceilings, progress, about.policy_absent)
        .map_err(io::Error::other)?;
    frame::open(out, plan)?;
    sections::header(out, plan, progress)?;
    out.write_all(b"<main>")?;
    sections::in_short(out, &lines)?;
    sections::numbers(out, plan.summary(), &survey, progress.is_some())?;
    sections::gaps(out, plan)?;
    sections::kept(out, plan)?;
    sections::referred(out, plan)?;
    sections::residue(out, plan)?;
    sections::notes(out, plan)?;
    steps::table(out, plan, progress, &survey, about.contexts)?;
    out.write_all(b"</main>")?;
    frame::close(out)
}

/// The first items of a list, and how many there are in all.
fn first<T>(
    items: impl Iterator<Item = Result<T, PlanError>>,
    shown_max: usize,
) -> io::Result<Vec<T>> {
    items
        .take(shown_max)
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)
}
