//! Other bytes in the place of a blob's, on the condition that it still is the version that was named.
//!
//! What the service would lose with the old bytes is carried over: content headers, metadata, tags, tier. A
//! blob that appends or has pages is written anew beside and copied over in one step.

use std::collections::HashMap;

use azure_core::http::headers::Headers;
use azure_core::http::{Etag, RequestContent};
use azure_storage_blob::clients::BlockBlobClient;
use azure_storage_blob::models::{
    AccessTier, BlobClientUploadOptions, BlockBlobClientCommitBlockListOptions, BlockLookupList,
};
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use remit_workspace::{Content, EntryPath, StoreError, Version};
use sha2::{Digest as _, Sha256};

use crate::Account;
use crate::change::impossible;
use crate::delete::EMPTIED;
use crate::entry::{etag_of, version_of};
use crate::error::Answer;
use crate::names::BlobName;

/// Up to here a content is sent in one request; above, in blocks of this length.
const BLOCK_BYTES: usize = 8 * 1024 * 1024;

/// What a blob has besides its bytes.
#[derive(Debug, Default)]
struct Besides {
    cache_control: Option<String>,
    disposition: Option<String>,
    encoding: Option<String>,
    language: Option<String>,
    content_type: Option<String>,
    encryption_scope: Option<String>,
    metadata: HashMap<String, String>,
    tags: Option<String>,
    tier: Option<AccessTier>,
}

impl Account {
    pub(crate) async fn replace_current(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        version: &Version,
        mut content: Content,
    ) -> Result<Version, StoreError> {
        let besides = self.besides(path, blob, version).await?;
        let mut held = BytesMut::new();
        while let Some(chunk) = content.try_next().await? {
            held.extend_from_slice(&chunk);
            if held.len() > BLOCK_BYTES {
                return self
                    .replace_in_blocks(path, blob, version, &besides, held, content)
                    .await;
            }
        }
        let bytes = held.freeze();
        self.put(path, blob, version, &besides, bytes).await
    }

    /// Puts nothing in the place of this version, with a mark that says which version it was.
    pub(crate) async fn empty(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        now: &Version,
        version: &Version,
    ) -> Result<Version, StoreError> {
        let mark = (EMPTIED.to_owned(), version.as_str().to_owned());
        let besides = Besides {
            metadata: HashMap::from([mark]),
            ..Besides::default()
        };
        self.put(path, blob, now, &besides, Bytes::new()).await
    }

    async fn besides(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        version: &Version,
    ) -> Result<Besides, StoreError> {
        let absent = || StoreError::NotFound(path.clone());
        let client = self.wire.blob(blob).ok_or_else(absent)?;
        let answer = self
            .wire
            .patiently(|| client.get_properties(None))
            .await
            .map_err(|answer| answer.about(path, "reading"))?;
        let headers = answer.headers();
        let get = |name: &'static str| headers.get_optional_string(&name.into());
        if get("etag").map(|etag| version_of(&etag)).as_ref() != Some(version) {
            return Err(StoreError::Changed(path.clone()));
        }
        match get("x-ms-blob-type").as_deref() {
            Some("BlockBlob") => {}
            Some("AppendBlob") => {
                return Err(impossible(
                    path,
                    "a blob that appends cannot be replaced in one step",
                ));
            }
            _ => {
                return Err(impossible(
                    path,
                    "a blob of pages cannot be replaced in one step",
                ));
            }
        }
        let tags = match get("x-ms-tag-count").as_deref() {
            None | Some("0") => None,
            Some(_) => {
                let tags = self
                    .tags(&client)
                    .await
                    .map_err(|answer| match answer.status() {
                        403 => impossible(path, "its tags cannot be read, and would be lost"),
                        _ => answer.about(path, "reading"),
                    })?;
                let pairs: Vec<String> = tags
                    .iter()
                    .map(|(name, value)| {
                        let escaped = crate::names::escaped;
                        format!("{}={}", escaped(name), escaped(value))
                    })
                    .collect();
                Some(pairs.join("&"))
            }
        };
        let is_inferred = get("x-ms-access-tier-inferred").as_deref() == Some("true");
        Ok(Besides {
            cache_control: get("cache-control"),
            disposition: get("content-disposition"),
            encoding: get("content-encoding"),
            language: get("content-language"),
            content_type: get("content-type"),
            encryption_scope: get("x-ms-encryption-scope"),
            metadata: metadata(headers),
            tags,
            tier: get("x-ms-access-tier")
                .filter(|_| !is_inferred)
                .and_then(|tier| tier.parse().ok()),
        })
    }

