//! The one door to the network.
//!
//! Every request of this crate, Microsoft's clients' included, passes [`Door::execute_request`]: it stays
//! within the account or the workspace's services, is signed here and nowhere before, so that no client, log or error above ever has
//! the signature, follows no redirect, and waits at the [`Gate`]. What fails is told without its address.

use std::collections::BTreeMap;
use std::sync::{Arc, Once};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::Error;
use azure_core::credentials::AccessToken;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::policies::Policy;
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{
    AsyncRawResponse, Body, ClientOptions, HttpClient, Method, Request, RetryOptions, Transport,
    Url,
};
use bytes::Bytes;
use futures::TryStreamExt as _;
use tokio::sync::Mutex;

use crate::error::OpenError;
use crate::gate::Gate;
use crate::{Cloud, Credential, Endpoint};

/// What tokens for storage are asked for.
const SCOPE: &str = "https://storage.azure.com/.default";

/// Seconds for which a token must still be good to be used once more.
const TOKEN_SECONDS_MIN: i64 = 300;

/// An answer whose body is still to come.
pub(crate) type Arrived = reqwest::Response;

/// The door to one account, or to the services of one cloud.
#[derive(Debug)]
pub(crate) struct Door {
    client: reqwest::Client,
    reach: Reach,
    credential: Credential,
    gate: Gate,
    /// The token that parts of batches carry, for as long as it is good.
    token: Mutex<Option<AccessToken>>,
}

/// Where a door leads, and nowhere else.
#[derive(Debug)]
enum Reach {
    Account(Endpoint),
    Services(Cloud),
}

impl Reach {
    fn admits(&self, url: &Url) -> bool {
        match self {
            Self::Account(endpoint) => endpoint.admits(url),
            Self::Services(cloud) => cloud.admits(url),
        }
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::Account(endpoint) => endpoint.is_loopback(),
            Self::Services(cloud) => cloud.is_loopback(),
        }
    }

    fn scope(&self) -> &str {
        match self {
            Self::Account(_) => SCOPE,
            Self::Services(cloud) => cloud.scope(),
        }
    }
}

impl Door {
    pub(crate) fn new(
        endpoint: Endpoint,
        credential: Credential,
        in_flight_max: usize,
    ) -> Result<Self, OpenError> {
        Self::to(Reach::Account(endpoint), credential, in_flight_max)
    }

    /// A door to a cloud's management plane and to the services of its workspaces.
    pub(crate) fn to_services(
        cloud: Cloud,
        credential: Credential,
        in_flight_max: usize,
    ) -> Result<Self, OpenError> {
        Self::to(Reach::Services(cloud), credential, in_flight_max)
    }

    fn to(reach: Reach, credential: Credential, in_flight_max: usize) -> Result<Self, OpenError> {
        if matches!(credential, Credential::Practice(_)) && !reach.is_loopback() {
            return Err(OpenError::Credential(
                "a token for practice is for a simulator on this machine only",
            ));
        }
        Ok(Self {
            client: client(!reach.is_loopback())?,
            reach,
            credential,
            gate: Gate::new(in_flight_max),
            token: Mutex::default(),
        })
    }

    /// Whether a request to this address would be sent.
    pub(crate) fn admits(&self, url: &Url) -> bool {
        self.reach.admits(url)
    }

    /// Options for clients whose requests go through this door. They try nothing again by themselves.
    pub(crate) fn options(self: &Arc<Self>) -> ClientOptions {
        let mut per_try_policies: Vec<Arc<dyn Policy>> = Vec::new();
        if let Credential::Tokens(tokens) = &self.credential {
            per_try_policies.push(Arc::new(BearerTokenAuthorizationPolicy::new(
                tokens.credential.clone(),
                [self.reach.scope().to_owned()],
            )));
        }
        ClientOptions {
            transport: Some(Transport::new(self.clone())),
            per_try_policies,
            retry: RetryOptions::none(),
            ..Default::default()
        }
    }

    /// Whether we are an identity with a role, which the file service wants to be told the purpose of.
    pub(crate) fn is_identity(&self) -> bool {
        matches!(self.credential, Credential::Tokens(_))
    }

    /// The service said within an answer that it is busy.
    pub(crate) fn busy(&self) {
        self.gate.busy(None);
    }

