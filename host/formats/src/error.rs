//! What can go wrong between bytes in and bytes out.

use std::error::Error;

/// Why bytes were not redacted, or could not be read as what they claim to be.
///
/// Offsets are in bytes from the start of the raw content unless a variant says otherwise.
/// No variant holds any of the content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The format has no decoder; report a gap.
    #[error("the content has no decoder")]
    Undecodable,
    /// An edit starts before the one in front of it.
    #[error("the edit at byte {offset} is out of order")]
    OutOfOrder {
        /// Where the late edit starts.
        offset: u64,
    },
    /// An edit starts before the end of the one in front of it.
    #[error("the edit at byte {offset} overlaps the one before it")]
    Overlap {
        /// Where the second edit starts.
        offset: u64,
    },
    /// An edit of no bytes.
    #[error("the edit at byte {offset} is empty")]
    EmptyEdit {
        /// Where it stands.
        offset: u64,
    },
    /// An edit reaches beyond the end of the content, or cannot be expressed in it.
    #[error("the edit at byte {offset} reaches beyond the content")]
    BeyondEnd {
        /// Where the edit starts.
        offset: u64,
    },
    /// An edit covers a part of the document that holds it together (a quote, comma, brace).
    #[error("the edit covers the document's structure at byte {offset}")]
    CrossesStructure {
        /// The first byte of structure that is covered.
        offset: u64,
    },
    /// An edit lies in a bare JSON token longer than [`MAX_SCALAR`](crate::MAX_SCALAR).
    #[error("the token around the edit at byte {offset} is too long to replace")]
    TokenTooLong {
        /// Where the edit starts.
        offset: u64,
    },
    /// Nesting deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    #[error("the document nests too deeply at byte {offset}")]
    TooDeep {
        /// The bracket that is one too many.
        offset: u64,
    },
    /// A key was edited in an object with more keys than can be compared.
    #[error("a key was edited in an object with too many keys, which ends at byte {offset}")]
    TooManyKeys {
        /// Where the object ends.
        offset: u64,
    },
    /// Two keys that differed would be equal.
    #[error("two keys of the object that ends at byte {offset} would become equal")]
    EqualKeys {
        /// Where the object ends.
        offset: u64,
    },
    /// The document was valid and would no longer be.
    #[error("the content would no longer be valid {syntax} near byte {offset} of the result")]
    WouldBreak {
        /// Which rule would be broken.
        syntax: &'static str,
        /// Near which byte of the redacted content.
        offset: u64,
    },
    /// A redaction that failed was used again.
    #[error("the redaction stopped at an earlier error")]
    Stopped,
    /// Not one of `label`, `mask`, `pseudonym`, `remove`.
    #[error("no operator is called {0:?}; there are label, mask, pseudonym and remove")]
    UnknownOperator(String),
    /// A record's document is not JSON.
    #[error("the document is not JSON at byte {offset}")]
    NotJson {
        /// The first byte that does not fit.
        offset: u64,
    },
    /// A record's document is not a JSON object.
    #[error("the document is not a JSON object")]
    NotAnObject,
    /// A record's document is larger than [`MAX_DOCUMENT`](crate::MAX_DOCUMENT).
    #[error("the document is {size} bytes long, more than a record may have")]
    DocumentTooLarge {
        /// Bytes.
        size: usize,
    },
    /// The edits could not be read.
    #[error("the edits cannot be read")]
    Edits(#[source] Box<dyn Error + Send + Sync>),
    /// The content could not be read.
    #[error("the content cannot be read")]
    Content(#[source] std::io::Error),
}
