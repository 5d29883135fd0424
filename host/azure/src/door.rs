//! The one door to the network.
//!
//! Every request of this crate, Microsoft's clients' included, passes [`Door::execute_request`]: it stays
//! within the account or the workspace's services, is signed here and nowhere before, so that no client, log or error above ever has
//! the signature, follows no redirect, and waits at the [`Gate`]. What fails is told without its address.

use std::borrow::Cow;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::Error;
use azure_core::credentials::AccessToken;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{
    HeaderName as AnsweredName, HeaderValue as AnsweredValue, Headers,
};
use azure_core::http::policies::Policy;
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::{
    AsyncRawResponse, Body, ClientOptions, HttpClient, Request, RetryOptions, Transport, Url,
};
use bytes::Bytes;
use futures::TryStreamExt as _;
use hyper::Method;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use tokio::sync::Mutex;

use crate::connections::{Arrived, Broken, Connections};
use crate::error::OpenError;
use crate::gate::Gate;
use crate::{Cloud, Credential, Endpoint};

/// What tokens for storage are asked for.
const SCOPE: &str = "https://storage.azure.com/.default";

/// Seconds for which a token must still be good to be used once more.
const TOKEN_SECONDS_MIN: i64 = 300;

const X_MS_DATE: HeaderName = HeaderName::from_static("x-ms-date");
/// The other name of a rename.
const RENAME_SOURCE: HeaderName = HeaderName::from_static("x-ms-file-rename-source");

/// The door to one account, or to the services of one cloud.
#[derive(Debug)]
pub(crate) struct Door {
    connections: Connections,
    reach: Reach,
    credential: Credential,
    gate: Gate,
    /// The token that parts of batches carry, for as long as it is good.
    token: Mutex<Option<AccessToken>>,
    /// The second that it is, as requests say it: many are sent in one.
    now: Lock<(i64, HeaderValue)>,
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
            connections: Connections::new(!reach.is_loopback())?,
            reach,
            credential,
            gate: Gate::new(in_flight_max),
            token: Mutex::default(),
            now: Lock::new((0, HeaderValue::from_static(""))),
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
    pub(crate) async fn get(&self, url: &Url, mut headers: HeaderMap) -> Result<Arrived, Error> {
        if let Some(bearer) = self.bearer().await? {
            headers.insert(AUTHORIZATION, secret(bearer)?);
        }
        self.send(Method::GET, url, headers, Bytes::new()).await
    }

    /// Sends a request, if it stays within the account, when the gate lets it in.
    async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Arrived, Error> {
        if !self.reach.admits(url) {
            let refused = "a request would have left the account or the cloud";
            return Err(Error::with_message(ErrorKind::Other, refused));
        }
        let _pass = self.gate.enter().await;
        let length = Some(body.len() as u64);
        let (url, headers) = self.signed(method.as_str(), url, headers, length)?;
        let answer = ask(&self.connections, method, &url, headers, body).await?;
        match answer.status() {
            429 | 503 => self.gate.busy(retry_after(&answer)),
            _ => self.gate.answered(),
        }
        Ok(answer)
    }

    /// The headers and the address that a request is sent with. Also for parts of a batch, which are
    /// signed one by one.
    pub(crate) fn signed<'a>(
        &self,
        verb: &str,
        url: &'a Url,
        mut headers: HeaderMap,
        length: Option<u64>,
    ) -> Result<(Cow<'a, Url>, HeaderMap), Error> {
        let mut url = Cow::Borrowed(url);
        match &self.credential {
            Credential::Signature(query) => {
                let joined = match url.query() {
                    Some(own) if !own.is_empty() => format!("{own}&{}", query.reveal()),
                    _ => query.reveal().to_owned(),
                };
                url.to_mut().set_query(Some(&joined));
                // The other name of a rename is signed too. That it must be is an assumption: Microsoft's
                // own clients do so.
                if let Some(source) = headers.get_mut(RENAME_SOURCE) {
                    let named = String::from_utf8_lossy(source.as_bytes());
                    *source = secret(format!("{named}?{}", query.reveal()))?;
                }
            }
            Credential::Key(key) => {
                headers.insert(X_MS_DATE, self.now());
                if let Some(length) = length {
                    headers.insert(CONTENT_LENGTH, length.into());
                }
                let value = key.authorization(verb, &url, &headers);
                headers.insert(AUTHORIZATION, secret(value)?);
                // Written with the body.
                headers.remove(CONTENT_LENGTH);
            }
            Credential::Practice(token) => {
                let bearer = format!("Bearer {}", token.reveal());
                headers.insert(AUTHORIZATION, secret(bearer)?);
            }
            Credential::Tokens(_) | Credential::Anonymous => {}
        }
        Ok((url, headers))
    }

    /// The date of a request.
    fn now(&self) -> HeaderValue {
        let now = jiff::Timestamp::now();
        let mut known = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != now.as_second() {
            let text = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let text = HeaderValue::try_from(text).expect("letters, digits, commas and colons");
            *known = (now.as_second(), text);
        }
        known.1.clone()
    }
}

