//! Converters: bytes in, bytes out, for export packages and staged rewrites.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use remit_session::{ConvertFault, Converters, Session};
use remit_workspace::{Content, Entry};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;
use wasmtime::component::Resource;

use crate::cancel::Cancel;
use crate::convert;
use crate::guest::{GuestError, bounded, outcome};
use crate::host::{Sink, Source};
use crate::limits::Limits;
use crate::loaded::{self, Loaded};
use crate::state::{Params, State, Voice};

/// A converter with the operator's values for its parameters.
#[derive(Debug)]
pub struct Converter {
    loaded: Arc<Loaded>,
    params: Arc<Params>,
    limits: Limits,
    cancel: Cancel,
}

impl Converter {
    /// A converter; `limits` bound each call, which is one entry.
    pub fn new(
        loaded: Arc<Loaded>,
        params: Params,
        limits: Limits,
        cancel: Cancel,
    ) -> Result<Self, GuestError> {
        match &loaded.entry {
            loaded::Entry::Converter(_) => Ok(Self {
                loaded,
                params: Arc::new(params),
                limits,
                cancel,
            }),
            _ => Err(loaded.wrong_world("converter")),
        }
    }

    /// Converts one entry's content, in a fresh instance. What it writes arrives at the other end of
    /// `to`, whose capacity is how far it may be ahead; on an error, what arrived is not the whole.
    pub async fn convert(
        &self,
        session: &Arc<Session>,
        of: Entry,
        content: Content,
        to: Sender<Bytes>,
    ) -> Result<(), GuestError> {
        let loaded::Entry::Converter(pre) = &self.loaded.entry else {
            unreachable!("BUG: only converters are taken");
        };
        let voice = Voice::Converter(Arc::clone(session), Arc::clone(&self.params));
        let mut store = State::store(&self.loaded, &self.limits, voice, &self.cancel);
        let of = convert::entry(&of);
        let ended = bounded(&self.limits, &self.cancel, async {
            let instance = pre.instantiate_async(&mut store).await?;
            let source = store.data_mut().handles.push(Source::new(content))?;
            let sink = store
                .data_mut()
                .handles
                .push(Sink::new(to, self.limits.output_bytes))?;
            store.data_mut().watch.start();
            let (source, sink) = (
                Resource::new_borrow(source.rep()),
                Resource::new_borrow(sink.rep()),
            );
            instance.call_convert(&mut store, &of, source, sink).await
        })
        .await;
        outcome(ended, &mut store, &self.limits)
    }
}

/// The converters that an operator made available: a fresh pooled instance for every entry, on the
/// task of whoever asks.
#[derive(Debug)]
pub struct ConverterPool {
    converters: BTreeMap<String, Converter>,
    limits: Limits,
    cancel: Cancel,
    /// So many instances may be alive: what is over waits, rather than find no room.
    room: Semaphore,
}

impl ConverterPool {
    /// A pool without converters. `limits` bound each call, which is one entry.
    pub fn new(limits: Limits, cancel: Cancel) -> Self {
        Self {
            converters: BTreeMap::new(),
            limits,
            cancel,
            room: Semaphore::new(0),
        }
    }

    /// Adds a converter under a name, with the operator's values for its parameters.
    pub fn add(
        &mut self,
        name: &str,
        loaded: Arc<Loaded>,
        params: Params,
    ) -> Result<(), GuestError> {
        // The others are for workflows, which wait for converters, and for scanners.
        let room = loaded.runtime.slots() / 4;
        let converter = Converter::new(loaded, params, self.limits, self.cancel.clone())?;
        self.room = Semaphore::new(room);
        self.converters.insert(name.to_owned(), converter);
        Ok(())
    }
}

#[async_trait]
impl Converters for ConverterPool {
    fn digest(&self, name: &str) -> Option<String> {
        let converter = self.converters.get(name)?;
        Some(format!("sha256:{}", converter.loaded.outline().digest))
    }

    async fn convert(
        &self,
        name: &str,
        session: &Arc<Session>,
        of: Entry,
        content: Content,
        to: Sender<Bytes>,
    ) -> Result<(), ConvertFault> {
        let Some(converter) = self.converters.get(name) else {
            let error = GuestError::Start(format!("there is no converter `{name}`"));
            return Err(ConvertFault::Host(Box::new(error)));
        };
        let _room = self.room.acquire().await.expect("the room is never closed");
        let converted = converter.convert(session, of, content, to).await;
        converted.map_err(|error| match error.is_of_the_guest() {
            true => ConvertFault::Converter(error.to_string()),
            false => ConvertFault::Host(Box::new(error)),
        })
    }
}
