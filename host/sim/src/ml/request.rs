//! A request as the operations see it: segments decoded once, names of parameters in lower case.

use bytes::Bytes;
use hyper::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::fault::Sight;
use crate::ml::problem::Problem;
use crate::mutation::Service;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// The decoded segments of the path.
    pub(crate) path: Vec<String>,
    /// Names in lower case.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Scheme and host, as the client knows them.
    pub(crate) base: String,
    /// The path as it came.
    pub(crate) raw_path: String,
}

impl Asked {
    pub(crate) fn parse(
        scheme: &str,
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, Problem> {
        let (raw_path, raw_query) = target.split_once('?').unwrap_or((target, ""));
        let mut path = Vec::new();
        for segment in raw_path.split('/').filter(|segment| !segment.is_empty()) {
            path.push(decode(segment)?);
        }
        let mut query = Vec::new();
        for pair in raw_query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(&value.replace('+', " "))?;
            query.push((decode(key)?.to_ascii_lowercase(), value));
        }
        let host = headers
            .get("host")
            .and_then(|host| host.to_str().ok())
            .unwrap_or("127.0.0.1");
        Ok(Self {
            method,
            path,
            query,
            base: format!("{scheme}://{host}"),
            headers,
            body,
            raw_path: raw_path.to_owned(),
        })
    }

    /// The value of a query parameter, if it is there and not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A query parameter that is `true` or `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.parameter(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::user_error(format!("'{name}' is no boolean."))),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; an empty one is an empty object.
    pub(crate) fn json(&self) -> Result<Value, Problem> {
        if self.body.is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&self.body).map_err(|_| {
            // Assumption: the code.
            Problem::new(
                StatusCode::BAD_REQUEST,
                "InvalidRequestContent",
                "The request content was invalid and could not be deserialized.",
            )
        })
    }

    /// Which plane a path belongs to.
    pub(crate) fn plane(&self) -> Service {
        match self.path.first() {
            Some(first) if first.eq_ignore_ascii_case("subscriptions") => Service::Management,
            _ => Service::Data,
        }
    }
}

impl Sight for Asked {
    fn service(&self) -> Service {
        self.plane()
    }

    fn method(&self) -> &Method {
        &self.method
    }

    fn spelled(&self) -> String {
        let mut text = format!("/{}", self.path.join("/"));
        for (at, (key, value)) in self.query.iter().enumerate() {
            text.push(if at == 0 { '?' } else { '&' });
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        text
    }
}

fn decode(text: &str) -> Result<String, Problem> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Problem::user_error("The request's path or query is no UTF-8."))
}
