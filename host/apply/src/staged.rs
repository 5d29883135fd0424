//! The bytes that a converter made of an entry when the plan was made.

use std::fs::File;
use std::io::{self, Read as _};

use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, stream};
use remit_plan::{Case, Conversion};
use remit_workspace::{Content, EntryPath, StoreError};
use sha2::{Digest as _, Sha256};

/// What is read at once: one trip to another thread for each.
const CHUNK_BYTES: usize = 256 * 1024;

/// The staged output of a conversion.
///
/// The stream fails at its end when it is not the one that was planned, byte for byte; and a copy whose
/// content failed is dropped. So nothing that a person has not approved reaches the package, whatever
/// became of the case since the plan was opened.
pub(crate) fn content(
    case: &Case,
    path: &EntryPath,
    conversion: &Conversion,
) -> io::Result<Content> {
    let staged = Staged {
        path: path.clone(),
        file: File::open(case.path(&conversion.staged))?,
        hasher: Sha256::new(),
        expect: conversion.after_sha256.clone(),
    };
    Ok(stream::try_unfold(staged, Staged::next).boxed())
}

struct Staged {
    path: EntryPath,
    file: File,
    hasher: Sha256,
    expect: String,
}

impl Staged {
    async fn next(self) -> Result<Option<(Bytes, Self)>, StoreError> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || self.read()).await;
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
            StoreError::failed(&path, "reading what was staged of", error)
        };
        let (bytes, this) = read
            .map_err(|error| failed(error.into()))?
            .map_err(|error| failed(error.into()))?;
        if !bytes.is_empty() {
            return Ok(Some((bytes, this)));
        }
        match hex::encode(this.hasher.finalize()) == this.expect {
            true => Ok(None),
            false => Err(failed("it is not what was planned".into())),
        }
    }

    fn read(mut self) -> io::Result<(Bytes, Self)> {
        let mut bytes = BytesMut::zeroed(CHUNK_BYTES);
        let length = loop {
            match self.file.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        bytes.truncate(length);
        self.hasher.update(&bytes);
        Ok((bytes.freeze(), self))
    }
}
