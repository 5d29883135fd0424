//! A note: what the working folder keeps of one stored entry until the package is finished.

use serde::{Deserialize, Serialize};

use crate::names::digest;

/// What was stored of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) path: String,
    pub(crate) payload: String,
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) modified_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) through: Option<String>,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: String,
    pub(crate) sha512: String,
}

impl Note {
    /// Returns the name of the note about the file `payload`.
    pub(crate) fn name(payload: &str) -> String {
        format!("{:032x}.json", digest(b"payload", payload))
    }
}
