//! The reference store, changed: what each change of a workspace means, without a disk or a network.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use remit_policy::{Act, Permitted};
use remit_workspace::{Content, EntryPath, Kind, Memory, Store, StoreError, Version};

use crate::{Deleted, StoreMut};

#[async_trait]
impl StoreMut for Memory {
    async fn delete(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let Act::Delete(strength) = permitted.act() else {
            return Err(impossible(permitted.path(), "permitted for another act"));
        };
        let until = self.delete_version(permitted.path(), version, strength.purge)?;
        Ok(until.map_or(Deleted::Gone, Deleted::GoneOn))
    }

    async fn detach(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Deleted, StoreError> {
        let path = permitted.path();
        if Kind::of(path) != Some(Kind::Compute) {
            return Err(impossible(path, "only a compute target can be detached"));
        }
        self.delete(permitted, version).await
    }

    async fn replace(
        &self,
        permitted: &Permitted,
        version: &Version,
        content: Content,
    ) -> Result<Version, StoreError> {
        let path = permitted.path();
        if !matches!(permitted.act(), Act::Redact | Act::Rewrite) {
            return Err(impossible(path, "permitted for another act"));
        }
        if !Kind::of(path).is_some_and(Kind::is_object) {
            return Err(impossible(path, "a record is patched, not replaced"));
        }
        let content: BytesMut = content.map_ok(BytesMut::from).try_concat().await?;
        self.replace_version(path, version, content.freeze())
    }

    async fn patch(
        &self,
        permitted: &Permitted,
        version: &Version,
        document: Bytes,
    ) -> Result<Version, StoreError> {
        let path = permitted.path();
        if !matches!(permitted.act(), Act::Redact | Act::Rewrite) {
            return Err(impossible(path, "permitted for another act"));
        }
        if Kind::of(path).is_none_or(Kind::is_object) {
            return Err(impossible(path, "only records can be patched"));
        }
        let real = self.read_version(path, version)?;
        let patched = patched(&real, &document, self.writable_fields(path));
        let patched = patched.ok_or_else(|| impossible(path, "not a JSON object"))?;
        self.replace_version(path, version, patched)
    }

    async fn archive(
        &self,
        permitted: &Permitted,
        version: &Version,
    ) -> Result<Version, StoreError> {
        let path = permitted.path();
        if permitted.act() != Act::Archive {
            return Err(impossible(path, "permitted for another act"));
        }
        if !Kind::of(path).is_some_and(Kind::can_be_archived) {
            return Err(impossible(path, "it cannot be archived"));
        }
        let real = self.read_version(path, version)?;
        let archived = patched(&real, br#"{"isArchived":true}"#, &["isArchived"]);
        let archived = archived.ok_or_else(|| impossible(path, "not a JSON object"))?;
        let made = self.replace_version(path, version, archived)?;
        self.set_property(path, "archived", "true");
        Ok(made)
    }

    async fn write_policy_file(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.put_policy_file(name, bytes);
        Ok(())
    }
}

fn impossible(path: &EntryPath, reason: &str) -> StoreError {
    StoreError::Impossible {
        path: path.clone(),
        reason: reason.to_owned(),
    }
}

/// The real document with these fields as `given` has them. A field that is as it was shown keeps its
/// real bytes, credentials included. None when either is no JSON object.
fn patched(real: &[u8], given: &[u8], fields: &[&str]) -> Option<Vec<u8>> {
    let shown = remit_formats::blank_credentials(real).ok()?;
    let old = remit_formats::top_level_spans(real).ok()?;
    let new = remit_formats::top_level_spans(given).ok()?;
    let mut edits = Vec::new();
    let mut added = Vec::new();
    for (name, at) in new
        .iter()
        .filter(|(name, _)| fields.contains(&name.as_str()))
    {
        let value = &given[at.clone()];
        match old.iter().find(|(old, _)| old == name) {
            Some((_, was)) if shown[was.clone()] == *value => {}
            Some((_, was)) => edits.push((was.clone(), value.to_owned())),
            None => added.push([b"\"", name.as_bytes(), b"\": ", value].concat()),
        }
    }
    let separator: &[u8] = if old.is_empty() { b"" } else { b", " };
    if !added.is_empty() {
        let end = real.iter().rposition(|byte| *byte == b'}')?;
        edits.push((end..end, [separator, &added.join(&b", "[..])].concat()));
    }
    // From the end, so that the places before stay where they are.
    edits.sort_by_key(|(at, _)| std::cmp::Reverse(at.start));
    let mut out = real.to_owned();
    for (at, value) in edits {
        out.splice(at, value);
    }
    Some(out)
}
