//! An export through a converter: what it makes of an entry is staged while planning, and pinned.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use remit_plan::{Conversion, FileDigest, StagedWriter};
use remit_policy::{Bounded, Measure, Right};
use remit_workspace::{Entry, Version};
use tokio::sync::mpsc;

use crate::converter::ConvertFault;
use crate::inspect::{Outcome, tap};
use crate::propose::{Halt, Tried, why_denied};
use crate::scan::Task;
use crate::scope::{excerpt, invalid};
use crate::{Code, Failure, Fault, Scope, Session};

/// Chunks between a converter and the disk: it waits for the disk and not the disk for it.
const CHUNKS_IN_FLIGHT: usize = 4;

impl Scope {
    /// Stages what the converter makes of this version, whose export is permitted already. Its content is
    /// handed to a guest that somebody else wrote, so it may also have to be read.
    pub(crate) async fn converted(
        &self,
        entry: &Entry,
        version: &Version,
        converter: &str,
    ) -> Tried<Conversion> {
        let session = &self.session;
        let digest = session.converters.digest(converter).ok_or_else(|| {
            invalid(format!(
                "there is no converter `{}` here",
                excerpt(converter)
            ))
        })?;
        if let Err(denied) = self.authority.allows(Right::Read, &entry.path) {
            return Err(Halt::Deny(why_denied(&denied), self.denied(&denied)));
        }
        let subject = format!("{}\n{version}\n{converter}\n{digest}", entry.path);
        let conversion = |file: FileDigest, bytes| Conversion {
            converter: converter.to_owned(),
            converter_digest: digest.clone(),
            staged: file.name,
            after_sha256: file.digest.to_hex(),
            after_size_bytes: bytes,
        };
        // Proposed once more: equal content through an equal converter is converted once.
        let finished = StagedWriter::finished(&session.case, &subject).map_err(Fault::from)?;
        if let Some((file, bytes)) = finished {
            return Ok(conversion(file, bytes));
        }
        let content = session.store.open(&entry.path, version, 0).await;
        let content = content.or_else(|error| self.unread(&entry.path, error))?;
        let (content, seen) = tap(content, |_| ());
        let writer = StagedWriter::create(&session.case, &subject).map_err(Fault::from)?;
        let (to, from) = mpsc::channel(CHUNKS_IN_FLIGHT);
        let staging = Staging::begin(session, writer, from);
        let of = self.shown(entry.clone());
        let done = session
            .converters
            .convert(converter, session, of, content, to)
            .await;
        let staged = staging.end().await?;
        if let Some(error) = seen.error() {
            return match session.unread(entry, error)? {
                Outcome::Gap(why) => {
                    let message = format!("{} could not be read: {why}", entry.path);
                    Err(Halt::Keep(why, Failure::new(Code::Unreadable, message)))
                }
                Outcome::Unread(failure) => Err(failure.into()),
                Outcome::Scanned(_) => unreachable!("BUG: an error is no scan"),
            };
        }
        match (staged, done) {
            // That it was cut off explains whatever the converter made of it.
            (Staged::Over { own, total }, _) => Err(session.over(entry, own, total).into()),
            (_, Err(ConvertFault::Host(source))) => Err(Fault::Converter {
                converter: converter.to_owned(),
                source,
            }
            .into()),
            (_, Err(ConvertFault::Converter(why))) => {
                let why = format!("converter {converter} failed: {}", excerpt(&why));
                session.gap(&entry.path, &why)?;
                Err(Halt::Keep(why.clone(), Failure::new(Code::Unreadable, why)))
            }
            (Staged::Whole(writer, share), Ok(())) => {
                let bytes = share.keep();
                let file = writer.finish().map_err(Fault::from)?;
                Ok(conversion(file, bytes))
            }
        }
    }
}

impl Session {
    /// A converter made more than one plan may export. It is counted, so that the plan is not sealed and
    /// the operator learns which ceiling it was.
    fn over(&self, entry: &Entry, own: u64, total: u64) -> Failure {
        let mut state = self.state();
        // Of the total, what was proposed before is counted already; what waits for its record is not.
        let more = total.saturating_sub(state.tally.bytes(Bounded::Export));
        let act = remit_policy::Act::Export;
        state.tally.propose(act, entry.kind, own.max(more));
        let message = match self.ceilings.check(&state.tally) {
            Err(over) => over.to_string(),
            Ok(()) => "what converters made is more than one plan may export".to_owned(),
        };
        Failure::new(Code::OverCeiling, message)
    }
}

/// Output on its way to the disk: a task that may wait for it.
struct Staging(Task<Result<Staged, Fault>>);

/// How the output ended.
enum Staged {
    /// All of it is in the file, which has no name yet.
    Whole(Box<StagedWriter>, Share),
    /// What one plan may export was used up. What was written is gone.
    Over {
        /// Bytes of this output.
        own: u64,
        /// Bytes of all outputs so far, this one's included.
        total: u64,
    },
}

impl Staging {
    fn begin(
        session: &Arc<Session>,
        mut writer: StagedWriter,
        mut from: mpsc::Receiver<Bytes>,
    ) -> Self {
        let max = session.ceilings.at(Bounded::Export, Measure::Bytes);
        let mut share = Share {
            session: Arc::clone(session),
            bytes: 0,
        };
        Self(Task(tokio::task::spawn_blocking(move || {
            while let Some(bytes) = from.blocking_recv() {
                let total = share.take(bytes.len() as u64);
                if total > max {
                    let own = share.bytes;
                    return Ok(Staged::Over { own, total });
                }
                writer.write(&bytes)?;
            }
            Ok(Staged::Whole(Box::new(writer), share))
        })))
    }

    async fn end(mut self) -> Result<Staged, Fault> {
        (&mut self.0.0)
            .await
            .unwrap_or(Err(Fault::Task("a conversion")))
    }
}

/// What one output has of the bytes that a plan may stage. Given back when it comes to nothing.
struct Share {
    session: Arc<Session>,
    bytes: u64,
}

impl Share {
    /// The total of all outputs then.
    fn take(&mut self, bytes: u64) -> u64 {
        self.bytes += bytes;
        self.session.staged.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    /// The output stays: so many bytes.
    fn keep(mut self) -> u64 {
        std::mem::take(&mut self.bytes)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.session.staged.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
