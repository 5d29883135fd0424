//! What every request of this crate has in common: the door, the version of the service that is spoken,
//! and Microsoft's clients set up to use both.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use azure_core::http::{Context, Method, Pipeline, PipelineSendOptions, RawResponse, Request, Url};
use azure_storage_blob::clients::{BlobClient, BlobClientOptions};
use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue, IF_MATCH, RANGE};

use crate::connections::Arrived;
use crate::door::{Door, Patience};
use crate::error::{Answer, OpenError};
use crate::names::{BlobName, BlobState, DeletedState};
use crate::{Credential, Endpoint, Options};

/// The account, as requests see it.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) endpoint: Endpoint,
    pub(crate) door: Arc<Door>,
    /// It tries nothing again by itself: what was answered is what we hear, and a repetition is ours to judge.
    pipeline: Pipeline,
    version: String,
    version_header: HeaderValue,
    pub(crate) patience: Patience,
}

const X_MS_VERSION: HeaderName = HeaderName::from_static("x-ms-version");
/// What a server may make us set aside for a body that has not come yet.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// Whether a request changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Reads,
    Changes,
}

impl Wire {
    pub(crate) fn new(
        endpoint: Endpoint,
        credential: Credential,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let door = Arc::new(Door::new(
            endpoint.clone(),
            credential,
            options.in_flight_max,
        )?);
        let pipeline = Pipeline::new(
            option_env!("CARGO_PKG_NAME"),
            option_env!("CARGO_PKG_VERSION"),
            door.options(),
            Vec::new(),
            Vec::new(),
            None,
        );
        Ok(Self {
            pipeline,
            endpoint,
            version_header: HeaderValue::from_str(&options.service_version)
                .map_err(|_| OpenError::Connection("that is no version of the service"))?,
            version: options.service_version.clone(),
            patience: options.patience,
            door,
        })
    }

    /// The address of a blob or of a generation of it. None for names that have none, and for what was
    /// soft-deleted.
    pub(crate) fn address(&self, blob: &BlobName) -> Option<Url> {
        let mut url = blob.url(self.endpoint.blobs())?;
        match &blob.state {
            BlobState::Current => {}
            BlobState::Version(id) | BlobState::Deleted(DeletedState::Version(id)) => {
                url.query_pairs_mut().append_pair("versionid", id);
            }
            BlobState::Snapshot(id) | BlobState::Deleted(DeletedState::Snapshot(id)) => {
                url.query_pairs_mut().append_pair("snapshot", id);
            }
            BlobState::Deleted(DeletedState::Base(_)) => return None,
        }
        Some(url)
    }

    /// Microsoft's client for what has an address.
    pub(crate) fn blob(&self, blob: &BlobName) -> Option<BlobClient> {
        let url = self.address(blob)?;
        let options = BlobClientOptions {
            client_options: self.door.options(),
            version: self.version.clone(),
        };
        BlobClient::new(url, None, Some(options)).ok()
    }

    /// The address of a container, or of the account for an empty name, with a query.
    pub(crate) fn url(&self, container: &str, query: &[(&str, &str)]) -> Url {
        let text = match container {
            "" => format!("{}/", self.endpoint.blobs()),
            name => format!("{}/{}", self.endpoint.blobs(), crate::names::escaped(name)),
        };
        let mut url = Url::parse(&text).expect("the account's own address and a checked name");
        let written: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={}", crate::names::escaped(value)))
            .collect();
        url.set_query(Some(&written.join("&")));
        url
    }

