//! Cases, one a line.

use std::io::{self, Write};

use remit_workspace::Millis;
use serde::Serialize;

use crate::style::Tone;
use crate::{Style, json, words};

/// How far a case has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A plan is there, and nothing of it was begun.
    Planned,
    /// And somebody approved it.
    Approved,
    /// And it can no longer be begun.
    Expired,
    /// It is being applied, or was stopped.
    Begun,
    /// Every step has ended.
    Done,
    /// Its key and its papers are destroyed.
    Closed,
}

impl Stage {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Approved => "approved",
            Self::Expired => "expired",
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Closed => "closed",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Planned | Self::Approved => Tone::Strong,
            Self::Expired | Self::Begun => Tone::Careful,
            Self::Done => Tone::Good,
            Self::Closed => Tone::Faint,
        }
    }
}

/// What a list of cases says of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    /// Its folder.
    pub case: String,
    /// How far it has come.
    pub stage: Stage,
    /// What its plan is about; none once it is closed.
    pub plan: Option<CasePlan>,
}

/// What is told of the plan of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePlan {
    /// The workspace.
    pub workspace: String,
    /// Who proposed.
    pub guest: String,
    /// When it was made.
    pub created: Millis,
    /// How many steps it has.
    pub steps: u64,
}

const GUEST_CHARS_MAX: usize = 40;
const WORKSPACE_CHARS_MAX: usize = 80;

/// Writes one case: how far it has come, when its plan was made, its steps, its folder, and what about.
pub fn list_case(out: &mut dyn Write, line: &CaseLine, style: Style) -> io::Result<()> {
    let stage = format!("{:<8}", line.stage.as_str());
    write!(out, "{}  ", style.paint(line.stage.tone(), &stage))?;
    let case = words::escape(&line.case);
    let Some(plan) = &line.plan else {
        return writeln!(out, "{:<20}  {:>9}  {case}", "-", "-");
    };
    writeln!(
        out,
        "{:<20}  {:>9}  {case}  {} on {}",
        words::instant(plan.created),
        words::thousands(plan.steps),
        words::hearsay(
            plan.guest.split(' ').next().unwrap_or_default(),
            GUEST_CHARS_MAX
        ),
        words::hearsay(&plan.workspace, WORKSPACE_CHARS_MAX),
    )
}

#[derive(Serialize)]
struct Line<'c> {
    remit: u32,
    case: &'c str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guest: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<u64>,
}

/// Writes one case as a JSON object on a line of its own.
pub fn case_json(out: &mut dyn Write, line: &CaseLine) -> io::Result<()> {
    let plan = line.plan.as_ref();
    json::line(
        out,
        &Line {
            remit: json::FORMAT,
            case: &line.case,
            state: line.stage.as_str(),
            workspace: plan.map(|plan| plan.workspace.as_str()),
            guest: plan.map(|plan| plan.guest.as_str()),
            created: plan.map(|plan| words::rfc3339(plan.created)),
            steps: plan.map(|plan| plan.steps),
        },
    )
}
