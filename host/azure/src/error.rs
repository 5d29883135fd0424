//! What the service answers, in words a caller can act on; and what keeps an account from being opened.
//!
//! Messages of the service are never kept: they may repeat names, and the text that was signed.

use azure_core::error::ErrorKind;
use remit_workspace::{EntryPath, StoreError};

use crate::connections::Broken;

/// Why an account could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is not one of a storage account.
    #[error("that is no address of a storage account: {0}")]
    Address(&'static str),
    /// The address, or the cloud it should be in, is not one of a workspace.
    #[error("that workspace cannot be opened: {0}")]
    Workspace(&'static str),
    /// The credential cannot be used.
    #[error("the credential cannot be used: {0}")]
    Credential(&'static str),
    /// The library that fetches tokens refused.
    #[error("the credential cannot be used: {doing}")]
    Identity {
        /// What was being done.
        doing: &'static str,
        /// Why it was refused.
        why: String,
    },
    /// Nothing was found to identify oneself with.
    #[error("nothing was found to identify with")]
    NoCredential,
    /// TLS could not be set up on this machine.
    #[error("the connection cannot be set up: {0}")]
    Connection(&'static str),
}

/// An answer that is not success, or none: status and code, and nothing that the service wrote besides.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Answer {
    #[error("the service answered {status} {code}")]
    Status { status: u16, code: String },
    #[error("the connection failed ({0})")]
    Connection(&'static str),
    #[error("the answer cannot be understood: {0}")]
    Malformed(&'static str),
}

impl Answer {
    pub(crate) fn of(error: &azure_core::Error) -> Self {
        match error.kind() {
            ErrorKind::HttpResponse {
                status,
                error_code,
                raw_response,
            } => {
                let header = raw_response
                    .as_ref()
                    .and_then(|raw| raw.headers().get_optional_string(&"x-ms-error-code".into()));
                let code = header.or_else(|| error_code.clone()).unwrap_or_default();
                Self::Status {
                    status: u16::from(*status),
                    // A code is one word; anything else is a message.
                    code: code
                        .chars()
                        .take_while(char::is_ascii_alphanumeric)
                        .collect(),
                }
            }
            ErrorKind::Connection if error.downcast_ref() == Some(&Broken::Proxy) => {
                Broken::Proxy.into()
            }
            ErrorKind::Connection => Self::Connection("it could not be made"),
            ErrorKind::Io => Self::Connection("it broke off"),
            ErrorKind::Credential => Self::Connection("no token was given"),
            ErrorKind::DataConversion => Self::Malformed("not in the form that was expected"),
            _ => Self::Malformed("the request was refused before it was sent"),
        }
    }

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Status { status, .. } => *status,
            Self::Connection(_) | Self::Malformed(_) => 0,
        }
    }

    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Status { code, .. } => code,
            Self::Connection(_) | Self::Malformed(_) => "",
        }
    }

    /// Whether the same request may be answered otherwise in a while. The act may have been done.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => [408, 429, 500, 502, 503, 504].contains(status),
            Self::Connection(_) => true,
            Self::Malformed(_) => false,
        }
    }

    /// This answer about an entry, as every store says it.
    pub(crate) fn about(self, path: &EntryPath, doing: &'static str) -> StoreError {
        let path = path.clone();
        let out = |reason: &str| StoreError::OutOfReach {
            path: path.clone(),
            reason: reason.to_owned(),
        };
        let held = |by: &str| StoreError::Held {
            path: path.clone(),
            by: by.to_owned(),
        };
        match (self.status(), self.code()) {
            (
                _,
                "LeaseIdMissing"
                | "LeaseIdMismatchWithBlobOperation"
                | "LeaseIdMismatchWithContainerOperation",
            ) => held("a lease"),
            (
                _,
                "BlobImmutableDueToPolicy"
                | "BlobImmutableDueToLegalHold"
                | "ContainerImmutableDueToPolicy",
            ) => held("an immutability policy or a legal hold"),
            (_, "SnapshotsPresent") => StoreError::Impossible {
                path,
                reason: "it has snapshots, which only a delete with purge takes along".to_owned(),
            },
            (_, "BlobArchived" | "BlobBeingRehydrated") => {
                out("archive tier: it must be brought back first")
            }
            (_, "BlobUsesCustomerSpecifiedEncryption" | "CustomerProvidedKeyRequired") => {
                out("encrypted with a customer's own key")
            }
            (404, _) => StoreError::NotFound(path),
            (412, _) => StoreError::Changed(path),
            (401, _) => out("the credential is not accepted"),
            (403, _) => out(not_permitted(doing)),
            _ => StoreError::failed(&path, doing, self),
        }
    }
}

/// The phrase for a refusal; `doing` is one of the words this crate uses.
fn not_permitted(doing: &str) -> &'static str {
    match doing {
        "listing" => "no permission to list",
        "reading" => "no permission to read",
        "deleting" => "no permission to delete",
        "replacing" => "no permission to write",
        _ => "no permission",
    }
}

impl From<azure_core::Error> for Answer {
    fn from(error: azure_core::Error) -> Self {
        Self::of(&error)
    }
}

impl From<Broken> for Answer {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Unconnected => Self::Connection("it could not be made"),
            Broken::Proxy => {
                Self::Connection("the proxy that the environment names gave no tunnel")
            }
            Broken::Off => Self::Connection("it broke off"),
            Broken::Unwritable => Self::Malformed("the request was refused before it was sent"),
        }
    }
}
