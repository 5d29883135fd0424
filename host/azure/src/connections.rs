//! Connections to the hosts that a door leads to, kept open from request to request.
//!
//! A connection has one request at a time, and is lent again when the answer's body has come to its end. It
//! follows no redirect, decodes nothing, adds nothing but the host, and repeats nothing that may have been
//! sent: only where a kept connection turns out to be closed before anything was written, another takes over.
//! What fails is told without an address. `hyper` speaks HTTP/1.1; a client on top of it costs more than a
//! small blob does. Not here: where a request may go, and what an answer means.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use azure_core::http::Url;
use bytes::Bytes;
use futures::Stream;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, Uri};
use tokio::time::Sleep;

use crate::dial::{Dial, Sender};
use crate::error::OpenError;

/// Connections to one host that nobody uses, at most.
const IDLE_MAX: usize = 256;
/// What nobody has used for this long is closed.
const IDLE_TIME_MAX: Duration = Duration::from_secs(90);
/// Without a byte for this long, an answer has broken off.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Why there is no answer, or no more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// Nothing was sent.
    #[error("no connection")]
    Unconnected,
    /// Nothing was sent: the proxy gave no tunnel.
    #[error("no connection through the proxy")]
    Proxy,
    /// It may have been sent, and done.
    #[error("the connection broke off")]
    Off,
    /// Nothing was sent: no request can be written so.
    #[error("a request that cannot be written")]
    Unwritable,
}

/// All connections of a door.
pub(crate) struct Connections {
    dial: Dial,
    /// By how an address of the host begins, up to its path.
    hosts: Mutex<BTreeMap<Box<str>, Arc<Host>>>,
}

/// One host, and the connections to it that nobody uses.
struct Host {
    origin: Uri,
    /// As requests name it.
    name: HeaderValue,
    /// Those used last are behind.
    idle: Mutex<VecDeque<Idle>>,
}

struct Idle {
    sender: Sender,
    since: Instant,
}

/// An answer whose body is still to come.
pub(crate) struct Arrived {
    status: u16,
    headers: HeaderMap,
    body: Incoming,
    /// Given back when the body has come, or nobody wants it.
    connection: Option<(Sender, Arc<Host>)>,
    silence: Option<Pin<Box<Sleep>>>,
}

impl Connections {
    /// To this machine in the clear, or to any with TLS.
    pub(crate) fn new(speaks_tls: bool) -> Result<Self, OpenError> {
        Ok(Self {
            dial: Dial::new(speaks_tls)?,
            hosts: Mutex::default(),
        })
    }

    /// Sends a request as it is, and waits for the head of its answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Arrived, Broken> {
        let (origin, target) = split(url.as_str());
        let host = self.host(origin).ok_or(Broken::Unwritable)?;
        let target = Bytes::copy_from_slice(target.as_bytes());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from_maybe_shared(target).map_err(|_| Broken::Unwritable)?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(HOST, host.name.clone());
        loop {
            let kept = host.take();
            let is_kept = kept.is_some();
            let mut sender = match kept {
                Some(kept) => kept,
                None => self.dial.to(&host.origin).await?,
            };
            let sending = sender.try_send_request(request);
            let answer = tokio::time::timeout(SILENCE_MAX, sending).await;
            match answer.map_err(|_elapsed| Broken::Off)? {
                Ok(answer) => return Ok(Arrived::new(answer, sender, host)),
                Err(mut failed) => match failed.take_message() {
                    // The service had closed it: nothing of the request was written.
                    Some(unsent) if is_kept => request = unsent,
                    _ => return Err(Broken::Off),
                },
            }
        }
    }

    fn host(&self, origin: &str) -> Option<Arc<Host>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(origin) {
            return Some(known.clone());
        }
        let (_, name) = origin.split_once("://")?;
        let host = Arc::new(Host {
            origin: format!("{origin}/").parse().ok()?,
            name: HeaderValue::from_str(name).ok()?,
            idle: Mutex::default(),
        });
        hosts.insert(origin.into(), host.clone());
        Some(host)
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

/// Where an address leads, and what is asked for there.
fn split(url: &str) -> (&str, &str) {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url[host..].find('/').map_or(url.len(), |at| host + at);
    url.split_at(path)
}

impl Host {
    fn idle(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last, whose service has not had the time to close it. Where it has, the
    /// request comes back unsent.
    fn take(&self) -> Option<Sender> {
        let mut idle = self.idle();
        let now = Instant::now();
        let is_old = |kept: &Idle| now.duration_since(kept.since) > IDLE_TIME_MAX;
        while idle.front().is_some_and(is_old) {
            idle.pop_front();
        }
        // Neither ready nor closed: the end of its last answer is still on its way.
        let is_free = |kept: &Idle| kept.sender.is_ready() || kept.sender.is_closed();
        let last = idle.iter().rposition(is_free)?;
        idle.remove(last).map(|kept| kept.sender)
    }

    fn give_back(&self, sender: Sender) {
        let mut idle = self.idle();
        if idle.len() >= IDLE_MAX {
            idle.pop_front();
        }
        let since = Instant::now();
        idle.push_back(Idle { sender, since });
    }
}

impl Arrived {
    fn new(answer: Response<Incoming>, sender: Sender, host: Arc<Host>) -> Self {
        let (head, body) = answer.into_parts();
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            connection: Some((sender, host)),
            silence: None,
        }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next bytes of the body; none at its end, which has come only if all of it has.
    pub(crate) async fn chunk(&mut self) -> Option<Result<Bytes, Broken>> {
        std::future::poll_fn(|context| self.poll_chunk(context)).await
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
                let silence = self
                    .silence
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep(SILENCE_MAX)));
                ready!(silence.as_mut().poll(context));
                self.connection = None;
                return Poll::Ready(Some(Err(Broken::Off)));
            };
            self.silence = None;
            let bytes = match frame {
                None => {
                    self.give_back();
                    return Poll::Ready(None);
                }
                Some(Err(_)) => {
                    self.connection = None;
                    return Poll::Ready(Some(Err(Broken::Off)));
                }
                Some(Ok(frame)) => frame.into_data(),
            };
            if self.body.is_end_stream() {
                self.give_back();
            }
            // Anything but data is a trailer, which nobody asked for.
            if let Ok(bytes) = bytes {
                return Poll::Ready(Some(Ok(bytes)));
            }
        }
    }

    fn give_back(&mut self) {
        if let Some((sender, host)) = self.connection.take() {
            host.give_back(sender);
        }
    }
}

impl Drop for Arrived {
    /// What nobody reads is read over, if it is there already; otherwise the connection closes.
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Stream for Arrived {
    type Item = Result<Bytes, Broken>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        self.poll_chunk(context)
    }
}

#[cfg(test)]
mod tests;
