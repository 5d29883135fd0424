//! `deletions`, `redactions`, `exports` and `archives`: one builder per act.

use remit_session::{DeleteOptions, ExportOptions, Named, Operator, RedactOptions, Scope};
use wasmtime::component::Resource;

use crate::bindings::{archives, deletions, exports, model, redactions};
use crate::convert::{self, Refused};
use crate::kept::Kept;
use crate::state::State;

/// A deletion in the making.
pub(crate) struct Deletion {
    of: Named,
    how: DeleteOptions,
}

/// A redaction in the making.
pub(crate) struct Redaction {
    of: Named,
    how: RedactOptions,
    /// The first operator that is none, to be refused when the redaction is proposed.
    unknown: Option<String>,
}

/// An export in the making.
pub(crate) struct Exported {
    of: Named,
    how: ExportOptions,
}

/// An archival in the making.
pub(crate) struct Archival {
    of: Named,
    reason: String,
}

impl deletions::Host for State {}

impl deletions::HostDeletion for State {
    async fn new(&mut self, of: model::Entry) -> wasmtime::Result<Resource<Kept<Deletion>>> {
        let (of, bytes) = claimed(of);
        self.make(
            Deletion {
                of,
                how: DeleteOptions::default(),
            },
            bytes,
        )
    }

    async fn because(
        &mut self,
        deletion: Resource<Kept<Deletion>>,
        reason: String,
    ) -> wasmtime::Result<()> {
        self.alter(&deletion, reason.len(), |deletion| {
            deletion.how.reason = reason
        })
    }

    async fn keep_parts(&mut self, deletion: Resource<Kept<Deletion>>) -> wasmtime::Result<()> {
        self.alter(&deletion, 0, |deletion| deletion.how.keep_parts = true)
    }

    async fn purge(&mut self, deletion: Resource<Kept<Deletion>>) -> wasmtime::Result<()> {
        self.alter(&deletion, 0, |deletion| deletion.how.purge = true)
    }

    async fn detach(&mut self, deletion: Resource<Kept<Deletion>>) -> wasmtime::Result<()> {
        self.alter(&deletion, 0, |deletion| deletion.how.detach = true)
    }

    async fn cancel_first(&mut self, deletion: Resource<Kept<Deletion>>) -> wasmtime::Result<()> {
        self.alter(&deletion, 0, |deletion| deletion.how.cancel_first = true)
    }

    async fn propose(
        &mut self,
        deletion: Resource<Kept<Deletion>>,
        within: Resource<Kept<Scope>>,
    ) -> Result<u64, Refused> {
        let (scope, deletion) = (
            &self.handles.get(&within)?.value,
            &self.handles.get(&deletion)?.value,
        );
        self.watch.stop();
        let number = scope.delete(&deletion.of, &deletion.how).await;
        self.watch.start();
        self.answer(number)
    }

    async fn drop(&mut self, deletion: Resource<Kept<Deletion>>) -> wasmtime::Result<()> {
        self.forget(deletion)
    }
}

impl redactions::Host for State {}

impl redactions::HostRedaction for State {
    async fn new(
        &mut self,
        of: model::Entry,
        scanner: String,
    ) -> wasmtime::Result<Resource<Kept<Redaction>>> {
        let (of, bytes) = claimed(of);
        let bytes = bytes + scanner.len();
        let how = RedactOptions {
            scanner,
            ..RedactOptions::default()
        };
        self.make(
            Redaction {
                of,
                how,
                unknown: None,
            },
            bytes,
        )
    }

    async fn because(
        &mut self,
        redaction: Resource<Kept<Redaction>>,
        reason: String,
    ) -> wasmtime::Result<()> {
        self.alter(&redaction, reason.len(), |redaction| {
            redaction.how.reason = reason
        })
    }

    async fn operator(
        &mut self,
        redaction: Resource<Kept<Redaction>>,
        rule: String,
        operator: String,
    ) -> wasmtime::Result<()> {
        let bytes = rule.len() + operator.len() + size_of::<(String, Operator)>();
        self.alter(&redaction, bytes, |redaction| match operator.parse() {
            Ok(operator) => redaction.how.operators.push((rule, operator)),
            Err(_) => _ = redaction.unknown.get_or_insert(operator),
        })
    }

