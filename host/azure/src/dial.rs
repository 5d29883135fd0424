//! From a host's name to a connection that speaks HTTP/1.1: addresses, TCP, TLS, and whom to trust.
//!
//! Not here: which hosts may be spoken to, and what is said.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Uri;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use hyper::service::Service as _;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_rustls::TlsConnector;

use crate::error::OpenError;

/// For a connection to be there, encryption included.
const CONNECT_MAX: Duration = Duration::from_secs(20);
/// A connection on which nothing comes is asked whether somebody is still there, so often.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_TRIES: u32 = 3;
/// What was sent must be acknowledged within this.
#[cfg(target_os = "linux")]
const ACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);

/// What a connection sets aside for what comes, at most: more is no faster, and there are many.
const BUFFER_BYTES: usize = 256 * 1024;

/// The end of a connection that requests are given to. The other end is a task of its own.
pub(crate) type Sender = SendRequest<Full<Bytes>>;

/// Makes connections.
pub(crate) struct Dial {
    tcp: TowerToHyperService<HttpConnector>,
    tls: Option<TlsConnector>,
}

impl Dial {
    /// One that speaks to this machine only, in the clear, trusts nobody: reading whom the system trusts takes
    /// longer than its first request.
    pub(crate) fn new(speaks_tls: bool) -> Result<Self, OpenError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_MAX));
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(KEEPALIVE_TRIES));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(ACKNOWLEDGED_MAX));
        let tls = match speaks_tls {
            true => Some(TlsConnector::from(trusted()?)),
            false => None,
        };
        Ok(Self {
            tcp: TowerToHyperService::new(tcp),
            tls,
        })
    }

    /// A connection to this host, within [`CONNECT_MAX`]. None for any reason there may be: none is told.
    pub(crate) async fn to(&self, host: &Uri) -> Option<Sender> {
        let connecting = self.connect(host.clone());
        tokio::time::timeout(CONNECT_MAX, connecting).await.ok()?
    }

    async fn connect(&self, host: Uri) -> Option<Sender> {
        let is_encrypted = host.scheme_str() == Some("https");
        let bare = host.host()?.trim_matches(['[', ']']).to_owned();
        let stream = self.tcp.call(host).await.ok()?;
        if !is_encrypted {
            return converse(stream).await;
        }
        let tls = self.tls.as_ref()?;
        let name = ServerName::try_from(bare).ok()?;
        let stream = tls.connect(name, stream.into_inner()).await.ok()?;
        converse(TokioIo::new(stream)).await
    }
}

async fn converse(stream: impl Read + Write + Unpin + Send + 'static) -> Option<Sender> {
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER_BYTES)
        .handshake(stream)
        .await
        .ok()?;
    tokio::spawn(async move {
        // How it ended, the request that was under way is told.
        let _ended = connection.await;
    });
    Some(sender)
}

/// Whom the system trusts, with `ring` for the cryptography. Read once.
fn trusted() -> Result<Arc<ClientConfig>, OpenError> {
    static TRUSTED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(known) = TRUSTED.get() {
        return Ok(known.clone());
    }
    let none = |_| OpenError::Connection("no TLS client can be made on this machine");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(none)?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TRUSTED.get_or_init(|| Arc::new(config)).clone())
}
