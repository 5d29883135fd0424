//! What an account is like: everything that a test, or a person practising, may choose.

use std::fmt;

use base64ct::{Base64, Encoding as _};

/// A bearer token that the simulator accepts, and what its holder may do.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The token as it stands after `Bearer `.
    pub text: String,
    /// The letters of a SAS (`r`, `w`, `d`, `x`, `y`, …) that stand for the holder's role.
    pub permissions: String,
}

impl Token {
    /// A token whose holder may do everything, as *Storage Blob Data Owner*.
    pub fn owner(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            permissions: ALL_PERMISSIONS.into(),
        }
    }

    /// A token whose holder is a *Storage Blob Data Contributor*: everything but `y`,
    /// the permanent delete, and `i`, immutability.
    pub fn contributor(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            permissions: ALL_PERMISSIONS.replace(['y', 'i'], ""),
        }
    }
}

/// Every letter a SAS can have.
pub(crate) const ALL_PERMISSIONS: &str = "rwdxylacuptfmei";

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token {{ permissions: {:?}, .. }}", self.permissions)
    }
}

/// The account's settings; what the management plane would set.
#[derive(Clone)]
pub struct Settings {
    /// The account's name, the first segment of every URL.
    pub account: String,
    /// The account's key, base64. By default a fresh one.
    pub key: String,
    /// Bearer tokens that are accepted. Without any, a bearer token is refused.
    pub tokens: Vec<Token>,
    /// Whether overwriting and deleting a blob keeps a version.
    pub versioning: bool,
    /// For how long deleted blobs, snapshots and versions are kept.
    pub soft_delete_days: Option<u32>,
    /// For how long deleted containers are kept.
    pub container_soft_delete_days: Option<u32>,
    /// For how long deleted file shares are kept.
    pub share_soft_delete_days: Option<u32>,
    /// `deleteRetentionPolicy.allowPermanentDelete`.
    pub allow_permanent_delete: bool,
    /// Point-in-time restore; with it nothing can be deleted permanently.
    pub restore_policy: bool,
    /// Whether Blob Batch honours the conditions of its parts. An open question of the real
    /// service, therefore both ways.
    pub batch_honours_conditions: bool,
    /// Whether a legal hold is answered with `BlobImmutableDueToLegalHold`, as the published
    /// table of errors has it, or with `BlobImmutableDueToPolicy`, as the swagger has it.
    pub legal_hold_has_its_own_code: bool,
    /// The most a page of a listing holds, whatever the client asks.
    pub page_size_max: usize,
    /// Whether every second page of a listing is empty, but has a marker; legal, and rare.
    pub empty_pages: bool,
    /// The kind of the account, as the service says it.
    pub account_kind: &'static str,
    /// The port of the blob service; 0 for any.
    pub blob_port: u16,
    /// The port of the file service; 0 for any.
    pub file_port: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: "practice".into(),
            key: fresh_key(),
            tokens: Vec::new(),
            versioning: false,
            soft_delete_days: None,
            container_soft_delete_days: None,
            share_soft_delete_days: None,
            allow_permanent_delete: false,
            restore_policy: false,
            batch_honours_conditions: true,
            legal_hold_has_its_own_code: false,
            page_size_max: 5000,
            empty_pages: false,
            account_kind: "StorageV2",
            blob_port: 0,
            file_port: 0,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("account", &self.account)
            .field("versioning", &self.versioning)
            .field("soft_delete_days", &self.soft_delete_days)
            .field("allow_permanent_delete", &self.allow_permanent_delete)
            .finish_non_exhaustive()
    }
}

fn fresh_key() -> String {
    let mut key = [0u8; 64];
    rand_core::RngCore::fill_bytes(&mut rand_core::OsRng, &mut key);
    Base64::encode_string(&key)
}