    /// What is authorised with where tokens do it and no client of Microsoft's: parts of a batch, and [`Door::get`].
    pub(crate) async fn bearer(&self) -> Result<Option<String>, Error> {
        let Credential::Tokens(tokens) = &self.credential else {
            return Ok(None);
        };
        if self.reach.is_loopback() {
            let refused = "a token is sent over https only";
            return Err(Error::with_message(ErrorKind::Credential, refused));
        }
        let mut kept = self.token.lock().await;
        let soon = jiff::Timestamp::now().as_second() + TOKEN_SECONDS_MIN;
        let token = match kept.take() {
            Some(token) if token.expires_on.unix_timestamp() > soon => token,
            _ => {
                tokens
                    .credential
                    .get_token(&[self.reach.scope()], None)
                    .await?
            }
        };
        let value = format!("Bearer {}", token.token.secret());
        *kept = Some(token);
        Ok(Some(value))
    }

    /// Asks for bytes. By itself, because Microsoft's pipeline costs more than a small blob does.
    pub(crate) async fn get(
        &self,
        url: &Url,
        mut headers: BTreeMap<String, String>,
    ) -> Result<Arrived, Error> {
        if let Some(bearer) = self.bearer().await? {
            headers.insert("authorization".to_owned(), bearer);
        }
        self.send("GET", url, headers, Bytes::new()).await
    }

    /// Sends a request, if it stays within the account, when the gate lets it in.
    async fn send(
        &self,
        verb: &'static str,
        url: &Url,
        headers: BTreeMap<String, String>,
        body: Bytes,
    ) -> Result<Arrived, Error> {
        if !self.reach.admits(url) {
            let refused = "a request would have left the account or the cloud";
            return Err(Error::with_message(ErrorKind::Other, refused));
        }
        let _pass = self.gate.enter().await;
        let (url, headers) = self.signed(verb, url, headers, Some(body.len() as u64));
        let method = reqwest::Method::from_bytes(verb.as_bytes()).expect("one of five");
        let mut sending = self.client.request(method, url);
        for (name, value) in headers {
            sending = sending.header(name, value);
        }
        if !body.is_empty() {
            sending = sending.body(body);
        } else if verb != "GET" && verb != "HEAD" {
            sending = sending.header("content-length", "0");
        }
        let answer = sending.send().await.map_err(|error| {
            let kind = match error.is_connect() {
                true => ErrorKind::Connection,
                false => ErrorKind::Io,
            };
            Error::with_message(kind, "no answer")
        })?;
        match answer.status().as_u16() {
            429 | 503 => self.gate.busy(retry_after(answer.headers())),
            _ => self.gate.answered(),
        }
        Ok(answer)
    }

    /// The headers and the address that a request is sent with. Also for parts of a batch, which are
    /// signed one by one.
    pub(crate) fn signed(
        &self,
        verb: &str,
        url: &Url,
        mut headers: BTreeMap<String, String>,
        length: Option<u64>,
    ) -> (Url, BTreeMap<String, String>) {
        let mut url = url.clone();
        match &self.credential {
            Credential::Signature(query) => {
                let joined = match url.query() {
                    Some(own) if !own.is_empty() => format!("{own}&{}", query.reveal()),
                    _ => query.reveal().to_owned(),
                };
                url.set_query(Some(&joined));
                // The other name of a rename is signed too. That it must be is an assumption: Microsoft's
                // own clients do so.
                if let Some(source) = headers.get_mut("x-ms-file-rename-source") {
                    *source = format!("{source}?{}", query.reveal());
                }
            }
            Credential::Key(key) => {
                let now = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
                headers.insert("x-ms-date".to_owned(), now.to_string());
                if let Some(length) = length {
                    headers.insert("content-length".to_owned(), length.to_string());
                }
                let value = key.authorization(verb, &url, &headers);
                headers.insert("authorization".to_owned(), value);
                // The library writes it itself.
                headers.remove("content-length");
            }
            Credential::Practice(token) => {
                headers.insert(
                    "authorization".to_owned(),
                    format!("Bearer {}", token.reveal()),
                );
            }
            Credential::Tokens(_) | Credential::Anonymous => {}
        }
        (url, headers)
    }
}

/// A client that follows nothing, changes nothing of what it is sent, and uses `ring` for its cryptography. One
/// that speaks to this machine only, in the clear, trusts nobody: reading whom the system trusts takes longer
/// than its first request.
fn client(speaks_tls: bool) -> Result<reqwest::Client, OpenError> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error says that somebody has installed one already, which is as good.
        let _already = rustls::crypto::ring::default_provider().install_default();
    });
    let builder = match speaks_tls {
        true => reqwest::Client::builder(),
        false => reqwest::Client::builder().tls_certs_only([]),
    };
    builder
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(20))
        .read_timeout(Duration::from_secs(60))
        .http1_only()
        .no_proxy()
        .pool_max_idle_per_host(256)
        .user_agent(concat!("remit/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| OpenError::Connection("no TLS client can be made on this machine"))
}

/// Options for the clients that fetch tokens: another host, the same manners.
pub(crate) fn identity_options() -> Result<ClientOptions, OpenError> {
    Ok(ClientOptions {
        transport: Some(Transport::new(Arc::new(client(true)?))),
        ..Default::default()
    })
}

/// How often and how soon something is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Milliseconds before the second try; doubled each time.
    pub first_ms: u64,
    /// Tries after the first.
    pub tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_ms: 200,
            tries: 7,
        }
    }
}

