//! An answer as a value, before it is sent.

use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};

use crate::content::Content;

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Content,
}

impl Reply {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Content::default(),
        }
    }

    pub(crate) fn ok() -> Self {
        Self::new(StatusCode::OK)
    }

    pub(crate) fn created() -> Self {
        Self::new(StatusCode::CREATED)
    }

    pub(crate) fn accepted() -> Self {
        Self::new(StatusCode::ACCEPTED)
    }

    /// With one more header. What cannot be a header's value is left out, as the service does
    /// not return it either.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(value.as_ref().as_bytes()),
        ) {
            self.headers.insert(name, value);
        }
        self
    }

    /// With a header, if there is a value.
    pub(crate) fn maybe(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    pub(crate) fn xml(self, body: String) -> Self {
        self.header("content-type", "application/xml").body(body)
    }

    pub(crate) fn json(self, body: &serde_json::Value) -> Self {
        self.header("content-type", "application/json; charset=utf-8")
            .body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Content>) -> Self {
        self.body = body.into();
        self
    }
}
