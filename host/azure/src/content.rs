//! The bytes of one version, in parts that are fetched side by side.
//!
//! Each part is asked for with the entity tag of the version and is given out only when it is whole, so a
//! connection that breaks costs one part, and nothing short or mixed is ever seen. Microsoft's client
//! can fetch parts itself, but takes a body that ends early for a whole one (1.1.0: the first part is filled
//! up with zeros, later ones move together); so each part is one request to it.

use std::num::NonZero;
use std::sync::Arc;

use azure_core::http::Etag;
use azure_storage_blob::clients::BlobClient;
use azure_storage_blob::models::{BlobClientDownloadOptions, HttpRange};
use bytes::Bytes;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use remit_workspace::{Content, EntryPath, StoreError, Version};

use crate::entry::{etag_of, version_of};
use crate::error::Answer;
use crate::names::BlobName;
use crate::wire::Wire;

const PART_BYTES: u64 = 4 * 1024 * 1024;
/// Parts of one content under way at once.
const PARTS_AHEAD: usize = 3;
const CHUNK_BYTES: usize = 256 * 1024;
/// No blob is as long; a larger offset is past every end.
const OFFSET_MAX: u64 = 1 << 50;

/// One version of one blob.
struct Source {
    wire: Arc<Wire>,
    client: BlobClient,
    etag: String,
    version: Version,
}

/// A part, and how long the whole is.
struct Part {
    bytes: Bytes,
    total: u64,
}

/// Opens this version of a blob at an offset.
pub(crate) async fn open(
    wire: Arc<Wire>,
    path: &EntryPath,
    blob: &BlobName,
    version: &Version,
    offset: u64,
) -> Result<Content, StoreError> {
    let changed = || StoreError::Changed(path.clone());
    let Some(client) = wire.blob(blob) else {
        return Err(StoreError::NotFound(path.clone()));
    };
    let source = Source {
        client,
        // A text that no tag can be still must not hide that there is no such blob.
        etag: etag_of(version).unwrap_or_else(|| "\"none\"".to_owned()),
        version: version.clone(),
        wire,
    };
    if offset >= OFFSET_MAX {
        source
            .confirm()
            .await
            .map_err(|answer| answer.about(path, "reading"))?;
        return Ok(stream::empty().boxed());
    }
    let first = match source.part(offset, PART_BYTES).await {
        Ok(first) => first,
        // Past the end: the range is judged before the condition, so the condition is asked again.
        Err(Answer::Status { status: 416, .. }) => {
            source
                .confirm()
                .await
                .map_err(|answer| answer.about(path, "reading"))?;
            return Ok(stream::empty().boxed());
        }
        // A condition on what is not there may be judged before its absence is seen.
        Err(answer @ Answer::Status { status: 412, .. }) => {
            let answer = source.confirm().await.err().unwrap_or(answer);
            return Err(answer.about(path, "reading"));
        }
        Err(answer) => return Err(answer.about(path, "reading")),
    };
    if etag_of(version).is_none() {
        return Err(changed());
    }
    let total = first.total;
    let source = Arc::new(source);
    let next = offset + first.bytes.len() as u64;
    let starts = (0..).map(move |index| next + index * PART_BYTES);
    let rest = stream::iter(starts.take_while(move |start| *start < total))
        .map(move |start| {
            let source = source.clone();
            async move {
                let length = PART_BYTES.min(total - start);
                let part = source.part(start, length).await?;
                match part.total == total && part.bytes.len() as u64 == length {
                    true => Ok(part.bytes),
                    false => Err(Answer::Malformed("a part of another length")),
                }
            }
        })
        .buffered(PARTS_AHEAD);
    let path = path.clone();
    Ok(stream::once(async move { Ok(first.bytes) })
        .chain(rest)
        .map_err(move |answer: Answer| match answer.about(&path, "reading") {
            // It was there when it was opened: for the reader it is no longer that version.
            StoreError::NotFound(path) => StoreError::Changed(path),
            error => error,
        })
        .map_ok(|bytes| stream::iter(chunks(bytes).map(Ok)))
        .try_flatten()
        .boxed())
}

fn chunks(mut bytes: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        (!bytes.is_empty()).then(|| bytes.split_to(bytes.len().min(CHUNK_BYTES)))
    })
}

impl Source {
    /// One part, whole. Tried again when the connection breaks while it comes.
    async fn part(&self, start: u64, length: u64) -> Result<Part, Answer> {
        let mut tried = 0;
        loop {
            match self.part_once(start, length).await {
                Err(answer) if answer.is_passing() || matches!(answer, Answer::Malformed(_)) => {
                    if !self.wire.again(tried).await {
                        return Err(answer);
                    }
                    tried += 1;
                }
                other => return other,
            }
        }
    }

    async fn part_once(&self, start: u64, length: u64) -> Result<Part, Answer> {
        let options = BlobClientDownloadOptions {
            if_match: Some(Etag::from(self.etag.clone())),
            range: Some(HttpRange::new(start, length)),
            // One request: see above.
            partition_size: NonZero::new(usize::MAX / 2),
            parallel: Some(NonZero::<usize>::MIN),
            ..Default::default()
        };
        let answer = self.client.download(Some(options)).await?;
        let header = |name: &'static str| answer.headers.get_optional_string(&name.into());
        if header("etag").map(|etag| version_of(&etag)) != Some(self.version.clone()) {
            return Err(Answer::Status {
                status: 412,
                code: "ConditionNotMet".to_owned(),
            });
        }
        let number = |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok());
        let total = match header("content-range") {
            Some(range) => {
                let (bytes, total) = range
                    .strip_prefix("bytes ")
                    .and_then(|range| range.split_once('/'))
                    .ok_or(Answer::Malformed("a range that is none"))?;
                let from = bytes
                    .split_once('-')
                    .and_then(|(from, _)| from.parse().ok());
                if from != Some(start) {
                    return Err(Answer::Malformed("another range than was asked for"));
                }
                number(Some(total.to_owned()))
            }
            // The whole: only what was asked for from its beginning can be that.
            None if start == 0 => number(header("content-length")),
            None => None,
        };
        let total = total.ok_or(Answer::Malformed("an answer that does not say its length"))?;
        let bytes = answer.body.collect().await?;
        let expect = length.min(total.saturating_sub(start));
        if bytes.len() as u64 != expect {
            return Err(Answer::Malformed(
                "a body of another length than it should have",
            ));
        }
        Ok(Part { bytes, total })
    }

    /// Whether it still is this version.
    async fn confirm(&self) -> Result<(), Answer> {
        let answer = self
            .wire
            .patiently(|| self.client.get_properties(None))
            .await?;
        let etag = answer.headers().get_optional_string(&"etag".into());
        match etag.map(|etag| version_of(&etag)) == Some(self.version.clone()) {
            true => Ok(()),
            false => Err(Answer::Status {
                status: 412,
                code: "ConditionNotMet".to_owned(),
            }),
        }
    }
}