    async fn propose(
        &mut self,
        redaction: Resource<Kept<Redaction>>,
        within: Resource<Kept<Scope>>,
    ) -> Result<u64, Refused> {
        let (scope, redaction) = (
            &self.handles.get(&within)?.value,
            &self.handles.get(&redaction)?.value,
        );
        if let Some(unknown) = &redaction.unknown {
            let shown: String = unknown.chars().take(80).collect();
            let message =
                format!("`{shown}` is no operator: label, mask, pseudonym and remove are");
            return Err(Refused::Failure(model::Failure {
                code: "invalid".to_owned(),
                message,
            }));
        }
        self.watch.stop();
        let number = scope.redact(&redaction.of, &redaction.how).await;
        self.watch.start();
        self.answer(number)
    }

    async fn drop(&mut self, redaction: Resource<Kept<Redaction>>) -> wasmtime::Result<()> {
        self.forget(redaction)
    }
}

impl exports::Host for State {}

impl exports::HostExported for State {
    async fn new(&mut self, of: model::Entry) -> wasmtime::Result<Resource<Kept<Exported>>> {
        let (of, bytes) = claimed(of);
        self.make(
            Exported {
                of,
                how: ExportOptions::default(),
            },
            bytes,
        )
    }

    async fn because(
        &mut self,
        exported: Resource<Kept<Exported>>,
        reason: String,
    ) -> wasmtime::Result<()> {
        self.alter(&exported, reason.len(), |exported| {
            exported.how.reason = reason
        })
    }

    async fn through(
        &mut self,
        exported: Resource<Kept<Exported>>,
        converter: String,
    ) -> wasmtime::Result<()> {
        self.alter(&exported, converter.len(), |exported| {
            exported.how.through = Some(converter)
        })
    }

    async fn redacted_by(
        &mut self,
        exported: Resource<Kept<Exported>>,
        scanner: String,
    ) -> wasmtime::Result<()> {
        self.alter(&exported, scanner.len(), |exported| {
            exported.how.redacted_by = Some(scanner)
        })
    }

    async fn sparing(
        &mut self,
        exported: Resource<Kept<Exported>>,
        scanner: String,
    ) -> wasmtime::Result<()> {
        self.alter(&exported, scanner.len(), |exported| {
            exported.how.sparing = Some(scanner)
        })
    }

    async fn propose(
        &mut self,
        exported: Resource<Kept<Exported>>,
        within: Resource<Kept<Scope>>,
    ) -> Result<u64, Refused> {
        let (scope, exported) = (
            &self.handles.get(&within)?.value,
            &self.handles.get(&exported)?.value,
        );
        self.watch.stop();
        let number = scope.export(&exported.of, &exported.how).await;
        self.watch.start();
        self.answer(number)
    }

    async fn drop(&mut self, exported: Resource<Kept<Exported>>) -> wasmtime::Result<()> {
        self.forget(exported)
    }
}

impl archives::Host for State {}

impl archives::HostArchival for State {
    async fn new(&mut self, of: model::Entry) -> wasmtime::Result<Resource<Kept<Archival>>> {
        let (of, bytes) = claimed(of);
        self.make(
            Archival {
                of,
                reason: String::new(),
            },
            bytes,
        )
    }

    async fn because(
        &mut self,
        archival: Resource<Kept<Archival>>,
        reason: String,
    ) -> wasmtime::Result<()> {
        self.alter(&archival, reason.len(), |archival| archival.reason = reason)
    }

    async fn propose(
        &mut self,
        archival: Resource<Kept<Archival>>,
        within: Resource<Kept<Scope>>,
    ) -> Result<u64, Refused> {
        let (scope, archival) = (
            &self.handles.get(&within)?.value,
            &self.handles.get(&archival)?.value,
        );
        self.watch.stop();
        let number = scope.archive(&archival.of, &archival.reason).await;
        self.watch.start();
        self.answer(number)
    }

    async fn drop(&mut self, archival: Resource<Kept<Archival>>) -> wasmtime::Result<()> {
        self.forget(archival)
    }
}

/// What a guest says of an entry, and the bytes of it that are kept.
fn claimed(of: model::Entry) -> (Named, usize) {
    let of = convert::named(of);
    let bytes = of.path.len() + of.version.len();
    (of, bytes)
}
