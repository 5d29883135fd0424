//! A request as the operations see it: names decoded once, the wire's spelling kept for signatures.

use bytes::Bytes;
use hyper::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use crate::mutation::Service;
use crate::refusal::{Code, Refusal};

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) service: Service,
    pub(crate) method: Method,
    /// The path as it came, with the account before it.
    pub(crate) raw_path: String,
    /// The container or share; empty for the account.
    pub(crate) container: String,
    /// The blob's name or the file's path; empty for the container.
    pub(crate) name: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// Parses what came over the wire, or what a part of a batch says.
    pub(crate) fn parse(
        service: Service,
        account: &str,
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, Refusal> {
        let (raw_path, raw_query) = target.split_once('?').unwrap_or((target, ""));
        let rest = raw_path
            .strip_prefix('/')
            .and_then(|path| path.strip_prefix(account))
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .ok_or(Code::InvalidUri)?;
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let (container, name) = rest.split_once('/').unwrap_or((rest, ""));
        let mut query = Vec::new();
        for pair in raw_query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            // As a form: the url crate and others write a blank as a plus.
            let value = decode(&value.replace('+', " "))?;
            query.push((decode(key)?.to_ascii_lowercase(), value));
        }
        Ok(Self {
            service,
            method,
            raw_path: raw_path.to_owned(),
            container: decode(container)?,
            name: decode(name)?,
            query,
            headers,
            body,
        })
    }

    /// The same, asked of a host that names the account: no path has it then.
    pub(crate) fn by_host(mut self, account: &str) -> Self {
        if let Some(rest) = self.raw_path.strip_prefix(&format!("/{account}")) {
            self.raw_path = rest.to_owned();
        }
        self
    }

    /// The value of a query parameter, if it is there and not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Whether a query parameter has a value.
    pub(crate) fn says(&self, name: &str, value: &str) -> bool {
        self.parameter(name) == Some(value)
    }

    /// A header's value, if it is text and not empty.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// A header's value as a number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        match self.header(name) {
            None => Ok(None),
            Some(text) => Ok(Some(text.parse().map_err(|_| Code::InvalidHeaderValue)?)),
        }
    }

    /// A header's value as `true` or `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.header(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Code::InvalidHeaderValue.into()),
        }
    }

    /// What a listing may include.
    pub(crate) fn includes(&self, what: &str) -> bool {
        self.parameter("include").is_some_and(|list| {
            list.split(',')
                .any(|each| each.trim().eq_ignore_ascii_case(what))
        })
    }

    /// Path and query, decoded: what a fault looks for.
    pub(crate) fn spelled(&self) -> String {
        let mut text = format!("/{}/{}", self.container, self.name);
        for (at, (key, value)) in self.query.iter().enumerate() {
            text.push(if at == 0 { '?' } else { '&' });
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        text
    }
}

pub(crate) fn decode(text: &str) -> Result<String, Refusal> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Code::InvalidUri.into())
}
