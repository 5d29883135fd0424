//! Shared Key: the signature of an account's own key over a request.
//!
//! Written from the service's rules for *Shared Key authorization* (2009-09-19 and later): verb, eleven
//! standard headers, the `x-ms-` headers, and the resource with its query.

use std::collections::BTreeMap;
use std::fmt;

use azure_core::http::Url;
use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, Mac as _};
use hyper::header::{self, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Secret;
use crate::error::OpenError;

/// An account's key.
#[derive(Clone)]
pub struct Key {
    account: String,
    bytes: Zeroizing<Vec<u8>>,
}

/// Standard headers in the order in which they are signed.
static SIGNED: [HeaderName; 11] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    HeaderName::from_static("content-md5"),
    header::CONTENT_TYPE,
    header::DATE,
    header::IF_MODIFIED_SINCE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
];

impl Key {
    /// The key of this account, as the service writes it.
    pub fn parse(account: impl Into<String>, base64: &Secret) -> Result<Self, OpenError> {
        let bytes = Base64::decode_vec(base64.reveal().trim())
            .map_err(|_| OpenError::Credential("the account key is not Base64"))?;
        Ok(Self {
            account: account.into(),
            bytes: Zeroizing::new(bytes),
        })
    }

    /// The value of the header `Authorization`.
    pub(crate) fn authorization(&self, verb: &str, url: &Url, headers: &HeaderMap) -> String {
        let text = self.text(verb, url, headers);
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes).expect("any length is a key");
        mac.update(&text);
        let signature = Base64::encode_string(&mac.finalize().into_bytes());
        ["SharedKey ", &self.account, ":", &signature].concat()
    }

    fn text(&self, verb: &str, url: &Url, headers: &HeaderMap) -> Vec<u8> {
        let mut text = Vec::with_capacity(512);
        let mut write =
            |words: &[&[u8]]| words.iter().for_each(|word| text.extend_from_slice(word));
        write(&[verb.as_bytes(), b"\n"]);
        for name in &SIGNED {
            let value = headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
            // An empty body is signed as no length at all.
            if !(*name == CONTENT_LENGTH && value == b"0") {
                write(&[value]);
            }
            write(&[b"\n"]);
        }
        let mut own: Vec<(&str, &[u8])> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .filter(|(name, _)| name.starts_with("x-ms-"))
            .collect();
        own.sort_unstable();
        for (name, value) in own {
            write(&[name.as_bytes(), b":", value.trim_ascii(), b"\n"]);
        }
        write(&[b"/", self.account.as_bytes(), url.path().as_bytes()]);
        let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in url.query_pairs() {
            query
                .entry(name.to_lowercase())
                .or_default()
                .push(value.into_owned());
        }
        for (name, mut values) in query {
            values.sort();
            write(&[b"\n", name.as_bytes(), b":", values.join(",").as_bytes()]);
        }
        text
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed() {
        let key = Key::parse("acct", &Secret::new("a2V5")).unwrap();
        let url = Url::parse(
            "https://acct.blob.core.windows.net/c?restype=container&comp=list&prefix=a%20b",
        )
        .unwrap();
        let headers = [
            ("content-length", "0"),
            ("if-match", "\"0x1\""),
            ("x-ms-version", "2025-11-05"),
            ("x-ms-date", "Fri, 26 Jun 2026 23:39:12 GMT"),
            ("accept", "*/*"),
        ]
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .into_iter()
        .collect();
        assert_eq!(
            String::from_utf8(key.text("GET", &url, &headers)).unwrap(),
            "GET\n\n\n\n\n\n\n\n\"0x1\"\n\n\n\nx-ms-date:Fri, 26 Jun 2026 23:39:12 GMT\n\
             x-ms-version:2025-11-05\n/acct/c\ncomp:list\nprefix:a b\nrestype:container"
        );
        let signed = key.authorization("GET", &url, &headers);
        assert!(signed.starts_with("SharedKey acct:"), "{signed}");
        assert_eq!(format!("{key:?}"), "Key { account: \"acct\", .. }");
    }

    #[test]
    fn a_key_that_is_none() {
        assert!(Key::parse("acct", &Secret::new("not base64!")).is_err());
    }
}
