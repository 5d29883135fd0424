//! Pages of listings: how long they are, and the markers between them.

use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::refusal::{Code, Refusal};
use crate::request::Request;
use crate::settings::Settings;

/// How many entries a page may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size(pub(crate) usize);

impl Size {
    pub(crate) fn of(request: &Request, settings: &Settings) -> Result<Self, Refusal> {
        let asked = match request.parameter("maxresults") {
            None => 5000,
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| Code::InvalidQueryParameterValue)?,
        };
        if asked == 0 {
            return Err(Code::OutOfRangeQueryParameterValue.into());
        }
        Ok(Self(asked.min(5000).min(settings.page_size_max)))
    }
}

/// The marker of the page that begins with this key. Opaque to clients, as the service's is.
pub(crate) fn marker(key: &str) -> String {
    format!("2!{}", Base64UrlUnpadded::encode_string(key.as_bytes()))
}

/// The key at which the page begins that a request asks for.
pub(crate) fn start(request: &Request) -> Result<Option<String>, Refusal> {
    let Some(text) = request.parameter("marker") else {
        return Ok(None);
    };
    text.strip_prefix("2!")
        .and_then(|text| Base64UrlUnpadded::decode_vec(text).ok())
        .and_then(|key| String::from_utf8(key).ok())
        .map(Some)
        .ok_or(Code::InvalidQueryParameterValue.into())
}

/// The account's URL as the client knows it.
pub(crate) fn endpoint(request: &Request) -> String {
    let host = request.header("host").unwrap_or("127.0.0.1");
    let account = request.raw_path.split('/').nth(1).unwrap_or_default();
    format!("http://{host}/{account}/")
}