#[async_trait]
impl HttpClient for Door {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let verb = verb(request.method()).ok_or_else(|| {
            let never = "a method that no service here has";
            Error::with_message(ErrorKind::Other, never)
        })?;
        let headers: BTreeMap<String, String> = request
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_ascii_lowercase(),
                    value.as_str().to_owned(),
                )
            })
            .collect();
        let body = match request.body() {
            Body::Bytes(bytes) => bytes.clone(),
            Body::SeekableStream(_) => {
                let never = "bodies are given whole";
                return Err(Error::with_message(ErrorKind::Other, never));
            }
        };
        let answer = self.send(verb, request.url(), headers, body).await?;
        let status = answer.status().as_u16();
        let mut kept = Headers::new();
        for (name, value) in answer.headers() {
            if let Ok(value) = value.to_str() {
                kept.insert(
                    HeaderName::from(name.as_str().to_owned()),
                    HeaderValue::from(value.to_owned()),
                );
            }
        }
        let body = answer
            .bytes_stream()
            .map_err(|_| Error::with_message(ErrorKind::Io, "the answer broke off"));
        Ok(AsyncRawResponse::new(status.into(), kept, Box::pin(body)))
    }
}

fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    number("x-ms-retry-after-ms")
        .or_else(|| number("retry-after-ms"))
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}

fn verb(method: Method) -> Option<&'static str> {
    Some(match method {
        Method::Delete => "DELETE",
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Patch => "PATCH",
        Method::Post => "POST",
        Method::Put => "PUT",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(address: &str) -> Door {
        let (endpoint, signature) = Endpoint::parse(address).unwrap();
        let credential = Credential::choose(&endpoint, signature, None, &|_| None).unwrap();
        Door::new(endpoint, credential, 4).unwrap()
    }

    const SIGNED: &str = "http://127.0.0.1:1/acct?sp=r&sig=c3ludGhldGlj";

    #[tokio::test]
    async fn nothing_leaves_the_account() {
        let door = door(SIGNED);
        for address in [
            "http://127.0.0.1:1/other/c",
            "http://127.0.0.1:2/acct/c",
            "https://acct.blob.core.windows.net/c",
        ] {
            let request = Request::new(Url::parse(address).unwrap(), Method::Get);
            let refused = door.execute_request(&request).await.unwrap_err();
            assert!(
                refused.to_string().contains("left the account"),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_token_for_practice_stays_on_this_machine() {
        let token = || Credential::Practice(crate::Secret::new("c3ludGhldGlj"));
        let cloud = Cloud::choose(&|_| None).unwrap();
        assert!(Door::to_services(cloud, token(), 4).is_err());
        let (account, _) = Endpoint::parse("https://acct.blob.core.windows.net").unwrap();
        assert!(Door::new(account, token(), 4).is_err());
        let simulator = Cloud::simulator("http://127.0.0.1:1").unwrap();
        let door = Door::to_services(simulator, token(), 4).unwrap();
        assert!(!format!("{door:?}").contains("c3ludGhldGlj"));
    }

    #[tokio::test]
    async fn what_fails_is_told_without_its_address() {
        let door = door(SIGNED);
        let request = Request::new(
            Url::parse("http://127.0.0.1:1/acct/c").unwrap(),
            Method::Get,
        );
        let failed = door.execute_request(&request).await.unwrap_err();
        let text = format!("{failed} {failed:?} {door:?} {request:?}");
        assert!(!text.contains("c3ludGhldGlj"), "{text}");
        let (url, _) = door.signed("GET", request.url(), BTreeMap::new(), None);
        assert!(url.as_str().ends_with("?sp=r&sig=c3ludGhldGlj"));
        // Both names of a rename.
        let source = "http://127.0.0.1:1/acct/share/x".to_owned();
        let headers = [("x-ms-file-rename-source".to_owned(), source)];
        let (_, headers) = door.signed("PUT", request.url(), headers.into(), None);
        let source = &headers["x-ms-file-rename-source"];
        assert!(source.ends_with("/share/x?sp=r&sig=c3ludGhldGlj"));
    }
}
