//! A long listing, folder by folder at once.
//!
//! What fits on one page is one request. What does not is listed anew by folders, several under way
//! together, each read to its own last page. The first error is the end: what came before is not the whole.

use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt as _};

use crate::error::Answer;
use crate::listing::{self, Page, Query};
use crate::wire::Wire;

type Pages = BoxStream<'static, Result<Page, Answer>>;

/// Folders listed at once.
const FOLDERS_AT_ONCE: usize = 8;
/// Folders in folders that are looked into for one that has several.
const DEPTH_MAX: usize = 6;

/// Every blob that a query asks for, in no promised order.
pub(crate) fn walk(wire: Arc<Wire>, query: Query) -> Pages {
    stream::once(async move {
        match listing::page(&wire, &query, None).await {
            Ok(page) if page.next.is_none() => stream::iter([Ok(page)]).boxed(),
            Ok(_) => by_folders(wire, query).await,
            Err(answer) => stream::iter([Err(answer)]).boxed(),
        }
    })
    .flatten()
    .boxed()
}

async fn by_folders(wire: Arc<Wire>, mut query: Query) -> Pages {
    query.by_folder = true;
    for _ in 0..DEPTH_MAX {
        match listing::page(&wire, &query, None).await {
            Ok(page) if page.next.is_none() && page.blobs.is_empty() => match &*page.prefixes {
                [only] => query.prefix.clone_from(only),
                _ => break,
            },
            Ok(_) => break,
            Err(answer) => return stream::iter([Err(answer)]).boxed(),
        }
    }
    let inside = query.clone();
    listing::pages(wire.clone(), query)
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
                        listing::pages(wire.clone(), query)
                    }));
                }
                Err(answer) => folders.push(stream::iter([Err(answer)]).boxed()),
            }
            stream::iter(folders)
        })
        .flatten_unordered(FOLDERS_AT_ONCE)
        .boxed()
}
