//! Shared Key: the signature of an account's own key over a request.
//!
//! Written from the service's rules for *Shared Key authorization* (2009-09-19 and later): verb, eleven
//! standard headers, the `x-ms-` headers, and the resource with its query.

use std::collections::BTreeMap;
use std::fmt;

use azure_core::http::Url;
use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, Mac as _};
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
const SIGNED: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
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

    /// The value of the header `Authorization`. Names of headers are in lower case.
    pub(crate) fn authorization(
        &self,
        verb: &str,
        url: &Url,
        headers: &BTreeMap<String, String>,
    ) -> String {
        let text = self.text(verb, url, headers);
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes).expect("any length is a key");
        mac.update(text.as_bytes());
        let signature = Base64::encode_string(&mac.finalize().into_bytes());
        format!("SharedKey {}:{signature}", self.account)
    }

    fn text(&self, verb: &str, url: &Url, headers: &BTreeMap<String, String>) -> String {
        let mut text = format!("{verb}\n");
        for name in SIGNED {
            let value = headers.get(name).map_or("", String::as_str);
            // An empty body is signed as no length at all.
            if !(name == "content-length" && value == "0") {
                text.push_str(value);
            }
            text.push('\n');
        }
        for (name, value) in headers.iter().filter(|(name, _)| name.starts_with("x-ms-")) {
            text.push_str(&format!("{name}:{}\n", value.trim()));
        }
        text.push_str(&format!("/{}{}", self.account, url.path()));
        let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in url.query_pairs() {
            query
                .entry(name.to_lowercase())
                .or_default()
                .push(value.into_owned());
        }
        for (name, mut values) in query {
            values.sort();
            text.push_str(&format!("\n{name}:{}", values.join(",")));
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
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        assert_eq!(
            key.text("GET", &url, &headers),
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
