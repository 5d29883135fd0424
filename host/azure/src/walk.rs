//! A long listing, folder by folder at once.
//!
//! What fits on one page is one request. What does not is listed anew by folders, several under way
//! together, each read to its own last page. The first error is the end: what came before is not the whole.

use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt as _};

use crate::error::Answer;
use crate::listing::{self, Page, Query};
use crate::pages_ahead::pages_ahead;
use crate::wire::Wire;

pub(crate) type Pages = BoxStream<'static, Result<Page, Answer>>;

/// Folders listed at once.
const FOLDERS_AT_ONCE: usize = 8;
/// Folders in folders that are looked into for one that has several.
const DEPTH_MAX: usize = 6;

/// Every blob that a query asks for, in no promised order.
pub(crate) fn walk(wire: Arc<Wire>, query: Query) -> Pages {
    stream::once(async move {
        let mut spare = Vec::new();
        match listing::page_into(&wire, &query, None, &mut spare).await {
            Ok(page) if page.next.is_none() => stream::iter([Ok(page)]).boxed(),
            Ok(_) => by_folders(wire, query, spare).await,
            Err(answer) => stream::iter([Err(answer)]).boxed(),
        }
    })
    .flatten()
    .boxed()
}

async fn by_folders(wire: Arc<Wire>, mut query: Query, spare: Vec<u8>) -> Pages {
    query.by_folder = true;
    for _ in 0..DEPTH_MAX {
        // Two are enough to see that there is not only one.
        let look = Query {
            most: Some(2),
            ..query.clone()
        };
        match listing::page(&wire, &look, None).await {
            Ok(page) if page.next.is_none() && page.blobs.is_empty() => match &*page.prefixes {
                [only] => query.prefix.clone_from(only),
                _ => break,
            },
            Ok(_) => break,
            Err(answer) => return stream::iter([Err(answer)]).boxed(),
        }
    }
    let inside = query.clone();
    pages_ahead(wire.clone(), query, spare)
        .flat_map(move |page| {
            let mut folders: Vec<Pages> = Vec::new();
            match page {
                Ok(mut page) => {
                    let prefixes = std::mem::take(&mut page.prefixes);
                    folders.push(stream::iter([Ok(page)]).boxed());
                    folders.extend(prefixes.into_iter().map(|prefix| {
                        let query = Query {
                            prefix,
                            by_folder: false,
                            ..inside.clone()
                        };
                        pages_ahead(wire.clone(), query, Vec::new())
                    }));
                }
                Err(answer) => folders.push(stream::iter([Err(answer)]).boxed()),
            }
            stream::iter(folders)
        })
        .flatten_unordered(FOLDERS_AT_ONCE)
        .boxed()
}
