//! The bytes of one version of a file, in parts that are fetched side by side.
//!
//! The service has no condition for a read (2024-05-04): each part is given out only when it is whole and its
//! answer names the version, and at the end the version is looked at once more, because somebody may have
//! written while the last part was on its way.

use azure_core::http::Method;
use bytes::Bytes;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use remit_workspace::{Content, EntryPath, StoreError, Version};

use crate::error::Answer;
use crate::files::Files;
use crate::files::entry::tag;
use crate::files::names::FileName;
use crate::files::wire::about;
use crate::wire::{Effect, header};

const PART_BYTES: u64 = 4 * 1024 * 1024;
/// Parts of one content under way at once.
const PARTS_AHEAD: usize = 3;
const CHUNK_BYTES: usize = 256 * 1024;
/// No file is as long; a larger offset is past every end.
const OFFSET_MAX: u64 = 1 << 50;

/// One version of one file.
#[derive(Clone)]
struct Source {
    files: Files,
    name: FileName,
    version: Version,
}

/// A part, and how long the whole is.
struct Part {
    bytes: Bytes,
    total: u64,
}

fn changed() -> Answer {
    Answer::Status {
        status: 412,
        code: "ConditionNotMet".to_owned(),
    }
}

impl Files {
    /// Opens this version of a file at an offset.
    pub(crate) async fn open(
        &self,
        path: &EntryPath,
        version: &Version,
        offset: u64,
    ) -> Result<Content, StoreError> {
        let source = Source {
            files: self.clone(),
            name: self.name(path)?,
            version: version.clone(),
        };
        let failed = |answer| about(answer, path, "reading");
        if offset >= OFFSET_MAX {
            source.confirm().await.map_err(failed)?;
            return Ok(stream::empty().boxed());
        }
        let first = match source.part(offset, PART_BYTES).await {
            Ok(first) => first,
            // Past the end: nothing was said about the version.
            Err(Answer::Status { status: 416, .. }) => {
                source.confirm().await.map_err(failed)?;
                return Ok(stream::empty().boxed());
            }
            Err(answer) => return Err(failed(answer)),
        };
        let total = first.total;
        let next = offset + first.bytes.len() as u64;
        let starts = (0..)
            .map(move |index| next + index * PART_BYTES)
            .take_while(move |start| *start < total);
        let parts = source.clone();
        let rest = stream::iter(starts)
            .map(move |start| {
                let source = parts.clone();
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
        let end = stream::once(async move { source.confirm().await.map(|()| Bytes::new()) });
        let path = path.clone();
        Ok(stream::once(async move { Ok(first.bytes) })
            .chain(rest)
            .chain(end)
            .map_err(
                move |answer: Answer| match about(answer, &path, "reading") {
                    // It was there when it was opened: for the reader it is no longer that version.
                    StoreError::NotFound(path) => StoreError::Changed(path),
                    error => error,
                },
            )
            .map_ok(|bytes| stream::iter(chunks(bytes).map(Ok)))
            .try_flatten()
            .boxed())
    }
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
                Err(Answer::Malformed(_)) if self.files.wire.again(tried).await => tried += 1,
                other => return other,
            }
        }
    }

    async fn part_once(&self, start: u64, length: u64) -> Result<Part, Answer> {
        let range = format!("bytes={start}-{}", start + length - 1);
        let answer = self
            .files
            .send(
                Effect::Reads,
                Method::Get,
                self.files.at(&self.name, &[])?,
                &[("x-ms-range", &range)],
                Bytes::new(),
                &[200, 206],
            )
            .await?;
        if tag(&answer).as_ref() != Some(&self.version) {
            return Err(changed());
        }
        let total = match header(&answer, "content-range") {
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
                total.parse::<u64>().ok()
            }
            // The whole: only what was asked for from its beginning can be that.
            None if start == 0 => {
                header(&answer, "content-length").and_then(|text| text.parse().ok())
            }
            None => None,
        };
        let total = total.ok_or(Answer::Malformed("an answer that does not say its length"))?;
        let bytes = Bytes::copy_from_slice(answer.body());
        if bytes.len() as u64 != length.min(total.saturating_sub(start)) {
            return Err(Answer::Malformed(
                "a body of another length than it should have",
            ));
        }
        Ok(Part { bytes, total })
    }

    /// Whether it still is this version. A snapshot's copy always is.
    async fn confirm(&self) -> Result<(), Answer> {
        let now = self.files.head(&self.name, &[]).await?;
        match tag(&now).as_ref() == Some(&self.version) {
            true => Ok(()),
            false => Err(changed()),
        }
    }
}
