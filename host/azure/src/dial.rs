//! From a host's name to a connection that speaks HTTP/1.1: addresses, proxies, TCP, TLS, and whom to trust.
//!
//! A proxy that the environment names (`HTTPS_PROXY`, `ALL_PROXY`, but for `NO_PROXY`) is asked for a tunnel, and
//! sees the host's name and nothing of what is said. What is spoken in the clear is for this machine or its link,
//! and never goes through one.
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
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::connections::Broken;
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
    tcp: HttpConnector,
    encryption: Option<Encryption>,
}

/// What speaking to hosts elsewhere takes.
struct Encryption {
    tls: TlsConnector,
    proxies: Matcher,
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
        let encryption = match speaks_tls {
            true => Some(Encryption {
                tls: TlsConnector::from(trusted()?),
                proxies: Matcher::from_env(),
            }),
            false => None,
        };
        Ok(Self { tcp, encryption })
    }

    /// A connection to this host, within [`CONNECT_MAX`]. Why there is none is told no further than whose fault
    /// it is.
    pub(crate) async fn to(&self, host: &Uri) -> Result<Sender, Broken> {
        let connecting = self.connect(host.clone());
        let connected = tokio::time::timeout(CONNECT_MAX, connecting).await;
        connected.unwrap_or(Err(Broken::Unconnected))
    }

    async fn connect(&self, host: Uri) -> Result<Sender, Broken> {
        const NONE: Broken = Broken::Unconnected;
        let stream = |host| TowerToHyperService::new(self.tcp.clone()).call(host);
        if host.scheme_str() != Some("https") {
            let stream = stream(host).await.map_err(|_| NONE)?;
            return converse(stream).await.ok_or(NONE);
        }
        let Encryption { tls, proxies } = self.encryption.as_ref().ok_or(NONE)?;
        let bare = host.host().ok_or(NONE)?.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(bare).map_err(|_| NONE)?;
        let stream = match proxies.intercept(&host) {
            Some(proxy) => self.through(&proxy, host).await?,
            None => stream(host).await.map_err(|_| NONE)?,
        };
        let stream = tls.connect(name, stream.into_inner()).await;
        let stream = stream.map_err(|_| NONE)?;
        converse(TokioIo::new(stream)).await.ok_or(NONE)
    }

    /// A tunnel to this host. A proxy of another sort than `http` is not spoken to.
    async fn through(&self, proxy: &Intercept, host: Uri) -> Result<TokioIo<TcpStream>, Broken> {
        if proxy.uri().scheme_str() != Some("http") {
            return Err(Broken::Proxy);
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        if let Some(known) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(known.clone());
        }
        let tunnel = TowerToHyperService::new(tunnel);
        tunnel.call(host).await.map_err(|_| Broken::Proxy)
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