    /// One request: all of it or nothing.
    async fn put(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        version: &Version,
        besides: &Besides,
        bytes: Bytes,
    ) -> Result<Version, StoreError> {
        let client = self.block_client(path, blob)?;
        let etag = etag_of(version).ok_or_else(|| StoreError::Changed(path.clone()))?;
        let mut tried = 0;
        loop {
            let options = BlobClientUploadOptions {
                blob_cache_control: besides.cache_control.clone(),
                blob_content_disposition: besides.disposition.clone(),
                blob_content_encoding: besides.encoding.clone(),
                blob_content_language: besides.language.clone(),
                blob_content_type: besides.content_type.clone(),
                blob_tags_string: besides.tags.clone(),
                encryption_scope: besides.encryption_scope.clone(),
                if_match: Some(Etag::from(etag.clone())),
                metadata: Some(besides.metadata.clone()),
                tier: besides.tier.clone(),
                partition_size: std::num::NonZero::new(BLOCK_BYTES as u64 + 1),
                ..Default::default()
            };
            let body = RequestContent::from(bytes.to_vec());
            let answer = match client.upload(body, Some(options)).await {
                Ok(made) => {
                    return made
                        .etag
                        .map(|etag| version_of(etag.as_ref()))
                        .ok_or_else(|| {
                            let odd = Answer::Malformed("an answer without a tag");
                            StoreError::failed(path, "replacing", odd)
                        });
                }
                Err(error) => Answer::from(error),
            };
            if answer.status() == 412 && tried > 0 && answer.code() != "LeaseIdMissing" {
                // Perhaps a try whose answer was lost: then it holds what was to be written.
                return self.made(path, blob, version, &bytes).await;
            }
            if !(answer.is_passing() && self.wire.again(tried).await) {
                return Err(self.or_absent(path, blob, answer).await);
            }
            tried += 1;
        }
    }

    /// Too much for one request: blocks that nobody sees, and then one list that makes them the content.
    async fn replace_in_blocks(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        version: &Version,
        besides: &Besides,
        mut held: BytesMut,
        mut content: Content,
    ) -> Result<Version, StoreError> {
        let client = self.block_client(path, blob)?;
        let etag = etag_of(version).ok_or_else(|| StoreError::Changed(path.clone()))?;
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        let mut is_whole = false;
        while !is_whole {
            while held.len() < BLOCK_BYTES && !is_whole {
                match content.try_next().await? {
                    Some(chunk) => held.extend_from_slice(&chunk),
                    None => is_whole = true,
                }
            }
            let block = held.split_to(held.len().min(BLOCK_BYTES)).freeze();
            is_whole = is_whole && held.is_empty();
            if !block.is_empty() {
                let id = block_id(version, blocks.len(), &block);
                self.stage(path, &client, &id, block).await?;
                blocks.push(id);
            }
        }
        let list = BlockLookupList {
            latest: Some(blocks.clone()),
            ..Default::default()
        };
        let mut tried = 0;
        loop {
            let options = BlockBlobClientCommitBlockListOptions {
                blob_cache_control: besides.cache_control.clone(),
                blob_content_disposition: besides.disposition.clone(),
                blob_content_encoding: besides.encoding.clone(),
                blob_content_language: besides.language.clone(),
                blob_content_type: besides.content_type.clone(),
                blob_tags_string: besides.tags.clone(),
                encryption_scope: besides.encryption_scope.clone(),
                if_match: Some(Etag::from(etag.clone())),
                metadata: Some(besides.metadata.clone()),
                tier: besides.tier.clone(),
                ..Default::default()
            };
            let body = RequestContent::try_from(list.clone())
                .map_err(|error| Answer::from(error).about(path, "replacing"))?;
            let answer = match client.commit_block_list(body, Some(options)).await {
                Ok(made) => {
                    let etag = made.headers().get_optional_string(&"etag".into());
                    return etag.map(|etag| version_of(&etag)).ok_or_else(|| {
                        let odd = Answer::Malformed("an answer without a tag");
                        StoreError::failed(path, "replacing", odd)
                    });
                }
                Err(error) => Answer::from(error),
            };
            if answer.status() == 412 && tried > 0 && self.has_blocks(&client, &blocks).await {
                return Ok(self.look(path, blob).await?.version);
            }
            if !(answer.is_passing() && self.wire.again(tried).await) {
                return Err(self.or_absent(path, blob, answer).await);
            }
            tried += 1;
        }
    }