    /// Asks something that changes nothing, again while the answer is a passing one.
    pub(crate) async fn patiently<T, F>(&self, ask: impl Fn() -> F) -> Result<T, Answer>
    where
        F: Future<Output = Result<T, azure_core::Error>>,
    {
        let mut tried = 0;
        loop {
            let answer = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) => Answer::from(error),
            };
            if !(answer.is_passing() && self.again(tried).await) {
                return Err(answer);
            }
            tried += 1;
        }
    }

    /// Asks for a part of a blob, once. Its body is not read yet.
    pub(crate) async fn get(
        &self,
        url: &Url,
        etag: &HeaderValue,
        range: HeaderValue,
    ) -> Result<Arrived, Answer> {
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, etag.clone());
        headers.insert(RANGE, range);
        self.asked(url, headers, &[200, 206]).await
    }

    async fn asked(
        &self,
        url: &Url,
        mut headers: HeaderMap,
        expect: &[u16],
    ) -> Result<Arrived, Answer> {
        headers.insert(X_MS_VERSION, self.version_header.clone());
        let answer = self.door.get(url, headers).await?;
        let status = answer.status();
        if expect.contains(&status) {
            return Ok(answer);
        }
        let code = answer.header("x-ms-error-code").unwrap_or_default();
        Err(Answer::Status {
            status,
            code: code.to_owned(),
        })
    }

    /// A whole body that may be long, and the service's date; asked for again while the answer is a passing one.
    /// Held once, in the buffer that is given.
    pub(crate) async fn whole(
        &self,
        url: &Url,
        into: &mut Vec<u8>,
    ) -> Result<Option<String>, Answer> {
        let mut tried = 0;
        loop {
            match self.whole_once(url, into).await {
                Err(answer) if answer.is_passing() && self.again(tried).await => tried += 1,
                other => return other,
            }
        }
    }

    async fn whole_once(&self, url: &Url, into: &mut Vec<u8>) -> Result<Option<String>, Answer> {
        let mut answer = self.asked(url, HeaderMap::new(), &[200]).await?;
        let date = answer.header("date").map(ToOwned::to_owned);
        let said = answer.header("content-length");
        let said: usize = said.and_then(|said| said.parse().ok()).unwrap_or_default();
        into.clear();
        into.reserve(said.min(BODY_MAX));
        while let Some(chunk) = answer.chunk().await {
            into.extend_from_slice(&chunk?);
        }
        Ok(date)
    }

    /// Sends a request of our own. Anything but the status expected is an [`Answer`]; what only reads is
    /// tried again while that is a passing one.
    pub(crate) async fn send(
        &self,
        effect: Effect,
        method: Method,
        url: Url,
        headers: &[(&str, &str)],
        body: Bytes,
        expect: &[u16],
    ) -> Result<RawResponse, Answer> {
        let mut request = Request::new(url, method);
        request.insert_header("x-ms-version", self.version.clone());
        for (name, value) in headers {
            request.insert_header((*name).to_owned(), (*value).to_owned());
        }
        request.set_body(body);
        let mut tried = 0;
        loop {
            let answer = self.send_once(&mut request.clone(), expect).await;
            match answer {
                Err(answer) if effect == Effect::Reads && answer.is_passing() => {
                    if !self.again(tried).await {
                        return Err(answer);
                    }
                    tried += 1;
                }
                other => return other,
            }
        }
    }

    async fn send_once(
        &self,
        request: &mut Request,
        expect: &[u16],
    ) -> Result<RawResponse, Answer> {
        let options = PipelineSendOptions {
            skip_checks: true,
            ..Default::default()
        };
        let answer = self
            .pipeline
            .send(&Context::new(), request, Some(options))
            .await?;
        let status = u16::from(answer.status());
        if expect.contains(&status) {
            return Ok(answer);
        }
        Err(Answer::Status {
            status,
            code: header(&answer, "x-ms-error-code").unwrap_or_default(),
        })
    }

    /// Waits before the next try of something; false when there should be none.
    pub(crate) async fn again(&self, tried: u32) -> bool {
        if tried >= self.patience.tries {
            return false;
        }
        let wait = self.patience.first_ms << tried.min(7);
        tokio::time::sleep(Duration::from_millis(wait.min(10_000))).await;
        true
    }
}

/// A header of an answer.
pub(crate) fn header(answer: &RawResponse, name: &'static str) -> Option<String> {
    answer.headers().get_optional_string(&name.into())
}
