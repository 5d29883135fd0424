//! What the words stand on: one scope of the session, and what may be asked of it.
//!
//! A trait, because natively there is no session: tests run scripts over a workspace in memory.

use remit_guest::{Entry, Failure, Scanned};

/// A result with the host's failure.
pub(crate) type Answer<T> = Result<T, Failure>;

/// Entries as they come, page by page. After a failure nothing comes.
pub(crate) type Entries = Box<dyn Iterator<Item = Answer<Entry>>>;

/// Scanned entries as they come.
pub(crate) type Scans = Box<dyn Iterator<Item = Answer<Scanned>>>;

/// A content's bytes as they come.
pub(crate) type Chunks = Box<dyn Iterator<Item = Answer<Vec<u8>>>>;

/// One scope.
pub(crate) trait Host {
    fn now_ms(&self) -> Answer<i64>;
    fn allows(&self, right: &str, path: &str) -> bool;
    fn narrow(&self, pattern: &str, rights: &[String]) -> Answer<Box<dyn Host>>;
    fn list(&self, what: &What) -> Answer<Entries>;
    fn stat(&self, path: &str) -> Answer<Entry>;
    fn owned_parts(&self, record: &Entry) -> Answer<Entries>;
    fn referenced_parts(&self, record: &Entry) -> Answer<Entries>;
    fn open(&self, of: &Entry) -> Answer<Chunks>;
    fn scan(&self, what: &What, scanner: &str) -> Answer<Scans>;
    fn propose(&self, of: &Entry, act: &Act) -> Answer<u64>;
}

/// What to look for. Every condition must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct What {
    pub(crate) pattern: String,
    pub(crate) kinds: Vec<String>,
    pub(crate) older_than_ms: Vec<u64>,
    pub(crate) properties: Vec<(String, String)>,
}

/// What to propose for an entry, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Delete {
        because: Option<String>,
        purge: bool,
        keep_parts: bool,
        cancel_first: bool,
        detach: bool,
    },
    Redact {
        scanner: String,
        because: Option<String>,
        operators: Vec<(String, String)>,
    },
    Export {
        because: Option<String>,
        redacted_by: Option<String>,
        sparing: Option<String>,
        through: Option<String>,
    },
    Archive {
        because: Option<String>,
    },
}

/// What a scanner stands on: nothing. It is handed one entry's content.
pub(crate) struct Nowhere;

impl Nowhere {
    fn refuse<T>() -> Answer<T> {
        Err(Failure::new(
            "script",
            "a scanner is handed the content of one entry and reaches nothing else",
        ))
    }
}

impl Host for Nowhere {
    fn now_ms(&self) -> Answer<i64> {
        Self::refuse()
    }

    fn allows(&self, _right: &str, _path: &str) -> bool {
        false
    }

    fn narrow(&self, _pattern: &str, _rights: &[String]) -> Answer<Box<dyn Host>> {
        Self::refuse()
    }

    fn list(&self, _what: &What) -> Answer<Entries> {
        Self::refuse()
    }

    fn stat(&self, _path: &str) -> Answer<Entry> {
        Self::refuse()
    }

    fn owned_parts(&self, _record: &Entry) -> Answer<Entries> {
        Self::refuse()
    }

    fn referenced_parts(&self, _record: &Entry) -> Answer<Entries> {
        Self::refuse()
    }

    fn open(&self, _of: &Entry) -> Answer<Chunks> {
        Self::refuse()
    }

    fn scan(&self, _what: &What, _scanner: &str) -> Answer<Scans> {
        Self::refuse()
    }

    fn propose(&self, _of: &Entry, _act: &Act) -> Answer<u64> {
        Self::refuse()
    }
}
