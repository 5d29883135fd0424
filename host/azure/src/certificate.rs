//! A client's certificate: assertions that its key signs, and nothing else that it could be used for.
//!
//! One PEM file holds the certificate and its RSA key, as `azure_identity` in other languages takes it. PKCS#12
//! and encrypted keys are not read: the library's own reader of them needs OpenSSL. What is sent is a JWT of five
//! minutes, in the form of "Microsoft identity platform application authentication certificate credentials" as of
//! 2026: `PS256`, and the certificate's SHA-256 as `x5t#S256`. A chain (`x5c`) is not sent.
//!
//! The file's text and the key's encoding are overwritten as soon as they are read; the key itself, as `ring`
//! holds it, lives as long as the credential, prints nothing, and is freed without being overwritten.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::ClientMethodOptions;
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions,
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::SigningKey;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::door::identity_options;
use crate::error::OpenError;

/// Where tokens come from, unless `AZURE_AUTHORITY_HOST` names another place.
const AUTHORITY: &str = "https://login.microsoftonline.com";
/// Seconds for which an assertion holds. Microsoft's page: "5-10 minutes after `nbf` at most".
const SECONDS: i64 = 300;
/// A certificate, its chain and a key are a few kilobytes.
const BYTES_MAX: u64 = 1 << 20;

/// Whose certificate it is, and where it is shown.
pub(crate) struct Client<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) client: &'a str,
    /// The value of `AZURE_AUTHORITY_HOST`, which the library reads as well.
    pub(crate) authority: Option<&'a str>,
}

/// The credential of a client whose certificate and key lie in the file `path`.
pub(crate) fn credential(
    client: &Client<'_>,
    path: &str,
) -> Result<Arc<dyn TokenCredential>, OpenError> {
    let assertions = Assertions::new(client, &read(path)?)?;
    let options = ClientAssertionCredentialOptions {
        client_options: identity_options()?,
    };
    let credential = ClientAssertionCredential::new(
        client.tenant.to_owned(),
        client.client.to_owned(),
        assertions,
        Some(options),
    );
    Ok(credential.map_err(|error| OpenError::Identity {
        doing: "reading the client's certificate",
        why: error.kind().to_string(),
    })?)
}

fn read(path: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let unread =
        |_| OpenError::Credential("the file of AZURE_CLIENT_CERTIFICATE_PATH cannot be read");
    let file = File::open(path).map_err(unread)?;
    let length = file.metadata().map_err(unread)?.len();
    if length > BYTES_MAX {
        return Err(OpenError::Credential(
            "the file of AZURE_CLIENT_CERTIFICATE_PATH is no PEM file of a certificate and a key",
        ));
    }
    // As much as is needed at once: what is grown leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(length as usize + 1));
    file.take(BYTES_MAX)
        .read_to_end(&mut text)
        .map_err(unread)?;
    Ok(text)
}

/// Makes assertions: who asks, to whom, and the key that says so.
struct Assertions {
    client: String,
    audience: String,
    /// SHA-256 of the certificate, base64url.
    thumbprint: String,
    key: Arc<dyn SigningKey>,
}

impl fmt::Debug for Assertions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assertions")
    }
}

impl Assertions {
    fn new(client: &Client<'_>, pem: &[u8]) -> Result<Self, OpenError> {
        let authority = client.authority.unwrap_or(AUTHORITY).trim_end_matches('/');
        // They stand in JSON between quotes.
        let is_plain = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte);
            !text.is_empty() && text.bytes().all(plain)
        };
        if ![client.client, client.tenant, authority]
            .into_iter()
            .all(is_plain)
        {
            return Err(OpenError::Credential(
                "AZURE_CLIENT_ID, AZURE_TENANT_ID or AZURE_AUTHORITY_HOST is not one",
            ));
        }
        let key = PrivateKeyDer::from_pem_slice(pem).map(Zeroizing::new);
        let key = key.map_err(|_| {
            OpenError::Credential("the certificate's file has no private key as plain PEM in it")
        })?;
        let key = any_supported_type(&key)
            .ok()
            .filter(|key| key.choose_scheme(&[SCHEME]).is_some());
        let key = key.ok_or(OpenError::Credential(
            "the private key in the certificate's file is no RSA key of 2048 to 4096 bits",
        ))?;
        let thumbprint = thumbprint(pem, &*key)?;
        Ok(Self {
            client: client.client.to_owned(),
            audience: format!("{authority}/{}/oauth2/v2.0/token", client.tenant),
            thumbprint,
            key,
        })
    }

    /// An assertion that holds from `now`, seconds since 1970, under an id that no other has.
    fn sign(&self, now: i64, id: &str) -> Result<String, rustls::Error> {
        let header = format!(
            r#"{{"alg":"PS256","typ":"JWT","x5t#S256":"{}"}}"#,
            self.thumbprint
        );
        let (audience, client, until) = (&self.audience, &self.client, now + SECONDS);
        let claims = format!(
            r#"{{"aud":"{audience}","exp":{until},"iat":{now},"iss":"{client}","jti":"{id}","nbf":{now},"sub":"{client}"}}"#
        );
        let encode = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
        let said = format!(
            "{}.{}",
            encode(header.as_bytes()),
            encode(claims.as_bytes())
        );
        let signer = self.key.choose_scheme(&[SCHEME]);
        let signer = signer.ok_or_else(|| rustls::Error::General("no RSA key".to_owned()))?;
        let signature = signer.sign(said.as_bytes())?;
        Ok(format!("{said}.{}", encode(&signature)))
    }
}

/// RSASSA-PSS with SHA-256: JWT's `PS256`.
const SCHEME: SignatureScheme = SignatureScheme::RSA_PSS_SHA256;

/// The thumbprint of the certificate that this key is of; a chain may lie around it.
fn thumbprint(pem: &[u8], key: &dyn SigningKey) -> Result<String, OpenError> {
    let mut has_any = false;
    for certificate in CertificateDer::pem_slice_iter(pem).flatten() {
        has_any = true;
        // The key's own description stands in its certificate, byte for byte.
        let is_of = key.public_key().is_some_and(|public| {
            let mut places = certificate.windows(public.len());
            places.any(|place| place == public.as_ref())
        });
        if is_of {
            return Ok(Base64UrlUnpadded::encode_string(&Sha256::digest(
                &certificate,
            )));
        }
    }
    Err(OpenError::Credential(match has_any {
        true => "the private key in the certificate's file is not that of its certificate",
        false => "the certificate's file has no certificate as PEM in it",
    }))
}

#[async_trait::async_trait]
impl ClientAssertion for Assertions {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let now = jiff::Timestamp::now().as_second();
        let id = azure_core::Uuid::new_v4().to_string();
        self.sign(now, &id).map_err(|_| {
            let kind = azure_core::error::ErrorKind::Credential;
            azure_core::Error::with_message(kind, "the assertion cannot be signed")
        })
    }
}

#[cfg(test)]
mod tests;
