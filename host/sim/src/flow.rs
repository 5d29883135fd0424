//! A response's body on its way out, whole or broken on purpose.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::content::Content;

/// The body of a response.
#[derive(Debug)]
pub(crate) struct Flow {
    content: Content,
    next: usize,
    left: u64,
    /// Whether the connection breaks where this ends.
    breaks: bool,
    /// Whether the length is told; it is not where the header says another.
    told: bool,
}

impl Flow {
    pub(crate) fn whole(content: Content) -> Self {
        Self {
            left: content.len(),
            content,
            next: 0,
            breaks: false,
            told: true,
        }
    }

    /// Ends after so many bytes, and breaks the connection there.
    pub(crate) fn cut(content: Content, after: u64) -> Self {
        Self {
            left: content.len().min(after),
            content,
            next: 0,
            breaks: true,
            told: false,
        }
    }

    /// All of it, under a header that says another length.
    pub(crate) fn mislabelled(content: Content) -> Self {
        Self {
            told: false,
            ..Self::whole(content)
        }
    }
}

impl Body for Flow {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        if this.left > 0
            && let Some(piece) = this.content.pieces().get(this.next)
        {
            let length = usize::try_from(this.left).unwrap_or(usize::MAX);
            let piece = piece.slice(..piece.len().min(length));
            this.next += 1;
            this.left -= piece.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if std::mem::take(&mut this.breaks) {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        if self.told {
            SizeHint::with_exact(self.left)
        } else {
            SizeHint::default()
        }
    }
}