    async fn stage(
        &self,
        path: &EntryPath,
        client: &BlockBlobClient,
        id: &[u8],
        block: Bytes,
    ) -> Result<(), StoreError> {
        let mut tried = 0;
        loop {
            let body = RequestContent::from(block.to_vec());
            let staged = client.stage_block(id, block.len() as u64, body, None).await;
            let answer = match staged {
                Ok(_) => return Ok(()),
                Err(error) => Answer::from(error),
            };
            if !(answer.is_passing() && self.wire.again(tried).await) {
                return Err(answer.about(path, "replacing"));
            }
            tried += 1;
        }
    }

    /// Whether the blob is made of these blocks now.
    async fn has_blocks(&self, client: &BlockBlobClient, blocks: &[Vec<u8>]) -> bool {
        use azure_storage_blob::models::BlockListType;
        let Ok(answer) = client.get_block_list(BlockListType::Committed, None).await else {
            return false;
        };
        let Ok(list) = answer.into_model() else {
            return false;
        };
        let committed: Vec<Vec<u8>> = list
            .committed_blocks
            .unwrap_or_default()
            .into_iter()
            .filter_map(|block| block.name)
            .collect();
        committed == blocks
    }

    /// The version that a replace made, if the blob holds what was written.
    async fn made(
        &self,
        path: &EntryPath,
        blob: &BlobName,
        old: &Version,
        bytes: &Bytes,
    ) -> Result<Version, StoreError> {
        let now = self.look(path, blob).await?;
        let changed = || StoreError::Changed(path.clone());
        if now.version == *old || now.size_bytes != Some(bytes.len() as u64) {
            return Err(changed());
        }
        let content = crate::content::open(self.wire.clone(), path, blob, &now.version, 0).await?;
        let mut found = Sha256::new();
        content
            .try_for_each(|chunk| {
                found.update(&chunk);
                std::future::ready(Ok(()))
            })
            .await?;
        match found.finalize() == Sha256::digest(bytes) {
            true => Ok(now.version),
            false => Err(changed()),
        }
    }

    /// An answer to a conditional change. A condition on what is not there may be judged before its absence.
    async fn or_absent(&self, path: &EntryPath, blob: &BlobName, answer: Answer) -> StoreError {
        match answer.about(path, "replacing") {
            StoreError::Changed(path) => match self.look(&path, blob).await {
                Ok(_) => StoreError::Changed(path),
                Err(error) => error,
            },
            error => error,
        }
    }

    fn block_client(
        &self,
        path: &EntryPath,
        blob: &BlobName,
    ) -> Result<BlockBlobClient, StoreError> {
        let client = self.wire.blob(blob);
        client
            .map(|client| client.block_blob_client())
            .ok_or_else(|| StoreError::NotFound(path.clone()))
    }
}

fn metadata(headers: &Headers) -> HashMap<String, String> {
    headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-ms-meta-")?;
            Some((name.to_owned(), value.as_str().to_owned()))
        })
        .collect()
}

/// The same for the same block of the same act, and of one length: so a stopped act can be told from others.
fn block_id(version: &Version, index: usize, block: &Bytes) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(version.as_str());
    hasher.update(index.to_le_bytes());
    hasher.update(block);
    let digest = hasher.finalize();
    let mut id = format!("{index:08}").into_bytes();
    id.extend_from_slice(&digest[..24]);
    id
}