/// A value that nothing shows.
fn secret(text: String) -> Result<HeaderValue, Error> {
    let unwritable = |_| Error::with_message(ErrorKind::Credential, "a credential of odd letters");
    let mut value = HeaderValue::try_from(text).map_err(unwritable)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sends a request as it is given, but for what every one of ours has.
async fn ask(
    connections: &Connections,
    method: Method,
    url: &Url,
    mut headers: HeaderMap,
    body: Bytes,
) -> Result<Arrived, Error> {
    const AGENT: &str = concat!("remit/", env!("CARGO_PKG_VERSION"));
    let ours = || HeaderValue::from_static(AGENT);
    headers.entry(USER_AGENT).or_insert_with(ours);
    let anything = || HeaderValue::from_static("*/*");
    headers.entry(ACCEPT).or_insert_with(anything);
    if body.is_empty() && method != Method::GET && method != Method::HEAD {
        headers.insert(CONTENT_LENGTH, 0.into());
    }
    let sent = connections.send(method, url, headers, body).await;
    sent.map_err(|broken| match broken {
        Broken::Unconnected => Error::with_message(ErrorKind::Connection, "no answer"),
        Broken::Proxy => Error::new(ErrorKind::Connection, broken),
        Broken::Off => Error::with_message(ErrorKind::Io, "no answer"),
        Broken::Unwritable => Error::with_message(ErrorKind::Other, "no request can be so"),
    })
}

/// Options for the clients that fetch tokens: another host, the same manners.
pub(crate) fn identity_options() -> Result<ClientOptions, OpenError> {
    Ok(ClientOptions {
        transport: Some(Transport::new(Arc::new(Connections::new(true)?))),
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
        let (method, headers, body) = parts(request)?;
        let answer = self.send(method, request.url(), headers, body).await?;
        Ok(handed_on(answer))
    }
}

#[async_trait]
impl HttpClient for Connections {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (method, headers, body) = parts(request)?;
        let answer = ask(self, method, request.url(), headers, body).await?;
        Ok(handed_on(answer))
    }
}

/// What a request of Microsoft's clients consists of.
fn parts(request: &Request) -> Result<(Method, HeaderMap, Bytes), Error> {
    let never = |what| Error::with_message(ErrorKind::Other, what);
    let method = Method::from_bytes(request.method().as_str().as_bytes())
        .map_err(|_| never("a method that no service here has"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers().iter() {
        // The library's names are in any case.
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_str(value.as_str());
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(never("a header that cannot be written"));
        };
        headers.insert(name, value);
    }
    match request.body() {
        Body::Bytes(bytes) => Ok((method, headers, bytes.clone())),
        Body::SeekableStream(_) => Err(never("bodies are given whole")),
    }
}

/// An answer as Microsoft's clients take it.
fn handed_on(answer: Arrived) -> AsyncRawResponse {
    let mut headers = Headers::new();
    for (name, value) in answer.headers() {
        if let Ok(value) = value.to_str() {
            headers.insert(
                AnsweredName::from(name.as_str().to_owned()),
                AnsweredValue::from(value.to_owned()),
            );
        }
    }
    let status = answer.status().into();
    let body = answer.map_err(|_| Error::with_message(ErrorKind::Io, "the answer broke off"));
    AsyncRawResponse::new(status, headers, Box::pin(body))
}

fn retry_after(answer: &Arrived) -> Option<Duration> {
    let number = |name: &str| answer.header(name)?.parse::<u64>().ok();
    number("x-ms-retry-after-ms")
        .or_else(|| number("retry-after-ms"))
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}

#[cfg(test)]
mod tests {
    use azure_core::http::Method::Get;

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
            let request = Request::new(Url::parse(address).unwrap(), Get);
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
        let request = Request::new(Url::parse("http://127.0.0.1:1/acct/c").unwrap(), Get);
        let failed = door.execute_request(&request).await.unwrap_err();
        let text = format!("{failed} {failed:?} {door:?} {request:?}");
        assert!(!text.contains("c3ludGhldGlj"), "{text}");
        let (url, _) = door
            .signed("GET", request.url(), HeaderMap::new(), None)
            .unwrap();
        assert!(url.as_str().ends_with("?sp=r&sig=c3ludGhldGlj"));
        // Both names of a rename.
        let source = HeaderValue::from_static("http://127.0.0.1:1/acct/share/x");
        let headers = HeaderMap::from_iter([(RENAME_SOURCE, source)]);
        let signed = door.signed("PUT", request.url(), headers, None);
        let (_, headers) = signed.unwrap();
        let source = headers[RENAME_SOURCE].to_str().unwrap();
        assert!(source.ends_with("/share/x?sp=r&sig=c3ludGhldGlj"));
        assert!(!format!("{headers:?}").contains("c3ludGhldGlj"));
    }
}
