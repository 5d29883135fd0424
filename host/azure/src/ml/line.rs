//! JSON over the one door, to the management plane and to the workspace's own services.
//!
//! What only reads is asked again while the answer is a passing one; what changes something is asked once,
//! and whoever sent it judges. Nothing that a service writes in words is kept: codes only.

use std::sync::Arc;
use std::time::Duration;

use azure_core::http::{Context, Method, Pipeline, PipelineSendOptions, Request, Url};
use bytes::Bytes;
use serde_json::Value;

use crate::door::{Door, Patience};
use crate::error::{Answer, OpenError};
use crate::wire::{Effect, header};
use crate::{Cloud, Credential, Options};

/// A line to the services of one cloud.
#[derive(Debug)]
pub(crate) struct Line {
    door: Arc<Door>,
    pipeline: Pipeline,
    patience: Patience,
    /// How long the end of a delete is awaited.
    pub(crate) deletes_awaited: Duration,
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    /// The body; null when there is none.
    pub(crate) body: Value,
    /// Where an operation that goes on is asked about: `Azure-AsyncOperation`, `Operation-Location`.
    pub(crate) operation: Option<Url>,
    /// Or this: `Location`.
    pub(crate) location: Option<Url>,
    /// Where a purge is asked about: `x-ms-status-location`.
    pub(crate) purge: Option<Url>,
    pub(crate) retry_after: Option<Duration>,
}

impl Line {
    pub(crate) fn new(
        cloud: Cloud,
        credential: Credential,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let door = Arc::new(Door::to_services(cloud, credential, options.in_flight_max)?);
        let pipeline = Pipeline::new(
            option_env!("CARGO_PKG_NAME"),
            option_env!("CARGO_PKG_VERSION"),
            door.options(),
            Vec::new(),
            Vec::new(),
            None,
        );
        Ok(Self {
            door,
            pipeline,
            patience: options.patience,
            deletes_awaited: options.deletes_awaited,
        })
    }

    /// Whether an address that a service gave may be asked.
    pub(crate) fn admits(&self, url: &Url) -> bool {
        self.door.admits(url)
    }

    /// Asks something that changes nothing.
    pub(crate) async fn get(&self, url: &Url) -> Result<Heard, Answer> {
        self.send(Effect::Reads, Method::Get, url, None).await
    }

    /// Sends a request. Any status of success is good; every other is an [`Answer`].
    pub(crate) async fn send(
        &self,
        effect: Effect,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Heard, Answer> {
        let request = request(method, url, body);
        let mut tried = 0;
        loop {
            let answer = self.send_once(&mut request.clone()).await;
            match answer.map_err(|(answer, _)| answer) {
                // A body that cannot be read may have been cut off without our being told.
                Err(answer)
                    if effect == Effect::Reads
                        && (answer.is_passing() || matches!(answer, Answer::Malformed(_))) =>
                {
                    if !self.again(tried).await {
                        return Err(answer);
                    }
                    tried += 1;
                }
                other => return other,
            }
        }
    }

    /// Sends a request once; of an answer that is not good, also how long the service wishes to be left alone.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Heard, (Answer, Option<Duration>)> {
        self.send_once(&mut request(method, url, body)).await
    }

    async fn send_once(&self, request: &mut Request) -> Result<Heard, (Answer, Option<Duration>)> {
        let options = PipelineSendOptions {
            skip_checks: true,
            ..Default::default()
        };
        let answer = self
            .pipeline
            .send(&Context::new(), request, Some(options))
            .await
            .map_err(|error| (error.into(), None))?;
        let retry_after = header(&answer, "retry-after")
            .and_then(|text| text.parse().ok())
            .map(Duration::from_secs);
        let status = u16::from(answer.status());
        let body = answer.body().as_ref();
        if !(200..300).contains(&status) {
            let in_header = header(&answer, "x-ms-error-code");
            let code = in_header.or_else(|| error_code(body)).unwrap_or_default();
            return Err((Answer::Status { status, code }, retry_after));
        }
        let broken = |why| (Answer::Malformed(why), None);
        let length = header(&answer, "content-length").and_then(|text| text.parse().ok());
        if length.is_some_and(|length: usize| length != body.len()) {
            return Err(broken("a body of another length than it should have"));
        }
        let body = match body.iter().all(u8::is_ascii_whitespace) {
            true => Value::Null,
            false => serde_json::from_slice(body).map_err(|_| broken("a body that is no JSON"))?,
        };
        // An address that cannot be read is one that cannot be asked.
        let place = |name| header(&answer, name).and_then(|text| Url::parse(&text).ok());
        Ok(Heard {
            status,
            operation: place("azure-asyncoperation").or_else(|| place("operation-location")),
            location: place("location"),
            purge: place("x-ms-status-location"),
            retry_after,
            body,
        })
    }

    /// Waits before the next try of something; false when there should be none.
    pub(crate) async fn again(&self, tried: u32) -> bool {
        if tried >= self.patience.tries {
            return false;
        }
        tokio::time::sleep(self.pause(tried)).await;
        true
    }

    /// How long to wait before the n-th look at something that goes on.
    pub(crate) fn pause(&self, tried: u32) -> Duration {
        let wait = self.patience.first_ms << tried.min(7);
        Duration::from_millis(wait.min(10_000))
    }
}

fn request(method: Method, url: &Url, body: Option<&Value>) -> Request {
    let mut request = Request::new(url.clone(), method);
    request.insert_header("accept", "application/json");
    if let Some(body) = body {
        request.insert_header("content-type", "application/json");
        request.set_body(Bytes::from(body.to_string()));
    }
    request
}

/// The code in the body of an error: `{"error": {"code", …}}`, on both planes. One word; anything else would
/// be a message.
fn error_code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let code = body.pointer("/error/code")?.as_str()?;
    Some(
        code.chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect(),
    )
}
