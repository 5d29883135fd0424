//! What lies in the file service.

/// The file service.
#[derive(Debug, Default)]
pub(crate) struct Shares;
