//! Pages of a long listing, of which the next is on its way while this one is read.
//!
//! Where the next page begins stands at the end of this one, and is found there before the page is read. If that
//! was wrong, or if the page cannot be read, it is fetched as if nobody had looked ahead.

use std::sync::Arc;

use azure_core::http::Url;
use futures::stream::{self, StreamExt as _};
use remit_workspace::Millis;
use tokio::task::JoinSet;

use crate::error::Answer;
use crate::listing::{self, Page, Query};
use crate::names::BlobName;
use crate::walk::Pages;
use crate::wire::Wire;

/// A body, and the service's clock.
type Fetched = Result<(Vec<u8>, Option<Millis>), Answer>;

/// Where a listing stands.
struct At {
    marker: Option<String>,
    /// The first blob of the page before.
    first: Option<BlobName>,
    /// The page that is on its way, if it is; dropped, it is not asked for any more.
    coming: JoinSet<Fetched>,
    /// Where the page after that will be put. Two buffers take turns, so that memory is not fragmented.
    spare: Vec<u8>,
}

/// Every page, the first error the last. One page at most is fetched that nobody has asked for. `spare` is a
/// buffer that may be used.
pub(crate) fn pages_ahead(wire: Arc<Wire>, query: Query, spare: Vec<u8>) -> Pages {
    let begin = At {
        marker: None,
        first: None,
        coming: JoinSet::new(),
        spare,
    };
    stream::try_unfold(Some(begin), move |at| {
        let (wire, query) = (wire.clone(), query.clone());
        async move {
            let Some(mut at) = at else { return Ok(None) };
            let marker = at.marker.as_deref();
            let fetched = match at.coming.join_next().await {
                Some(Ok(fetched)) => fetched,
                // None is on its way, or its task was ended.
                _ => {
                    let url = listing::address(&wire, &query, marker);
                    fetch(&wire, url, std::mem::take(&mut at.spare)).await
                }
            };
            let mut foreseen = None;
            let page = match fetched {
                Ok((body, now)) => {
                    foreseen = marker_at_the_end(&body).map(ToOwned::to_owned);
                    if let Some(next) = &foreseen {
                        let url = listing::address(&wire, &query, Some(next));
                        let (wire, into) = (wire.clone(), std::mem::take(&mut at.spare));
                        at.coming
                            .spawn(async move { fetch(&wire, url, into).await });
                    }
                    let page = Page::parse(&body, now, &query, marker);
                    at.spare = body;
                    page
                }
                Err(answer) => Err(answer),
            };
            let page = match page {
                Err(Answer::Malformed(_)) => listing::page(&wire, &query, marker).await?,
                page => page?,
            };
            if page.next != foreseen {
                at.coming = JoinSet::new();
            }
            let first = page.first_unlike(at.first.as_ref())?;
            let next = page.next.clone().map(|marker| At {
                marker: Some(marker),
                first: first.or(at.first),
                ..at
            });
            Ok(Some((page, next)))
        }
    })
    .boxed()
}

async fn fetch(wire: &Wire, url: Url, mut into: Vec<u8>) -> Fetched {
    let now = listing::fetch_once(wire, url, &mut into).await?;
    Ok((into, now))
}

/// The marker of the next page, where it is plain to see.
fn marker_at_the_end(body: &[u8]) -> Option<&str> {
    const END: &[u8] = b"</NextMarker></EnumerationResults>";
    let text = body.trim_ascii_end().strip_suffix(END)?;
    let begin = text.iter().rposition(|byte| *byte == b'>')? + 1;
    let (before, marker) = text.split_at(begin);
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'&';
    let is_marker = before.ends_with(b"<NextMarker>") && !marker.is_empty();
    let marker = (is_marker && marker.iter().all(is_plain)).then_some(marker)?;
    std::str::from_utf8(marker).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_seen_where_it_is_plain() {
        let of = |end: &str| {
            let text = format!("<EnumerationResults><Blobs/>{end}</EnumerationResults>");
            marker_at_the_end(text.as_bytes()).map(ToOwned::to_owned)
        };
        assert_eq!(of("<NextMarker>a!b</NextMarker>").as_deref(), Some("a!b"));
        for end in [
            "",
            "<NextMarker/>",
            "<NextMarker></NextMarker>",
            "<NextMarker>a&amp;b</NextMarker>",
            "<NextMarker>a b</NextMarker>",
            "<Other>a</Other><!--</NextMarker>-->",
        ] {
            assert_eq!(of(end), None, "{end}");
        }
        assert_eq!(marker_at_the_end(b"<NextMarker>a</NextMarker>"), None);
    }
}
