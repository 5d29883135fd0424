//! Shows a plan, asks, applies it, and says what came of it.

use std::sync::Arc;

use remit_apply::{Durable, Outcome, Progress, Setup, Stop, admit, apply, policy_now};
use remit_plan::{Plan, State};
use remit_policy::Authority;
use remit_report::ShowPlan;

use crate::case::now;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::target::Workspace;
use crate::ui::Ui;

/// Acts under way at once. A directory gains nothing from more; services will say for themselves.
const IN_FLIGHT: usize = 8;
/// Deletes under way at once in an account, which takes so many in one request.
const DELETES_OF_AN_ACCOUNT: usize = 256;

/// What a plan was pinned to, under the policy of today.
pub(crate) async fn pinned_authority(
    workspace: &Workspace,
    plan: &Plan,
) -> Result<Authority, CommandError> {
    let policy = policy_now(plan, workspace.reading().as_ref()).await?;
    let read = |name: &str| {
        let path = plan.case().path(name);
        std::fs::read_to_string(&path)
            .map_err(|error| CommandError::io(format!("cannot read `{}`", path.display()), error))
    };
    let asks = plan
        .case()
        .path("asks.toml")
        .exists()
        .then(|| read("asks.toml"))
        .transpose()?;
    Ok(Authority::pinned(
        asks.as_deref(),
        &read("grant.toml")?,
        policy,
    )?)
}

/// Prints a plan in ten lines.
pub(crate) async fn show(
    ui: &Ui,
    workspace: Option<&Workspace>,
    plan: &Plan,
    progress: Option<Progress>,
) -> Result<(), CommandError> {
    let authority = match workspace {
        Some(workspace) => match pinned_authority(workspace, plan).await {
            Ok(authority) => Some(authority),
            // All else is in the case. Whoever applies it is told, and stopped.
            Err(error) => {
                ui.warn(format!(
                    "the policy is unknown, and so are the ceilings: {error}"
                ));
                None
            }
        },
        None => None,
    };
    let next = next(plan, progress.as_ref());
    let about = ShowPlan {
        ceilings: authority
            .as_ref()
            .map(|authority| authority.ceilings().clone()),
        progress,
        policy_absent: authority
            .as_ref()
            .is_some_and(|authority| authority.policy().is_absent()),
        next,
    };
    let mut out = ui.out();
    match ui.json {
        true => remit_report::plan_json(&mut out, plan, about.progress.as_ref())?,
        false => remit_report::show_plan(&mut out, plan, &about, ui.style(), ui.width)?,
    }
    std::io::Write::flush(&mut out)?;
    Ok(())
}

/// The command that goes on with a plan; none where there is nothing to apply, which the plan says.
fn next(plan: &Plan, progress: Option<&Progress>) -> String {
    let (summary, manifest) = (plan.summary(), plan.manifest());
    let case = plan.case().dir().display();
    if summary.incomplete.is_some() || summary.steps == 0 {
        return String::new();
    }
    match manifest.accepted.first_missing(manifest.gaps) {
        _ if progress.is_some_and(|progress| progress.finished) => format!("remit verify {case}"),
        Some(_) => format!("remit approve {case} --accept-gap all"),
        None => format!("remit apply {case}"),
    }
}

/// Asks whether to go on: a person types the number of entries, a pipeline says `--yes`.
async fn confirm(ui: &Ui, plan: &Plan, yes: bool) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    let case = plan.case().dir().display();
    if !ui.can_ask() {
        return Err(CommandError::refused(
            "nobody is there to confirm the plan, and nothing was changed",
        )
        .hint(format!("look at it: remit show {case}"))
        .hint(format!("then: remit apply {case} --yes")));
    }
    let entries: u64 = plan
        .summary()
        .acts
        .values()
        .map(|count| count.entries)
        .sum();
    let question =
        format!("Type the number of entries ({entries}) to go on, or anything else to stop:");
    let (answered, answer) = tokio::sync::oneshot::channel();
    // A thread of its own: reading cannot be called off, and once planning has listened for Ctrl-C, the
    // system no longer ends the process by it.
    std::thread::spawn(move || answered.send(Ui::answer_to(&question)));
    let answer = tokio::select! {
        answer = answer => answer.unwrap_or(Ok(None))?,
        Ok(()) = tokio::signal::ctrl_c() => {
            return Err(
                CommandError::new(Exit::Interrupted, "stopped as you asked; nothing was changed")
                    .hint(format!("the plan stays: remit apply {case}")),
            );
        }
    };
    Ok(answer.is_some_and(|answer| answer.replace([',', '_', ' '], "") == entries.to_string()))
}

