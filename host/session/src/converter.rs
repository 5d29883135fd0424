//! What a session needs of converters.
//!
//! Whoever runs converters implements [`Converters`]; the session opens, stages, counts and pins.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use remit_workspace::{Content, Entry};
use tokio::sync::mpsc::Sender;

use crate::Session;

/// The converters that the operator made available, by name.
///
/// May be called from many tasks at once: parts of a record are converted on all cores.
#[async_trait]
pub trait Converters: Send + Sync + Debug {
    /// The digest of the converter's component, as `sha256:…`; none when there is no such converter.
    fn digest(&self, name: &str) -> Option<String>;

    /// Has the converter turn one entry's content into other bytes, which arrive at the other end of `to`.
    ///
    /// `of` has no properties unless whoever asked may read them. An error in `content` ends the
    /// conversion, and whatever is answered then does not count: the session saw the error itself. On an
    /// error, what arrived is not the whole, and is thrown away. The session is there to take what the
    /// converter says.
    async fn convert(
        &self,
        name: &str,
        session: &Arc<Session>,
        of: Entry,
        content: Content,
        to: Sender<Bytes>,
    ) -> Result<(), ConvertFault>;
}

/// Why a conversion did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ConvertFault {
    /// By the converter's own doing: it stopped, ran out of time or memory, or said that it failed. The
    /// entry becomes a gap of the plan with this phrase, and is not exported.
    #[error("the converter failed: {0}")]
    Converter(String),
    /// By the host's. It stops the run.
    #[error("the converter could not be run")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Converters for those who need none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoConverters;

#[async_trait]
impl Converters for NoConverters {
    fn digest(&self, _name: &str) -> Option<String> {
        None
    }

    async fn convert(
        &self,
        name: &str,
        _session: &Arc<Session>,
        _of: Entry,
        _content: Content,
        _to: Sender<Bytes>,
    ) -> Result<(), ConvertFault> {
        Err(ConvertFault::Converter(format!("there is no `{name}`")))
    }
}
