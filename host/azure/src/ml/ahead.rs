//! The next page is fetched while this one is looked through.

use futures::stream::{self, BoxStream, Stream, StreamExt as _};
use tokio::sync::mpsc;

/// The same items, of which one is made ready beforehand. Begins when it is first asked for one, and ends soon
/// after nobody asks any more.
pub(crate) fn ahead<T: Send + 'static>(
    items: impl Stream<Item = T> + Send + 'static,
) -> BoxStream<'static, T> {
    stream::once(async move {
        let (give, mut take) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut items = std::pin::pin!(items);
            while let Some(item) = items.next().await {
                if give.send(item).await.is_err() {
                    return;
                }
            }
        });
        stream::poll_fn(move |context| take.poll_recv(context))
    })
    .flatten()
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_item_comes_in_its_order() {
        let items = ahead(stream::iter(0..100));
        assert!(items.collect::<Vec<_>>().await.into_iter().eq(0..100));
    }

    #[tokio::test]
    async fn it_ends_when_nobody_asks_any_more() {
        let made = std::sync::Arc::new(());
        let witness = made.clone();
        let mut items = ahead(stream::repeat_with(move || witness.clone()));
        assert!(items.next().await.is_some());
        drop(items);
        while std::sync::Arc::strong_count(&made) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
