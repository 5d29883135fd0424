//! The host of the sandbox: every call goes through the SDK to the interface.

use std::iter;
use std::time::Duration;

use remit_guest::{Entry, Reader, Scope, Selection};

use crate::host::{Act, Answer, Chunks, Entries, Host, Scans, What};

scoped_tls::scoped_thread_local! {
    /// The root is lent to a guest for one run, and a script's values are the engine's own: they
    /// find it here for as long as the run lasts, and not a moment longer.
    static ROOT: Scope
}

/// A scope of the session.
pub(crate) enum Guest {
    /// The one that the run was lent.
    Root,
    /// One that the script narrowed.
    Narrowed(Scope),
}

impl Guest {
    /// Lends `root` to what `run` does.
    pub(crate) fn lend<T>(root: &Scope, run: impl FnOnce(Self) -> T) -> T {
        ROOT.set(root, || run(Self::Root))
    }

    fn with<T>(&self, call: impl FnOnce(&Scope) -> T) -> T {
        match self {
            Self::Root => ROOT.with(call),
            Self::Narrowed(scope) => call(scope),
        }
    }
}

impl Host for Guest {
    fn now_ms(&self) -> Answer<i64> {
        Ok(self.with(Scope::now_ms))
    }

    fn allows(&self, right: &str, path: &str) -> bool {
        self.with(|scope| scope.allows(right, path))
    }

    fn narrow(&self, pattern: &str, rights: &[String]) -> Answer<Box<dyn Host>> {
        let narrowed = self.with(|scope| scope.narrow(pattern, rights))?;
        Ok(Box::new(Self::Narrowed(narrowed)))
    }

    fn list(&self, what: &What) -> Answer<Entries> {
        self.with(|scope| Ok(Box::new(select(scope, what).list()?) as Entries))
    }

    fn stat(&self, path: &str) -> Answer<Entry> {
        self.with(|scope| scope.stat(path))
    }

    fn owned_parts(&self, record: &Entry) -> Answer<Entries> {
        self.with(|scope| Ok(Box::new(scope.owned_parts(record)?) as Entries))
    }

    fn referenced_parts(&self, record: &Entry) -> Answer<Entries> {
        self.with(|scope| Ok(Box::new(scope.referenced_parts(record)?) as Entries))
    }

    fn open(&self, of: &Entry) -> Answer<Chunks> {
        let mut reader: Reader = self.with(|scope| scope.open(of))?;
        Ok(Box::new(iter::from_fn(move || {
            reader.read_chunk().transpose()
        })))
    }

    fn scan(&self, what: &What, scanner: &str) -> Answer<Scans> {
        self.with(|scope| Ok(Box::new(select(scope, what).scan(scanner)?) as Scans))
    }

    fn propose(&self, of: &Entry, act: &Act) -> Answer<u64> {
        self.with(|scope| propose(scope, of, act))
    }
}

fn select<'a>(scope: &'a Scope, what: &What) -> Selection<'a> {
    let mut selection = scope.select(&what.pattern);
    for kind in &what.kinds {
        selection = selection.kind(kind);
    }
    for age in &what.older_than_ms {
        selection = selection.older_than(Duration::from_millis(*age));
    }
    for (name, pattern) in &what.properties {
        selection = selection.property(name, pattern);
    }
    selection
}

fn propose(scope: &Scope, of: &Entry, act: &Act) -> Answer<u64> {
    match act {
        Act::Delete {
            because,
            purge,
            keep_parts,
            cancel_first,
            detach,
        } => {
            let mut deletion = scope.delete(of);
            if let Some(reason) = because {
                deletion = deletion.because(reason);
            }
            if *purge {
                deletion = deletion.purge();
            }
            if *keep_parts {
                deletion = deletion.keep_parts();
            }
            if *cancel_first {
                deletion = deletion.cancel_first();
            }
            if *detach {
                deletion = deletion.detach();
            }
            deletion.propose()
        }
        Act::Redact {
            scanner,
            because,
            operators,
        } => {
            let mut redaction = scope.redact(of, scanner);
            if let Some(reason) = because {
                redaction = redaction.because(reason);
            }
            for (rule, operator) in operators {
                redaction = redaction.operator(rule, operator);
            }
            redaction.propose()
        }
        Act::Export {
            because,
            redacted_by,
            sparing,
            through,
        } => {
            let mut export = scope.export(of);
            if let Some(reason) = because {
                export = export.because(reason);
            }
            if let Some(scanner) = redacted_by {
                export = export.redacted_by(scanner);
            }
            if let Some(scanner) = sparing {
                export = export.sparing(scanner);
            }
            if let Some(converter) = through {
                export = export.through(converter);
            }
            export.propose()
        }
        Act::Archive { because } => {
            let mut archival = scope.archive(of);
            if let Some(reason) = because {
                archival = archival.because(reason);
            }
            archival.propose()
        }
    }
}
