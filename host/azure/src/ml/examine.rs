//! What an identity may do on a workspace, found out without changing anything: whatever reads is tried.

use futures::StreamExt as _;
use remit_workspace::EntryPath;

use super::Workspace;
use super::data::NO_NAME;
use crate::error::Answer;
use crate::examine::{Check, Found, found};

impl Workspace {
    /// Who we are to the workspace, in words without a secret in them.
    pub fn describe(&self) -> String {
        self.credential().describe()
    }

    /// Examines every right that a command may need, on the workspace and on its storage account.
    pub async fn examine(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let mut say = |right, needed_for, found| {
            checks.push(Check {
                right,
                needed_for,
                found,
            });
        };
        let manage = &self.records().manage;
        let workspace = match manage.url(&[], &[]) {
            Some(url) => manage.line.get(&url).await,
            None => Err(NO_NAME),
        };
        let reached = match &workspace {
            Err(answer @ Answer::Connection(_)) => Found::No(answer.to_string()),
            // Whatever it said, it answered.
            _ => Found::Yes,
        };
        say("reach the management plane", "everything", reached);
        say("read the workspace", "everything", found(workspace));
        let models = match manage.url(&["models"], &[]) {
            Some(url) => first(manage.rows(url)).await,
            None => Err(NO_NAME),
        };
        say("list registered models", "list, plan", found(models));
        let experiments = first(self.records().every_experiment()).await;
        say("read run history", "list, plan, verify", found(experiments));
        let locks = match manage.locks(&manage.id).await {
            Ok(locks) => match locks.on(&manage.id) {
                Some(lock) => Found::No(lock),
                None if locks.is_whole => Found::Yes,
                None => Found::Unknown("those of the subscription cannot be read".to_owned()),
            },
            Err(answer) => Found::Unknown(answer.to_string()),
        };
        say("no lock forbids deleting", "delete", locks);
        let untried = Found::Unknown("not tried: it would write".to_owned());
        say(
            "change and delete records",
            "delete, redact, archive",
            untried,
        );
        let place = EntryPath::of_segments(["blobs"]).expect("a constant");
        match self.storage(&place).await {
            Ok(storage) => {
                say(
                    "find the storage account",
                    "blobs and notebooks",
                    Found::Yes,
                );
                checks.extend(storage.account.examine().await);
            }
            Err(error) => say(
                "find the storage account",
                "blobs and notebooks",
                Found::No(error.to_string()),
            ),
        }
        checks
    }
}

/// Whether a listing answers.
async fn first(mut rows: super::manage::Rows) -> Result<(), Answer> {
    rows.next().await.transpose().map(|_| ())
}
