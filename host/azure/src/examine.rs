//! What a credential may do on an account, found out without changing anything.
//!
//! What only reads is tried. What deletes is tried on a name that nobody has, under a condition that
//! nothing meets: a service that refuses says so before it looks. What writes is not tried at all.

use azure_core::http::Method;
use bytes::Bytes;

use crate::Account;
use crate::error::Answer;
use crate::listing::{self, Query};
use crate::names::{BlobName, BlobState, RESERVED};
use crate::wire::Effect;

/// A right, and whether the credential has it.
#[derive(Clone, Debug)]
pub struct Check {
    /// What may be done.
    pub right: &'static str,
    /// Which commands need it.
    pub needed_for: &'static str,
    /// Whether it may.
    pub found: Found,
}

/// Whether a right is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is.
    Yes,
    /// It is not: what the service answered.
    No(String),
    /// Nobody can say without changing something: why.
    Unknown(String),
}

impl Account {
    /// Examines every right that a command may need.
    pub async fn examine(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let mut say = |right, needed_for, found| {
            checks.push(Check {
                right,
                needed_for,
                found,
            });
        };
        let containers = listing::containers(&self.wire).await;
        let container = match (self.wire.endpoint.container(), &containers) {
            (Some(only), _) => Some(only.to_owned()),
            (None, Ok(names)) => names.iter().find(|name| self.is_within(name)).cloned(),
            (None, Err(_)) => None,
        };
        say(
            "list containers",
            "list, and every pattern like /**",
            found(containers),
        );
        let nothing = || Found::Unknown("there is no container to try it on".to_owned());
        let (mut list, mut states, mut tags, mut read, mut delete) =
            (nothing(), nothing(), nothing(), nothing(), nothing());
        if let Some(container) = &container {
            let first = self.first(container, "").await;
            read = match &first {
                Ok(Some(name)) => found(self.read_one(name).await),
                _ => Found::Unknown("there is no blob to try it on".to_owned()),
            };
            list = found(first);
            let all = "snapshots,versions,deleted";
            states = found(self.first(container, all).await);
            tags = found(self.first(container, "tags").await);
            delete = self.try_to_delete_nothing(container).await;
        }
        say("list blobs", "list, plan, verify", list);
        say(
            "list versions, snapshots, deleted",
            "delete, verify (gone means gone)",
            states,
        );
        say("list tags", "tags as properties", tags);
        say("read blobs", "download, redact, export", read);
        let policy = remit_workspace::Store::policy_file(self, "policy.toml").await;
        say(
            "read the workspace's policy",
            "every plan",
            match policy {
                Ok(_) => Found::Yes,
                Err(error) => Found::No(error.to_string()),
            },
        );
        let rules = match self.retention().await {
            Ok(Some(_)) => Found::Yes,
            Ok(None) => Found::No("forecasts will be unknown".to_owned()),
            Err(answer) => Found::Unknown(answer.to_string()),
        };
        say(
            "read the account's rules",
            "forecasts of what a delete achieves",
            rules,
        );
        say("delete blobs", "delete", delete);
        let untried = || Found::Unknown("not tried: it would write".to_owned());
        say("write blobs", "redact, hold", untried());
        say(
            "delete versions, delete for good",
            "delete with purge, redact",
            untried(),
        );
        if self.wire.endpoint.files().is_some() {
            checks.extend(self.files.examine().await);
        }
        checks
    }

    async fn first(
        &self,
        container: &str,
        include: &'static str,
    ) -> Result<Option<BlobName>, Answer> {
        let query = Query {
            container: container.into(),
            include,
            most: Some(1),
            ..Query::default()
        };
        let page = listing::page(&self.wire, &query, None).await?;
        Ok(page.blobs.into_iter().map(|blob| blob.name).next())
    }

    async fn read_one(&self, blob: &BlobName) -> Result<(), Answer> {
        let Some(url) = blob.url(self.wire.endpoint.blobs()) else {
            return Ok(());
        };
        let range = [("x-ms-range", "bytes=0-0")];
        // 416: it is empty, and may be read. 409: it is archived, which is another matter.
        let expect = [200, 206, 416, 409];
        self.wire
            .send(
                Effect::Reads,
                Method::Get,
                url,
                &range,
                Bytes::new(),
                &expect,
            )
            .await
            .map(|_| ())
    }

    async fn try_to_delete_nothing(&self, container: &str) -> Found {
        if container == RESERVED {
            return Found::Unknown("there is no container to try it on".to_owned());
        }
        let nobody = BlobName {
            container: container.into(),
            name: format!("remit-doctor/{}", azure_core::Uuid::new_v4()),
            state: BlobState::Current,
        };
        let Some(url) = nobody.url(self.wire.endpoint.blobs()) else {
            return Found::Unknown("it could not be tried".to_owned());
        };
        let never = [("if-match", "\"0x0\"")];
        let answer = self
            .wire
            .send(
                Effect::Changes,
                Method::Delete,
                url,
                &never,
                Bytes::new(),
                &[404, 412],
            )
            .await;
        found(answer)
    }
}

pub(crate) fn found<T>(result: Result<T, Answer>) -> Found {
    match result {
        Ok(_) => Found::Yes,
        Err(answer) if answer.is_passing() => Found::Unknown(answer.to_string()),
        Err(answer) => Found::No(answer.to_string()),
    }
}
