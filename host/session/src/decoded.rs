//! An entry's content as scanners see it.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, stream};
use remit_formats::{DETECT_LEN, Decoder, Format};
use remit_workspace::{Content, Entry, Store, StoreError, Version};

/// Content whose format is known.
pub(crate) struct Opened {
    pub(crate) format: Format,
    /// From its first byte on.
    pub(crate) raw: Content,
}

/// Opens a version and finds out its format: of an object by its path, its content type and its first
/// [`DETECT_LEN`] bytes; a record's document is JSON. Whoever applies a plan must find the same.
pub(crate) async fn open(
    store: &dyn Store,
    entry: &Entry,
    version: &Version,
) -> Result<Opened, StoreError> {
    let mut raw = store.open(&entry.path, version, 0).await?;
    if !entry.kind.is_object() {
        return Ok(Opened {
            format: Format::Json,
            raw,
        });
    }
    let mut head = BytesMut::new();
    while head.len() < DETECT_LEN {
        let Some(bytes) = raw.next().await else { break };
        head.extend_from_slice(&bytes?);
    }
    let content_type = entry.properties.get("content-type");
    let format = Format::detect(entry.path.as_str(), content_type, &head);
    let raw = stream::once(std::future::ready(Ok(head.freeze())))
        .chain(raw)
        .boxed();
    Ok(Opened { format, raw })
}

impl Opened {
    /// The decoded stream; none when the format has no decoder.
    pub(crate) fn decode(self) -> Option<Content> {
        let decoder = Decoder::new(self.format).ok()?;
        let state = (self.raw, Some(decoder));
        let decoded = stream::unfold(state, |(mut raw, mut decoder)| async move {
            loop {
                let mut out = Vec::new();
                match raw.next().await {
                    Some(Ok(bytes)) => decoder.as_mut()?.push(&bytes, &mut out),
                    Some(Err(error)) => {
                        decoder = None;
                        return Some((Err(error), (raw, decoder)));
                    }
                    None => decoder.take()?.finish(&mut out),
                }
                if !out.is_empty() {
                    return Some((Ok(Bytes::from(out)), (raw, decoder)));
                }
            }
        });
        Some(decoded.boxed())
    }
}
