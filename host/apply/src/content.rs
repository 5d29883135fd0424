//! The bytes that a redaction makes of an entry.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use remit_formats::{Edit, Key};
use remit_plan::{Case, PlanError, Redaction, read_edits};
use remit_workspace::{Content, EntryPath, Store, StoreError};
use sha2::{Digest as _, Sha256};

/// Bytes of a record's document, at most: it is held in memory.
const DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

type Edits = Box<dyn Iterator<Item = Result<Edit, PlanError>> + Send>;

/// The content of this version with the plan's edits cut out.
///
/// The stream fails at its end when the result is not the one that was planned, byte for byte: so
/// nothing that a person has not approved is ever written.
pub(crate) fn redacted(
    case: &Case,
    path: &EntryPath,
    content: Content,
    redaction: &Redaction,
) -> Result<Content, PlanError> {
    let edits: Edits = Box::new(read_edits(case, &redaction.edits)?);
    let key = Key::new(*case.key()?.bytes());
    let format = redaction.format(case)?;
    let cutting =
        remit_formats::Redaction::new(format, edits, &key).map_err(|error| PlanError::Damaged {
            path: case.path(&redaction.edits),
            why: error.to_string(),
        })?;
    let cut = Cut {
        path: path.clone(),
        content,
        cutting: Some(cutting),
        hasher: Sha256::new(),
        expect: redaction.after_sha256.clone(),
    };
    Ok(stream::try_unfold(cut, Cut::next)
        .try_filter(|bytes| std::future::ready(!bytes.is_empty()))
        .boxed())
}

struct Cut {
    path: EntryPath,
    content: Content,
    cutting: Option<remit_formats::Redaction<Edits>>,
    hasher: Sha256,
    expect: String,
}

impl Cut {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        let Some(mut cutting) = self.cutting.take() else {
            return Ok(None);
        };
        let bytes = match self.content.next().await.transpose()? {
            Some(chunk) => {
                let bytes = cutting
                    .push(&chunk)
                    .map_err(|error| StoreError::failed(&self.path, "redacting", error))?;
                self.cutting = Some(cutting);
                self.hasher.update(&bytes);
                bytes
            }
            None => {
                let tail = cutting
                    .finish()
                    .map_err(|error| StoreError::failed(&self.path, "redacting", error))?;
                self.hasher.update(&tail.bytes);
                let found = hex::encode(self.hasher.finalize_reset());
                if found != self.expect {
                    return Err(StoreError::failed(
                        &self.path,
                        "redacting",
                        "the result is not the one that was planned",
                    ));
                }
                tail.bytes
            }
        };
        Ok(Some((bytes, self)))
    }
}

/// The SHA-256 of what an entry holds now, in hexadecimal.
async fn digest(store: &dyn Store, path: &EntryPath) -> Result<String, StoreError> {
    let entry = store.stat(path).await?;
    let mut content = store.open(path, &entry.version, 0).await?;
    let mut hasher = Sha256::new();
    while let Some(chunk) = content.try_next().await? {
        hasher.update(&chunk);
    }
    Ok(hex::encode(hasher.finalize()))
}

/// Whether an entry holds what a redaction was to make of it. Of a record only what is written counts.
pub(crate) async fn is_as_planned(
    store: &dyn Store,
    path: &EntryPath,
    redaction: &Redaction,
) -> Result<bool, StoreError> {
    let Some(expect) = &redaction.written_sha256 else {
        return Ok(digest(store, path).await? == redaction.after_sha256);
    };
    let entry = store.stat(path).await?;
    let content = store.open(path, &entry.version, 0).await?;
    let document = document(path, content).await?;
    let found = remit_formats::members::sha256(&document, store.writable_fields(path));
    Ok(found.is_ok_and(|found| hex::encode(found) == *expect))
}

/// Whether a record is archived now.
pub(crate) async fn is_archived(store: &dyn Store, path: &EntryPath) -> Result<bool, StoreError> {
    let properties = store.stat(path).await?.properties;
    Ok(properties.get("archived") == Some("true"))
}

/// A record's document, whole.
pub(crate) async fn document(path: &EntryPath, mut content: Content) -> Result<Bytes, StoreError> {
    let mut document = BytesMut::new();
    while let Some(chunk) = content.try_next().await? {
        if document.len() + chunk.len() > DOCUMENT_BYTES_MAX {
            let reason = "its document is larger than 16 MiB".to_owned();
            return Err(StoreError::Impossible {
                path: path.clone(),
                reason,
            });
        }
        document.extend_from_slice(&chunk);
    }
    Ok(document.freeze())
}
