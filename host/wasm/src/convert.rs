//! Each type that crosses the boundary, converted once.

use std::sync::{Arc, LazyLock};

use remit_session::{Answer, Fault, Named, Refusal};
use remit_workspace::Kind;
use wasmtime::component::ResourceTableError;

use crate::bindings::model;
use crate::state::State;

/// Why a host function answers a guest with nothing: a failure that the guest learns, or what stops it.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The guest's value.
    Failure(model::Failure),
    /// The host is broken, or the handle is not one: the guest is stopped.
    Trap(wasmtime::Error),
}

/// Marks an engine's error as the host's own fault, which is kept beside (`State::fault`).
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the host is broken")]
pub(crate) struct HostFault;

impl From<ResourceTableError> for Refused {
    fn from(error: ResourceTableError) -> Self {
        Self::Trap(error.into())
    }
}

impl From<wasmtime::Error> for Refused {
    fn from(error: wasmtime::Error) -> Self {
        Self::Trap(error)
    }
}

impl model::Host for State {
    fn convert_failure(&mut self, refused: Refused) -> wasmtime::Result<model::Failure> {
        match refused {
            Refused::Failure(failure) => Ok(failure),
            Refused::Trap(error) => Err(error),
        }
    }
}

impl State {
    /// What the session answers, as the guest or the engine takes it.
    pub(crate) fn answer<T>(&mut self, answer: Answer<T>) -> Result<T, Refused> {
        answer.map_err(|refusal| match refusal {
            Refusal::Failure(failure) => Refused::Failure(model::Failure {
                code: failure.code.as_str().to_owned(),
                message: failure.message,
            }),
            Refusal::Fault(fault) => Refused::Trap(self.broken(fault)),
        })
    }

    /// Keeps a fault of the host, and stops the guest.
    pub(crate) fn broken(&mut self, fault: Fault) -> wasmtime::Error {
        self.fault.get_or_insert(fault);
        HostFault.into()
    }
}

/// The words for kinds, each once for all entries.
static KINDS: LazyLock<[Arc<str>; Kind::ALL.len()]> =
    LazyLock::new(|| Kind::ALL.map(|kind| kind.as_str().into()));

pub(crate) fn entry(entry: &remit_workspace::Entry) -> model::Entry {
    model::Entry {
        path: entry.path.shared(),
        kind: Arc::clone(&KINDS[entry.kind as usize]),
        size_bytes: entry.size_bytes,
        version: entry.version.shared(),
        created_ms: entry.created,
        modified_ms: entry.modified,
        properties: Arc::clone(entry.properties.shared()),
    }
}

/// Of what a guest says of an entry, its path and version are taken as a claim; the rest is ignored.
pub(crate) fn named(entry: model::Entry) -> Named {
    Named {
        path: entry.path.as_ref().into(),
        version: entry.version.as_ref().into(),
    }
}

pub(crate) fn finding(finding: model::Finding) -> remit_session::Finding {
    remit_session::Finding {
        offset: finding.offset,
        length: finding.length,
        rule: finding.rule,
    }
}

pub(crate) fn finding_shown(finding: remit_session::Finding) -> model::Finding {
    model::Finding {
        offset: finding.offset,
        length: finding.length,
        rule: finding.rule,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_word() {
        for kind in Kind::ALL {
            assert_eq!(&*KINDS[kind as usize], kind.as_str());
        }
    }
}
