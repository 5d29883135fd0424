//! HTTPS with a certificate made when the server starts, for it alone.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// What encrypts, and the certificate to trust, as PEM.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) certificate: String,
}

/// Makes a key and a certificate for this machine's own names and the account's.
pub(crate) fn make(account: &str) -> io::Result<Tls> {
    let names = vec![
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        format!("{account}.blob.core.localhost"),
        format!("{account}.file.core.localhost"),
        format!("{account}.dfs.core.localhost"),
    ];
    let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(io::Error::other)?;
    Ok(Tls {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        certificate: made.cert.pem(),
    })
}
