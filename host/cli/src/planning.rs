//! From a wish to a sealed plan: a session, what it proposes, and the case it lies in.

use std::collections::BTreeMap;
use std::sync::Arc;

use remit_apply::policy_pin;
use remit_plan::{About, Case, Draft, GapNumbers, Manifest, Plan};
use remit_policy::Authority;
use remit_session::{Budget, Converters, Finished, Scanners, Scope, Session, Setup};
use remit_wasm::Cancel;

use crate::case::now;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::target::Workspace;
use crate::ui::Ui;

/// What planning starts from.
pub(crate) struct Planning<'a> {
    pub(crate) ui: &'a Ui,
    pub(crate) workspace: &'a Workspace,
    pub(crate) case: Case,
    pub(crate) authority: Authority,
    pub(crate) scanners: Arc<dyn Scanners>,
    pub(crate) converters: Arc<dyn Converters>,
    pub(crate) params: BTreeMap<String, Vec<String>>,
    /// Who proposes, as the manifest names it.
    pub(crate) who: String,
    /// Files of the case that the plan's digest covers besides its own.
    pub(crate) covers: Vec<String>,
    /// Stops the guests.
    pub(crate) cancel: Cancel,
}

/// Who proposes when a person types a verb.
pub(crate) const OPERATOR: &str = "operator";

/// How far the proposing came.
pub(crate) enum Proposed {
    /// To its end.
    Whole,
    /// The guest failed before, and a person wants to see how far it came. Such a plan is incomplete.
    Part(CommandError),
}

/// A plan, and what came of the wishes that led to it.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// Whether something was wanted that a right forbids.
    pub(crate) was_denied: bool,
}

impl Planning<'_> {
    /// Has `propose` make its proposals and seals what comes of them.
    ///
    /// Whatever goes wrong on the way, nothing is left: half a plan is no plan, unless `propose` says
    /// that it is to be kept as such.
    pub(crate) async fn run(
        self,
        propose: impl AsyncFnOnce(Arc<Session>, Scope) -> Result<Proposed, CommandError>,
    ) -> Result<Planned, CommandError> {
        let (dir, cancel) = (self.case.dir().to_owned(), self.cancel.clone());
        let planned = tokio::select! {
            // Ctrl-C is listened for before anything is written: otherwise it could leave half a case.
            biased;
            Ok(()) = tokio::signal::ctrl_c() => {
                cancel.cancel();
                Err(CommandError::new(Exit::Interrupted, "stopped as you asked: no plan was made, and nothing was changed")
                    .hint("Begin anew with the same command"))
            }
            planned = self.plan(propose) => planned,
        };
        if planned.is_err() {
            // The error is what the person must read; that a draft lies about is the lesser evil.
            let _second_failure = std::fs::remove_dir_all(&dir);
        }
        planned
    }

    async fn plan(
        self,
        propose: impl AsyncFnOnce(Arc<Session>, Scope) -> Result<Proposed, CommandError>,
    ) -> Result<Planned, CommandError> {
        let created = now();
        let policy = policy_pin(self.workspace.reading().as_ref()).await?;
        let session = Session::new(Setup {
            store: self.workspace.reading(),
            authority: self.authority.clone(),
            ceilings: self.authority.ceilings().clone(),
            draft: Draft::new(self.case.clone())?,
            scanners: self.scanners,
            converters: self.converters,
            params: self.params,
            now: created,
            budget: Budget::default(),
        });
        let scope = session.root();
        let proposed = propose(session.clone(), scope).await;
        let Finished {
            mut draft,
            denials,
            denials_more,
            over_ceiling,
            log,
            ..
        } = session.finish().await?;
        for line in log {
            self.ui.status(format!(
                "the guest says: {}",
                remit_report::words::escape(&line)
            ));
        }
        let mut is_untyped = false;
        for denial in &denials {
            self.ui.warn(format!("denied: {}", denial.why));
            match &denial.hint {
                // A verb that is typed has no such option: what is typed is the grant.
                Some(hint) if self.who == OPERATOR && hint.contains("--allow ") => {
                    is_untyped = true;
                }
                Some(hint) => self.ui.hint(hint),
                None => {}
            }
        }
        if is_untyped {
            self.ui.hint(
                "type what is missing: another pattern, --purge, --cascade or --cancel-first",
            );
        }
        if denials_more > 0 {
            self.ui.warn(format!("{denials_more} more denials"));
        }
        // What a ceiling stopped is the cause, and whatever the guest made of it is its consequence.
        if let Some(over) = over_ceiling {
            return Err(over.into());
        }
        if let Proposed::Part(failure) = proposed? {
            draft.incomplete(failure.to_string());
            self.ui.fail(&failure);
        }
        let mut settled = draft.settle()?;
        self.workspace.note_in(&self.case)?;
        self.case
            .write_new("grant.toml", self.authority.grant_toml().as_bytes())?;
        settled.cover("grant.toml")?;
        if let Some(asks) = self.authority.asks_toml() {
            self.case.write_new("asks.toml", asks.as_bytes())?;
            settled.cover("asks.toml")?;
        }
        for name in &self.covers {
            settled.cover(name)?;
        }
        let case = settled.seal(About {
            workspace: self.workspace.reading().identity().to_owned(),
            guest: self.who,
            policy,
            created,
            expires: created + Manifest::LIFETIME_MS,
        })?;
        Ok(Planned {
            plan: Plan::open(case)?,
            was_denied: !denials.is_empty(),
        })
    }
}

/// The gaps a person accepts: numbers as they were typed, or `all`.
pub(crate) fn accept_gaps(plan: Plan, typed: &[String]) -> Result<Plan, CommandError> {
    if typed.is_empty() {
        return Ok(plan);
    }
    let mut numbers = Vec::new();
    for text in typed {
        match text.as_str() {
            "all" => numbers.extend(1..=plan.manifest().gaps),
            text => numbers.push(text.parse().map_err(|_no_number| {
                CommandError::usage(format!("`{text}` is no gap's number"))
                    .hint("`remit show CASE` lists the gaps with their numbers")
            })?),
        }
    }
    Ok(plan.accept(&GapNumbers::new(numbers))?)
}
