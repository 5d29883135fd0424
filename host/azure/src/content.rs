//! The bytes of one version, as they come.
//!
//! A small blob is one request. A large one is asked for in parts, a few of them under way together; each
//! carries the entity tag of the version, and where a connection breaks off, the rest is asked for from
//! there on. So nothing is held back, nothing mixed is ever given out, and the end means that all was seen.
//! Microsoft's client is not asked: it takes a body that ends early for a whole one (1.1.0: the first part is
//! filled up with zeros, later ones move together).

use std::sync::Arc;

use azure_core::http::Url;
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use hyper::header::HeaderValue;
use remit_workspace::{Content, EntryPath, StoreError, Version};

use crate::connections::Arrived;
use crate::entry::{etag_of, version_of};
use crate::error::Answer;
use crate::names::BlobName;
use crate::wire::Wire;

const PART_BYTES: u64 = 8 * 1024 * 1024;
/// Parts of one content under way at once: while one is read, the service begins with the next.
const PARTS_AHEAD: usize = 2;
const CHUNK_BYTES: usize = 256 * 1024;
/// No blob is as long; a larger offset is past every end.
const OFFSET_MAX: u64 = 1 << 50;

/// One version of one blob.
struct Source {
    wire: Arc<Wire>,
    blob: BlobName,
    url: Url,
    etag: HeaderValue,
    version: Version,
}

/// A part that has begun to come.
struct Part {
    /// Where in the blob its next byte is.
    at: u64,
    /// Bytes that are still to come.
    left: u64,
    /// How long the whole blob is.
    total: u64,
    body: Arrived,
    /// What has come and was not given out yet.
    held: Bytes,
}

/// Opens this version of a blob at an offset.
pub(crate) async fn open(
    wire: Arc<Wire>,
    path: &EntryPath,
    blob: &BlobName,
    version: &Version,
    offset: u64,
) -> Result<Content, StoreError> {
    let Some(url) = wire.address(blob) else {
        return Err(StoreError::NotFound(path.clone()));
    };
    let source = Source {
        url,
        blob: blob.clone(),
        // A text that no tag can be still must not hide that there is no such blob.
        etag: etag_of(version)
            .and_then(|etag| HeaderValue::try_from(etag).ok())
            .unwrap_or_else(|| HeaderValue::from_static("\"none\"")),
        version: version.clone(),
        wire,
    };
    let about = |answer: Answer| answer.about(path, "reading");
    if offset >= OFFSET_MAX {
        source.confirm().await.map_err(about)?;
        return Ok(stream::empty().boxed());
    }
    let first = match source.part(offset, PART_BYTES).await {
        Ok(first) => first,
        // Past the end: the range is judged before the condition, so the condition is asked again.
        Err(Answer::Status { status: 416, .. }) => {
            source.confirm().await.map_err(about)?;
            return Ok(stream::empty().boxed());
        }
        // A condition on what is not there may be judged before its absence is seen.
        Err(answer @ Answer::Status { status: 412, .. }) => {
            let answer = source.confirm().await.err().unwrap_or(answer);
            return Err(about(answer));
        }
        Err(answer) => return Err(about(answer)),
    };
    if etag_of(version).is_none() {
        return Err(StoreError::Changed(path.clone()));
    }
    let path = path.clone();
    let source = Arc::new(source);
    let about = move |answer: Answer| match answer.about(&path, "reading") {
        // It was there when it was opened: for the reader it is no longer that version.
        StoreError::NotFound(path) => StoreError::Changed(path),
        error => error,
    };
    Ok(match first.at + first.left < first.total {
        true => flow(source, first).map_err(about).boxed(),
        // Most blobs are small, and what joins parts costs as much as asking for one.
        false => whole(source, first).map_err(about).boxed(),
    })
}

