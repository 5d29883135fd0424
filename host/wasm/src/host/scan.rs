//! `scanning` and `converting`: what scanners and converters hold.

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use remit_session::Findings;
use remit_workspace::Content;
use tokio::sync::mpsc::Sender;
use wasmtime::component::Resource;

use crate::bindings::{converting, model, scanning};
use crate::convert::{self, Refused};
use crate::state::State;
use crate::trial::Notebook;

/// Content that a guest reads front to back, once.
pub(crate) struct Source {
    content: Content,
    held: Bytes,
    over: Option<Result<(), model::Failure>>,
}

/// A crossing into the sandbox costs as much as a few KiB: below 64 KiB that shows, above 256 KiB
/// nothing is gained.
const CHUNK_MIN: usize = 64 << 10;
const CHUNK_MAX: u32 = 256 << 10;

impl Source {
    pub(crate) fn new(content: Content) -> Self {
        Self {
            content,
            held: Bytes::new(),
            over: None,
        }
    }

    /// At most `max` bytes; none means that the end was reached.
    async fn read(&mut self, max: u32) -> Result<Vec<u8>, model::Failure> {
        let max = max.clamp(1, CHUNK_MAX) as usize;
        let mut gathered = BytesMut::new();
        while gathered.len() < max.min(CHUNK_MIN) {
            if self.held.is_empty() && !self.fetch().await {
                break;
            }
            let part = self
                .held
                .split_to(self.held.len().min(max - gathered.len()));
            // A chunk that is large enough is handed on as it is.
            if gathered.is_empty() && part.len() >= max.min(CHUNK_MIN) {
                return Ok(part.into());
            }
            gathered.extend_from_slice(&part);
        }
        match &self.over {
            Some(Err(failure)) if gathered.is_empty() => Err(failure.clone()),
            _ => Ok(gathered.into()),
        }
    }

    /// Whether there is more, which is then held.
    async fn fetch(&mut self) -> bool {
        if self.over.is_some() {
            return false;
        }
        match self.content.next().await {
            Some(Ok(bytes)) => self.held = bytes,
            None => self.over = Some(Ok(())),
            Some(Err(error)) => {
                let failure = model::Failure {
                    code: "unreadable".to_owned(),
                    message: error.to_string(),
                };
                self.over = Some(Err(failure));
            }
        }
        self.over.is_none()
    }
}

/// Where findings go: into a plan, or to somebody who tries the scanner.
pub(crate) enum Found {
    Session(Findings),
    Trial(Notebook),
}

/// Where a converter's bytes go.
pub(crate) struct Sink {
    to: Sender<Bytes>,
    left: u64,
}

impl Sink {
    pub(crate) fn new(to: Sender<Bytes>, output_bytes: u64) -> Self {
        Self {
            to,
            left: output_bytes,
        }
    }

    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), model::Failure> {
        let failure = |code: &str, message: &str| model::Failure {
            code: code.to_owned(),
            message: message.to_owned(),
        };
        match self.left.checked_sub(bytes.len() as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(failure(
                    "limit",
                    "a converter's output is limited, and this is more",
                ));
            }
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.to
            .send(bytes.into())
            .await
            .map_err(|_| failure("revoked", "nobody takes the output any more"))
    }
}

impl scanning::Host for State {}

impl scanning::HostSource for State {
    async fn read(&mut self, source: Resource<Source>, max: u32) -> Result<Vec<u8>, Refused> {
        let source = self.handles.get_mut(&source)?;
        self.watch.stop();
        let bytes = source.read(max).await;
        self.watch.start();
        bytes.map_err(Refused::Failure)
    }

    async fn drop(&mut self, source: Resource<Source>) -> wasmtime::Result<()> {
        self.handles.delete(source)?;
        Ok(())
    }
}

impl scanning::HostFindings for State {
    async fn report(
        &mut self,
        found: Resource<Found>,
        list: Vec<model::Finding>,
    ) -> Result<(), Refused> {
        let list = list.into_iter().map(convert::finding).collect();
        match self.handles.get(&found)? {
            Found::Session(findings) => {
                let reported = findings.report(list);
                self.answer(reported)
            }
            Found::Trial(notebook) => notebook.report(list).map_err(Refused::Failure),
        }
    }

    async fn drop(&mut self, found: Resource<Found>) -> wasmtime::Result<()> {
        self.handles.delete(found)?;
        Ok(())
    }
}

impl converting::Host for State {}

impl converting::HostSink for State {
    async fn write(&mut self, sink: Resource<Sink>, bytes: Vec<u8>) -> Result<(), Refused> {
        let sink = self.handles.get_mut(&sink)?;
        self.watch.stop();
        let written = sink.write(bytes).await;
        self.watch.start();
        written.map_err(Refused::Failure)
    }

    async fn drop(&mut self, sink: Resource<Sink>) -> wasmtime::Result<()> {
        self.handles.delete(sink)?;
        Ok(())
    }
}
