//! A client of a few lines: one connection a request, signed with a SAS.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use remit_sim::{Settings, Storage};
use tokio::net::TcpStream;

const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.');

/// A simulator, and a client that may do everything.
pub(crate) struct Bed {
    pub(crate) sim: Storage,
    pub(crate) permissions: &'static str,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status, self.header("x-ms-error-code"))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The texts of all elements with this name.
    pub(crate) fn all(&self, element: &str) -> Vec<String> {
        self.text()
            .split(&format!("<{element}>"))
            .skip(1)
            .map(|rest| rest.split("</").next().unwrap().to_owned())
            .collect()
    }
}

/// Encodes a name as a path.
pub(crate) fn path(name: &str) -> String {
    utf8_percent_encode(name, IN_PATH).to_string()
}

impl Bed {
    pub(crate) async fn new(settings: Settings) -> Self {
        Self {
            sim: Storage::start(settings).await.unwrap(),
            permissions: "rwdxylacupti",
        }
    }

    /// Asks the blob service; the target is below the account.
    pub(crate) async fn ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.try_ask(method, target, headers, body).await.unwrap()
    }

    /// Asks, and says how it went wrong.
    pub(crate) async fn try_ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, String> {
        let expiry = Timestamp::now() + SignedDuration::from_hours(1);
        let sas = self.sim.sas(self.permissions, expiry);
        let mark = if target.contains('?') { '&' } else { '?' };
        let url = format!("{}/{target}{mark}{sas}", self.sim.blob_url());
        send(method, &url, headers, body.into()).await
    }

    pub(crate) async fn put(&self, blob: &str, content: &'static str) -> Answer {
        let headers = [("x-ms-blob-type", "BlockBlob")];
        let answer = self.ask("PUT", &path(blob), &headers, content).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[], "").await
    }

    pub(crate) async fn delete(&self, target: &str) -> Answer {
        self.ask("DELETE", target, &[], "").await
    }
}

/// Sends one request on a connection of its own.
pub(crate) async fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Answer, String> {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, target) = rest.split_at(rest.find('/').unwrap());
    let stream = TcpStream::connect(host).await.map_err(|e| e.to_string())?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(target)
        .header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body)).unwrap();
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| error.to_string())?;
    let status: StatusCode = response.status();
    let headers = response.headers().clone();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    Ok(Answer {
        status: status.as_u16(),
        headers,
        body: body.to_bytes().to_vec(),
    })
}