/// The first part and all that follow it.
fn flow(source: Arc<Source>, first: Part) -> impl Stream<Item = Result<Bytes, Answer>> {
    let (next, total) = (first.at + first.left, first.total);
    let starts = (0..).map(move |index| next + index * PART_BYTES);
    let parts = source.clone();
    let rest = stream::iter(starts.take_while(move |start| *start < total))
        .map(move |start| {
            let source = parts.clone();
            async move {
                source
                    .same(start, PART_BYTES.min(total - start), total)
                    .await
            }
        })
        .buffered(PARTS_AHEAD);
    stream::once(async move { Ok(first) })
        .chain(rest)
        .map_ok(move |part| whole(source.clone(), part))
        .try_flatten()
}

/// All bytes of a part, in chunks: where it breaks off, the rest is asked for anew.
fn whole(source: Arc<Source>, part: Part) -> impl Stream<Item = Result<Bytes, Answer>> {
    stream::try_unfold(
        (source, part, 0),
        |(source, mut part, mut tried)| async move {
            loop {
                if !part.held.is_empty() {
                    let next = part.held.len().min(CHUNK_BYTES);
                    let chunk = part.held.split_to(next);
                    return Ok(Some((chunk, (source, part, tried))));
                }
                if part.left == 0 {
                    return Ok(None);
                }
                let broken = match part.body.chunk().await {
                    Some(Ok(bytes)) if bytes.len() as u64 <= part.left => {
                        part.at += bytes.len() as u64;
                        part.left -= bytes.len() as u64;
                        part.held = bytes;
                        continue;
                    }
                    Some(Ok(_)) => Answer::Malformed("a body longer than it should be"),
                    None => Answer::Malformed("a body shorter than it should be"),
                    Some(Err(broken)) => broken.into(),
                };
                if !source.wire.again(tried).await {
                    return Err(broken);
                }
                tried += 1;
                part = source.same(part.at, part.left, part.total).await?;
            }
        },
    )
}

impl Source {
    /// A later part, of a blob of that length.
    async fn same(&self, start: u64, length: u64, total: u64) -> Result<Part, Answer> {
        let part = self.part(start, length).await?;
        match part.total == total {
            true => Ok(part),
            false => Err(Answer::Malformed("a part of another length")),
        }
    }

    /// The beginning of a part, asked for again while the answer is a passing one.
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
        let range = HeaderValue::try_from(format!("bytes={start}-{}", start + length - 1))
            .expect("letters and digits");
        let answer = self.wire.get(&self.url, &self.etag, range).await?;
        let header = |name: &str| answer.header(name);
        if header("etag").map(version_of).as_ref() != Some(&self.version) {
            return Err(Answer::Status {
                status: 412,
                code: "ConditionNotMet".to_owned(),
            });
        }
        let number = |text: &str| text.parse::<u64>().ok();
        let said = header("content-length").and_then(number);
        let total = match header("content-range") {
            Some(range) => {
                let (bytes, total) = range
                    .strip_prefix("bytes ")
                    .and_then(|range| range.split_once('/'))
                    .ok_or(Answer::Malformed("a range that is none"))?;
                let from = bytes.split_once('-').and_then(|(from, _)| number(from));
                if from != Some(start) {
                    return Err(Answer::Malformed("another range than was asked for"));
                }
                number(total)
            }
            // The whole: only what was asked for from its beginning can be that.
            None if start == 0 => said,
            None => None,
        };
        let total = total.ok_or(Answer::Malformed("an answer that does not say its length"))?;
        let left = length.min(total.saturating_sub(start));
        if said.is_some_and(|said| said != left) {
            return Err(Answer::Malformed("another length than was asked for"));
        }
        Ok(Part {
            at: start,
            left,
            total,
            body: answer,
            held: Bytes::new(),
        })
    }

    /// Whether it still is this version.
    async fn confirm(&self) -> Result<(), Answer> {
        let client = self.wire.blob(&self.blob);
        let client = client.ok_or(Answer::Malformed("an address that is none"))?;
        let answer = self.wire.patiently(|| client.get_properties(None)).await?;
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