/// Applies a plan that was shown, or goes on where an earlier run stopped.
pub(crate) async fn carry_out(
    ui: &Ui,
    workspace: &Workspace,
    plan: Plan,
    yes: bool,
) -> Result<Exit, CommandError> {
    let authority = pinned_authority(workspace, &plan).await?;
    let case = plan.case().dir().to_owned();
    let admitted = admit(
        plan.clone(),
        workspace.reading().as_ref(),
        &authority,
        now(),
    )
    .await?;
    for approval in &admitted.approvals {
        ui.status(format!(
            "approved by {} ({})",
            remit_report::words::escape(&approval.principal),
            approval.fingerprint
        ));
    }
    // Approvals are the confirmation; and what was begun was confirmed before.
    let is_confirmed = !admitted.approvals.is_empty() || admitted.is_begun();
    if !is_confirmed && !confirm(ui, &plan, yes).await? {
        ui.status(format!(
            "Nothing was changed. The plan stays: remit apply {}",
            case.display()
        ));
        return Ok(Exit::Refused);
    }
    let stop = Stop::default();
    let listening = tokio::spawn(stop_on_ctrl_c(stop.clone()));
    let bar = ui.bar("applying", plan.summary().steps);
    let watched = bar.clone();
    let setup = Setup {
        store: workspace.store.clone(),
        authority,
        append: Arc::new(Durable),
        clock: Arc::new(now),
        in_flight: IN_FLIGHT,
        deletes_in_flight: match workspace.folder() {
            Some(_) => IN_FLIGHT,
            None => DELETES_OF_AN_ACCOUNT,
        },
        stop: stop.clone(),
        watch: Box::new(move |stride| watched.inc(stride.steps)),
    };
    let progress = apply(admitted, &setup).await;
    bar.finish_and_clear();
    listening.abort();
    let progress = progress?;
    let outcome = Outcome::of(&plan, &progress)?;
    let mut out = ui.out();
    match ui.json {
        true => remit_report::outcome_json(&mut out, &plan, &progress)?,
        false => remit_report::show_outcome(&mut out, &plan, &progress, ui.style())?,
    }
    std::io::Write::flush(&mut out)?;
    drop(out);
    if stop.is_asked() && !progress.finished {
        ui.status(format!(
            "Stopped as you asked; nothing is half done. Go on with: remit apply {}",
            case.display()
        ));
        return Ok(Exit::Interrupted);
    }
    let under_way = outcome.count(Outcome::BEGUN);
    if under_way > 0 {
        let deletes = remit_report::words::count(under_way, "delete", "deletes");
        ui.status(format!(
            "The service goes on with {deletes}, not awaited. Later: remit apply {}",
            case.display()
        ));
    }
    Ok(exit_of(&outcome))
}

async fn stop_on_ctrl_c(stop: Stop) {
    // Without a handler the default one ends the process, which the journal survives as well.
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.ask();
    }
}

/// How a command ends whose steps stand so.
pub(crate) fn exit_of(outcome: &Outcome) -> Exit {
    let (total, succeeded) = (outcome.total(), outcome.succeeded());
    let count = |state: &State| outcome.count(state.as_str());
    let left_to_time = count(&State::GoneOn(0));
    if succeeded == total {
        return if left_to_time > 0 {
            Exit::LeftToTime
        } else {
            Exit::Done
        };
    }
    // What was begun has no end yet because nobody waited for it.
    let under_way = outcome.count(Outcome::BEGUN);
    if succeeded + under_way == total {
        return Exit::LeftToTime;
    }
    if succeeded + under_way > 0 {
        return Exit::Partly;
    }
    let none = String::new;
    if count(&State::Failed(none())) + count(&State::Unknown(none())) + outcome.count(Outcome::OPEN)
        > 0
    {
        Exit::Failed
    } else if count(&State::Skipped(none())) > 0 {
        Exit::Stale
    } else {
        Exit::Refused
    }
}
