//! Trying a scanner natively, in `cargo test`: no host, no sandbox, the same code.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::{Content, Entry, Failure, Finding, Findings, Scanner};

thread_local! {
    static PARAMS: RefCell<BTreeMap<String, Vec<String>>> = const { RefCell::new(BTreeMap::new()) };
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// One trial of a scanner: its parameters, and how the content is cut into chunks.
///
/// ```
/// # use remit_guest::{Content, Entry, Failure, Findings, Scanner, testing::Trial};
/// struct Letters;
/// impl Scanner for Letters {
///     fn scan(_of: &Entry, mut content: Content<'_>, found: &mut Findings<'_>) -> Result<(), Failure> {
///         while let Some(line) = content.next_line()? {
///             if line.bytes == b"x" {
///                 found.report(line.offset, 1, "letter")?;
///             }
///         }
///         Ok(())
///     }
/// }
/// let found = Trial::new().chunk(2).scan::<Letters>(b"a\nx\nb").unwrap();
/// assert_eq!(found[0].offset, 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Trial {
    params: BTreeMap<String, Vec<String>>,
    chunk: Option<usize>,
}

impl Trial {
    /// A trial without parameters, in chunks of 64 KiB.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives one more value for the parameter `name`.
    #[must_use]
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.params
            .entry(name.to_owned())
            .or_default()
            .push(value.to_owned());
        self
    }

    /// Cuts the content into chunks of this many bytes.
    #[must_use]
    pub fn chunk(mut self, bytes: usize) -> Self {
        self.chunk = Some(bytes);
        self
    }

    /// Scans `bytes`.
    pub fn scan<S: Scanner>(&self, bytes: &[u8]) -> Result<Vec<Finding>, Failure> {
        PARAMS.set(self.params.clone());
        let of = Entry {
            path: "/files/trial".to_owned(),
            kind: "file".to_owned(),
            size_bytes: Some(bytes.len() as u64),
            version: "1".to_owned(),
            created_ms: None,
            modified_ms: None,
            properties: Vec::new(),
        };
        let mut list = Vec::new();
        let mut found = Findings::of_list(&mut list);
        S::prepare();
        let content = Content::of_bytes(bytes, self.chunk.unwrap_or(64 * 1024));
        let outcome = S::scan(&of, content, &mut found).and_then(|()| found.flush());
        PARAMS.take();
        outcome.map(|()| list)
    }
}

/// Sets the parameters for what follows on this thread, for logic that asks for them itself.
pub fn set_params(params: &[(&str, &str)]) {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in params {
        all.entry((*name).to_owned())
            .or_default()
            .push((*value).to_owned());
    }
    PARAMS.set(all);
}

/// Takes what was said on this thread since the last time: `note: …` and `log: …`.
pub fn said() -> Vec<String> {
    SAID.take()
}

/// Stands in for the host's interface `params`.
pub(crate) mod params {
    pub(crate) fn get(name: &str) -> Vec<String> {
        super::PARAMS.with_borrow(|params| params.get(name).cloned().unwrap_or_default())
    }
}

/// Stands in for the host's interface `notes`.
pub(crate) mod notes {
    pub(crate) fn note(message: &str) {
        super::SAID.with_borrow_mut(|said| said.push(format!("note: {message}")));
    }

    pub(crate) fn log(message: &str) {
        super::SAID.with_borrow_mut(|said| said.push(format!("log: {message}")));
    }
}
