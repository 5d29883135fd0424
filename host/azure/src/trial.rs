//! Whether this account's batches keep the conditions of their parts: tried out before the first one.
//!
//! No specification says that they do, and a batch that ignored them would delete what nobody saw. So a
//! blob of our own is written, a batch asks for it under a condition that it does not meet, and only if
//! that part is refused, and the blob still stands, are batches used. It is tried once for an account, and
//! only where many deletes are wanted at once.

use std::sync::OnceLock;

use azure_core::http::{Method, Url};
use bytes::Bytes;
use tokio::sync::Mutex;

use crate::Account;
use crate::batch::Part;
use crate::error::Answer;
use crate::names::{BlobName, BlobState, RESERVED};
use crate::wire::{Effect, header};

/// Deletes wanted at once that are worth a trial.
const WORTH_A_TRIAL: usize = 16;
/// How often a trial is begun that cannot be brought to its end.
const TRIES_MAX: u32 = 3;
/// A condition that no blob meets.
const NEVER: &str = "\"0x0\"";
/// What the blob says to whoever finds it.
const CONTENT: &[u8] = b"A trial of remit's, which was stopped. It may be deleted.\n";

/// What is known of an account.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    verdict: OnceLock<bool>,
    /// Trials begun; held while one is under way.
    tries: Mutex<u32>,
}

impl Account {
    /// Whether deletes in this container may go in one request.
    pub(crate) async fn may_batch(&self, container: &str, wanted: usize) -> bool {
        let verdict = &self.trial.verdict;
        if let Some(verdict) = verdict.get() {
            return *verdict;
        }
        if wanted < WORTH_A_TRIAL {
            return false;
        }
        let mut tries = self.trial.tries.lock().await;
        if let Some(verdict) = verdict.get() {
            return *verdict;
        }
        *tries += 1;
        match self.try_batches(container).await {
            Ok(honours) => *verdict.get_or_init(|| honours),
            Err(answer) if answer.is_passing() && *tries < TRIES_MAX => false,
            Err(_) => *verdict.get_or_init(|| false),
        }
    }

    /// Tries it out in the container that is ours, else in the one that is meant.
    async fn try_batches(&self, container: &str) -> Result<bool, Answer> {
        let is_ours_near = self.wire.endpoint.container().is_none();
        let places = [is_ours_near.then_some(RESERVED), Some(container)];
        for place in places.into_iter().flatten() {
            if !self.lets_go(place).await? {
                continue;
            }
            if let Some(honours) = self.try_in(place).await? {
                return Ok(honours);
            }
        }
        Ok(false)
    }

    /// Whether a container is there, and keeps nothing that is written into it.
    async fn lets_go(&self, container: &str) -> Result<bool, Answer> {
        let url = self.wire.url(container, &[("restype", "container")]);
        let asked = self
            .wire
            .send(Effect::Reads, Method::Get, url, &[], Bytes::new(), &[200])
            .await;
        let answer = match asked {
            Ok(answer) => answer,
            Err(answer) if answer.is_passing() => return Err(answer),
            Err(_) => return Ok(false),
        };
        let keeps = |name| header(&answer, name).as_deref() == Some("true");
        Ok(!keeps("x-ms-has-immutability-policy")
            && !keeps("x-ms-has-legal-hold")
            && !keeps("x-ms-immutable-storage-with-versioning-enabled"))
    }

    /// The trial itself. None where it cannot be made.
    async fn try_in(&self, container: &str) -> Result<Option<bool>, Answer> {
        let blob = BlobName {
            container: container.into(),
            name: format!("remit-trial/{}", azure_core::Uuid::new_v4()),
            state: BlobState::Current,
        };
        let Some(url) = blob.url(self.wire.endpoint.blobs()) else {
            return Ok(None);
        };
        let headers = [("x-ms-blob-type", "BlockBlob"), ("if-none-match", "*")];
        let content = Bytes::from_static(CONTENT);
        let put = self
            .wire
            .send(
                Effect::Changes,
                Method::Put,
                url.clone(),
                &headers,
                content,
                &[201],
            )
            .await;
        let etag = match &put {
            Ok(answer) => header(answer, "etag"),
            // It may have been written all the same.
            Err(answer) if answer.is_passing() => {
                self.take_away(&url).await;
                return Err(answer.clone());
            }
            Err(_) => return Ok(None),
        };
        let part = Part {
            blob: &blob,
            etag: NEVER,
        };
        let asked = self.wire.delete_batch(container, &[part]).await;
        let stands = self.still_has(&url, etag.as_deref()).await;
        self.take_away(&url).await;
        match asked {
            Ok(statuses) => Ok(Some(statuses == [412] && stands?)),
            Err(answer) if answer.is_passing() => Err(answer),
            Err(_) => Ok(Some(false)),
        }
    }

    async fn still_has(&self, url: &Url, etag: Option<&str>) -> Result<bool, Answer> {
        let looked = self
            .wire
            .send(
                Effect::Reads,
                Method::Head,
                url.clone(),
                &[],
                Bytes::new(),
                &[200, 404],
            )
            .await?;
        Ok(etag.is_some() && header(&looked, "etag").as_deref() == etag)
    }

    /// Takes our own blob away again. Its name is random, so nobody else's can be meant.
    async fn take_away(&self, url: &Url) {
        let mut tried = 0;
        loop {
            let deleted = self
                .wire
                .send(
                    Effect::Changes,
                    Method::Delete,
                    url.clone(),
                    &[],
                    Bytes::new(),
                    &[202, 404],
                )
                .await;
            match deleted {
                Err(answer) if answer.is_passing() && self.wire.again(tried).await => tried += 1,
                _ => return,
            }
        }
    }
}
