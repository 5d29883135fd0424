//! Findings into edits, and edits into bytes.
//!
//! Pure: bytes in, bytes out. It knows no workspace, no file system, no clock and no runtime,
//! and holds no more of the content than one chunk and one token, however long the content is.
//!
//! The way of a redaction: [`Format::detect`] says what the content is; a [`Decoder`] makes the
//! stream that scanners read; what they find becomes [`Edit`]s, which [`RawEdits`] moves to raw
//! offsets; a [`Redaction`] cuts them out and refuses what would break the document. Records
//! are small and go through [`top_level_spans`] and [`blank_credentials`] first.
//!
//! YAML, XML, code and prose are text here: nothing checks their syntax, and only the alphabet
//! of the replacements protects it.

mod atoms;
mod credentials;
mod csv;
mod decode;
mod document;
mod edit;
mod error;
mod format;
mod json;
mod keys;
mod line;
mod marks;
pub mod members;
mod operator;
mod redact;
mod scalar;
mod splice;
mod tree;
mod utf8;
mod validity;

pub use decode::{Decoder, RawEdits};
pub use document::{MAX_DOCUMENT, blank_credentials, top_level_spans};
pub use edit::Edit;
pub use error::FormatError;
pub use format::{DETECT_LEN, Format};
pub use json::MAX_DEPTH;
pub use keys::MAX_KEYS;
pub use operator::{Key, Operator, label, pseudonym};
pub use redact::{Redaction, Tail, redact_all};
pub use splice::{MAX_SCALAR, Splicer};
pub use validity::{Validator, Validity};
