//! What `delete`, `redact`, `export` and `archive` have in common: what a person typed is the grant, and plan,
//! show, ask and apply happen in one go.

use std::collections::BTreeMap;
use std::sync::Arc;

use remit_policy::{Authority, Right, Strength};
use remit_session::{Converters, ExportOptions, Named, Scanners, Scope, Selector};
use remit_wasm::Cancel;
use remit_workspace::Entry;

use crate::args::{Going, Target};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::files::{self, Meant};
use crate::planning::{OPERATOR, Planned, Planning, Proposed, accept_gaps};
use crate::target::Workspace;
use crate::ui::Ui;
use crate::{applying, authority, case};

/// A verb with all that was typed.
pub(crate) struct Verb<'a> {
    pub(crate) name: &'static str,
    pub(crate) target: &'a Target,
    pub(crate) patterns: &'a [String],
    pub(crate) going: &'a Going,
    pub(crate) right: Right,
    pub(crate) strength: Strength,
    pub(crate) scanners: Arc<dyn Scanners>,
    pub(crate) converters: Arc<dyn Converters>,
    pub(crate) cancel: Cancel,
}

impl Verb<'_> {
    /// Plans with `propose`, shows, asks, applies.
    pub(crate) async fn run(
        self,
        ui: &Ui,
        propose: impl AsyncFnOnce(&Scope, &[Meant]) -> Result<(), CommandError>,
    ) -> Result<Exit, CommandError> {
        let going = self.going;
        let workspace = Workspace::open(self.target)?;
        let typed = authority::patterns(self.patterns)?;
        let meant = match self.right {
            // A record is archived, and no file.
            Right::Archive => typed.iter().map(Meant::typed).collect(),
            _ => files::meant(workspace.reading().as_ref(), &typed).await?,
        };
        let patterns: Vec<_> = meant.iter().map(|one| one.pattern.clone()).collect();
        let mut rights = vec![self.right];
        if going.export_first {
            rights.push(Right::Export);
        }
        let policy = authority::policy(workspace.reading().as_ref()).await?;
        let authority =
            Authority::for_operator(authority::typed(&patterns, &rights, self.strength), policy)
                .raise(&authority::raises(&going.raise)?)?;
        let case = case::create(going.case.as_deref(), self.name, &workspace)?;
        let case_dir = case.dir().to_owned();
        let planning = Planning {
            ui,
            workspace: &workspace,
            case,
            authority,
            scanners: self.scanners,
            converters: self.converters,
            params: BTreeMap::new(),
            who: OPERATOR.into(),
            covers: Vec::new(),
            cancel: self.cancel,
        };
        let bar = ui.spinner("planning");
        let plan = planning
            .run(async |_session, scope| {
                propose(&scope, &meant).await?;
                Ok(Proposed::Whole)
            })
            .await;
        bar.finish_and_clear();
        let Planned { plan, was_denied } = plan?;
        if plan.summary().steps == 0
            && plan.summary().gaps == 0
            && plan.summary().incomplete.is_none()
        {
            if plan.summary().kept > 0 || was_denied {
                applying::show(ui, Some(&workspace), &plan, None).await?;
                return Ok(Exit::Refused);
            }
            // An empty plan is no case to keep.
            std::fs::remove_dir_all(&case_dir)
                .map_err(|error| CommandError::io("cannot remove the empty case", error))?;
            ui.status("Nothing to do: no entry matches, or nothing was found in those that do.");
            return Ok(Exit::Done);
        }
        let plan = accept_gaps(plan, &going.accept_gap)?;
        applying::show(ui, Some(&workspace), &plan, None).await?;
        if going.plan {
            return Ok(if plan.summary().incomplete.is_some() {
                Exit::Incomplete
            } else {
                Exit::Done
            });
        }
        applying::carry_out(ui, &workspace, plan, going.yes).await
    }
}

/// Every entry that the patterns choose, once each pattern; `each` proposes.
pub(crate) async fn for_each(
    scope: &Scope,
    ui: &Ui,
    meant: &[Meant],
    mut each: impl AsyncFnMut(Entry, &Meant) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    for one in meant {
        let mut listing = scope.select(&Selector::new(one.pattern.as_str())).await?;
        let mut is_empty = true;
        loop {
            let page = listing.next(1000).await;
            let page = match page {
                Ok(page) => page,
                // The draft knows that it is incomplete, and says so to whoever wants to apply it.
                Err(remit_session::Refusal::Failure(_)) => return Ok(()),
                Err(fault) => return Err(fault.into()),
            };
            if page.is_empty() {
                break;
            }
            is_empty = false;
            for entry in page {
                each(Arc::unwrap_or_clone(entry), one).await?;
            }
        }
        if let (true, Some(record)) = (is_empty, &one.files_of) {
            ui.warn(format!(
                "nothing is at {}, where {record} says that its files are",
                one.pattern
            ));
        }
    }
    Ok(())
}

/// The entry as a proposal names it.
pub(crate) fn named(entry: &Entry) -> Named {
    Named::of(entry)
}

/// A proposal's answer: that one entry was refused is told in the plan (`keep`), and the rest goes on.
pub(crate) fn proposed(answer: remit_session::Answer<u64>) -> Result<(), CommandError> {
    match answer {
        Ok(_) | Err(remit_session::Refusal::Failure(_)) => Ok(()),
        Err(fault) => Err(fault.into()),
    }
}

/// Proposes a copy of an entry, where one is wanted before it is changed.
pub(crate) async fn export_first(
    scope: &Scope,
    entry: &Entry,
    going: &Going,
) -> Result<(), CommandError> {
    if !going.export_first {
        return Ok(());
    }
    let options = ExportOptions {
        reason: "before it is changed".into(),
        ..ExportOptions::default()
    };
    proposed(scope.export(&named(entry), &options).await)
}
