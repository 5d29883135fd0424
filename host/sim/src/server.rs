//! The HTTP server: keep-alive on loopback, one listener for each service.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::answer::{self, Parts};
use crate::fault::{FaultKind, Faults};
use crate::flow::Flow;
use crate::identity;
use crate::mutation::Service;
use crate::operation::Operation;
use crate::refusal::Code;
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;

/// More than this at once no client of this project sends.
pub(crate) const BODY_MAX: usize = 512 << 20;

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) world: Mutex<World>,
    pub(crate) faults: Faults,
    pub(crate) pages: answer::Pages,
    /// Requests so far, by operation.
    pub(crate) requests: Mutex<BTreeMap<&'static str, u64>>,
}

impl Shared {
    pub(crate) fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, operation: &'static str) {
        let requests = self.requests.lock();
        let mut requests = requests.unwrap_or_else(PoisonError::into_inner);
        *requests.entry(operation).or_default() += 1;
    }
}

/// Serves until dropped.
pub(crate) async fn serve(listener: TcpListener, service: Service, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        // Finished ones are let go as new ones come.
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let shared = Arc::clone(&shared);
        connections.spawn(converse(stream, None, move |incoming| {
            let shared = Arc::clone(&shared);
            async move { respond(&shared, service, incoming).await }
        }));
    }
}

/// Serves one connection, encrypted if there is something to encrypt with.
pub(crate) async fn converse<A, F>(stream: TcpStream, tls: Option<TlsAcceptor>, answer: A)
where
    A: Fn(hyper::Request<Incoming>) -> F,
    F: Future<Output = Result<Response<Flow>, Reset>>,
{
    // Without it small answers wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let wire = Wire {
        stream,
        reset: Arc::clone(&reset),
    };
    let answer = service_fn(move |incoming: hyper::Request<Incoming>| {
        let reset = Arc::clone(&reset);
        let answer = answer(incoming);
        async move {
            answer.await.map_err(|Reset| {
                reset.store(true, Ordering::Relaxed);
                io::Error::from(io::ErrorKind::ConnectionReset)
            })
        }
    });
    let server = hyper::server::conn::http1::Builder::new();
    // A connection that ends in an error is the client's business, or was meant.
    match tls {
        None => {
            let _ = server.serve_connection(TokioIo::new(wire), answer).await;
        }
        Some(tls) => {
            if let Ok(wire) = tls.accept(wire).await {
                let _ = server.serve_connection(TokioIo::new(wire), answer).await;
            }
        }
    }
}

/// The connection is to be reset.
pub(crate) struct Reset;

pub(crate) async fn respond(
    shared: &Shared,
    service: Service,
    incoming: hyper::Request<Incoming>,
) -> Result<Response<Flow>, Reset> {
    let (head, body) = incoming.into_parts();
    let target = head
        .uri
        .path_and_query()
        .map_or("/", hyper::http::uri::PathAndQuery::as_str);
    let client_id = head.headers.get("x-ms-client-request-id").cloned();
    let version = head.headers.get("x-ms-version").cloned();
    let body = match Limited::new(body, BODY_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Err(Reset),
    };
    if shared.world().gone {
        // The name of a deleted account leads nowhere.
        return Err(Reset);
    }
    let account = shared.world().settings.account.clone();
    let by_host = head.extensions.get::<ByHost>().is_some();
    let parsed = Request::parse(service, &account, head.method, target, head.headers, body)
        .map(|request| match by_host {
            true => request.by_host(&account),
            false => request,
        })
        .and_then(|request| Operation::of(&request).map(|operation| (request, operation)));
    let (mut reply, faults) = match parsed {
        Ok((request, operation)) => {
            shared.count(operation.name());
            let faults = shared.faults.strike(&request, operation.name());
            (act(shared, request, operation, &faults).await?, faults)
        }
        Err(refusal) => (refusal.into(), Vec::new()),
    };
    reply = reply.header("x-ms-request-id", identity::fresh());
    match version {
        Some(version) => reply.headers.insert("x-ms-version", version),
        None => reply.headers.insert(
            "x-ms-version",
            hyper::header::HeaderValue::from_static("2024-08-04"),
        ),
    };
    if let Some(id) = client_id {
        reply.headers.insert("x-ms-client-request-id", id);
    }
    Ok(sent(reply, &faults))
}

/// The same request where the account is part of the path and not of the host.
pub(crate) fn below_account(
    mut incoming: hyper::Request<Incoming>,
    account: &str,
) -> hyper::Request<Incoming> {
    let target = incoming
        .uri()
        .path_and_query()
        .map_or("/", hyper::http::uri::PathAndQuery::as_str);
    if let Ok(uri) = format!("/{account}{target}").parse() {
        *incoming.uri_mut() = uri;
        incoming.extensions_mut().insert(ByHost);
    }
    incoming
}

/// The host named the account: what is signed has it once.
#[derive(Clone, Copy)]
struct ByHost;

/// Answers, with what goes wrong before and after.
async fn act(
    shared: &Shared,
    request: Request,
    operation: Operation,
    faults: &[FaultKind],
) -> Result<Reply, Reset> {
    let mut quirks = answer::Quirks::default();
    for fault in faults {
        match fault {
            FaultKind::Slow(wait) => tokio::time::sleep(*wait).await,
            FaultKind::Wait(gate) => gate.pass().await,
            FaultKind::ResetBefore => return Err(Reset),
            FaultKind::Status(status, retry_after) => {
                return Ok(refused(*status, *retry_after));
            }
            FaultKind::DuplicatePage => quirks.page_again = true,
            FaultKind::Stale(changes) => quirks.behind = *changes,
            FaultKind::PartsReversed => quirks.parts = Parts::Reversed,
            FaultKind::PartMissing => quirks.parts = Parts::OneMissing,
            FaultKind::PartTwice => quirks.parts = Parts::OneTwice,
            _ => {}
        }
    }
    let reply = answer::answer(shared, request, operation, quirks);
    for fault in faults {
        match fault {
            FaultKind::ResetAfter => return Err(Reset),
            FaultKind::StatusAfter(status) => return Ok(refused(*status, None)),
            _ => {}
        }
    }
    Ok(reply)
}

/// A status that was injected.
pub(crate) fn refused(status: u16, retry_after: Option<u64>) -> Reply {
    let code = match status {
        503 | 429 => Code::ServerBusy,
        _ => Code::InternalError,
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    code.reply_as(status).maybe(
        "retry-after",
        retry_after.map(|seconds| seconds.to_string()),
    )
}

/// The answer on its way, broken if a fault says so.
pub(crate) fn sent(mut reply: Reply, faults: &[FaultKind]) -> Response<Flow> {
    let length = reply.body.len();
    let mut flow = None;
    for fault in faults {
        let (said, broken) = match fault {
            FaultKind::TruncateBody(after) if *after < length => {
                (length, Flow::cut(reply.body.clone(), *after))
            }
            FaultKind::WrongLength(by) => (
                length.saturating_add_signed(*by),
                Flow::mislabelled(reply.body.clone()),
            ),
            _ => continue,
        };
        reply = reply.header("content-length", said.to_string());
        flow = Some(broken);
    }
    let mut response = Response::new(flow.unwrap_or_else(|| Flow::whole(reply.body)));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// A connection that can be reset: closed so that the other side sees an error, not an end.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
