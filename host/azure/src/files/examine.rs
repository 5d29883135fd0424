//! What a credential may do on file shares, found out without changing anything.
//!
//! What only reads is tried. A delete is tried on a name that nobody has, with a lease that nobody has.

use azure_core::http::Method;
use bytes::Bytes;
use futures::StreamExt as _;

use crate::error::Answer;
use crate::examine::{Check, Found, found};
use crate::files::Files;
use crate::files::names::{Directory, FileName};
use crate::wire::Effect;

impl Files {
    /// Every right that a command may need on files.
    pub(crate) async fn examine(&self) -> Vec<Check> {
        let shares = self.share_names().await;
        let share = shares
            .as_ref()
            .ok()
            .and_then(|names| names.first().cloned());
        let nothing = || Found::Unknown("there is no share to try it on".to_owned());
        let (mut list, mut read, mut delete) = (nothing(), nothing(), nothing());
        let kept = match &share {
            Some(share) => {
                let first = self.first(share).await;
                read = match &first {
                    Ok(Some(name)) => found(self.head(name, &[]).await),
                    _ => {
                        Found::Unknown("there is no file to try it on in a share's root".to_owned())
                    }
                };
                list = found(first);
                delete = found(self.try_to_delete_nothing(share).await);
                found(self.share_snapshots(share).await)
            }
            None => found(shares.as_ref().map_err(Clone::clone)),
        };
        let untried = Found::Unknown("not tried: it would write".to_owned());
        [
            (
                "list shares",
                "list, and every pattern like /**",
                found(shares),
            ),
            ("list files", "list, plan, verify", list),
            ("list share snapshots", "delete and redact files", kept),
            ("read files", "download, redact, export", read),
            ("delete and lease files", "delete", delete),
            ("write files", "redact", untried),
        ]
        .map(|(right, needed_for, found)| Check {
            right,
            needed_for,
            found,
        })
        .into()
    }

    /// A file in the root of a share, if its first page shows one.
    async fn first(&self, share: &str) -> Result<Option<FileName>, Answer> {
        let root = Directory::root(share);
        let page = self.pages(root, String::new()).next().await.transpose()?;
        let name = page.and_then(|page| page.files.into_iter().next());
        Ok(name.map(|(name, _)| FileName {
            share: share.to_owned(),
            above: Vec::new(),
            name,
            snapshot: None,
        }))
    }

    async fn try_to_delete_nothing(&self, share: &str) -> Result<(), Answer> {
        let nobody = FileName {
            share: share.to_owned(),
            above: Vec::new(),
            name: format!("remit-doctor-{}", azure_core::Uuid::new_v4()),
            snapshot: None,
        };
        let lease = azure_core::Uuid::new_v4().to_string();
        let answer = self
            .send(
                Effect::Changes,
                Method::Delete,
                self.at(&nobody, &[])?,
                &[("x-ms-lease-id", &lease)],
                Bytes::new(),
                &[404, 412],
            )
            .await;
        answer.map(|_| ())
    }
}
