//! Somebody else: plain requests with a signature of the account in the address.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, Mac as _};
use remit_workspace::EntryPath;
use reqwest::{Client, Method, Response};
use sha2::Sha256;

pub(crate) struct Other {
    client: Client,
    url: String,
    signature: String,
}

impl Other {
    pub(crate) fn new(url: &str, account: &str, key: &str) -> Self {
        // An error says that there is one already.
        let _there = rustls::crypto::ring::default_provider().install_default();
        Self {
            client: Client::builder()
                .no_proxy()
                // Spoken to in the clear; reading whom the system trusts takes longer than a test.
                .tls_certs_only([])
                .build()
                .unwrap(),
            url: url.to_owned(),
            signature: account_sas(account, key, "rwdxlacupiyft"),
        }
    }

    pub(crate) fn address(&self, path: &EntryPath) -> String {
        let names: Vec<Vec<u8>> = path.segments().skip(1).collect();
        let name: String = names[1..]
            .join(&b'/')
            .iter()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        let container = String::from_utf8(names[0].clone()).unwrap();
        format!("{}/{container}/{name}?{}", self.url, self.signature)
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        address: String,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let mut request = self
            .client
            .request(method, address)
            .header("x-ms-version", "2025-11-05")
            .header("content-length", body.len())
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// The address of a container or a share.
    pub(crate) fn share(&self, name: &str, query: &str) -> String {
        format!("{}/{name}?{query}&{}", self.url, self.signature)
    }

    pub(crate) async fn make_container(&self, name: &str) {
        let address = format!("{}/{name}?restype=container&{}", self.url, self.signature);
        let made = self.send(Method::PUT, address, &[], b"").await;
        assert!(made.status().is_success(), "{made:?}");
    }

    pub(crate) async fn put(&self, path: &EntryPath, content: &[u8]) {
        self.put_with(path, content, &[]).await;
    }

    pub(crate) async fn put_with(
        &self,
        path: &EntryPath,
        content: &[u8],
        headers: &[(&str, &str)],
    ) {
        let mut all = vec![("x-ms-blob-type", "BlockBlob")];
        all.extend_from_slice(headers);
        let put = self
            .send(Method::PUT, self.address(path), &all, content)
            .await;
        assert!(put.status().is_success(), "{path}: {:?}", put.text().await);
    }

    pub(crate) async fn delete(&self, path: &EntryPath) {
        let deleted = self
            .send(Method::DELETE, self.address(path), &[], b"")
            .await;
        assert!(deleted.status().is_success(), "{deleted:?}");
    }

    /// A request about a blob with more in its query; it must succeed.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &EntryPath,
        query: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let address = format!("{}&{query}", self.address(path));
        let answer = self.send(method, address, headers, body).await;
        assert!(answer.status().is_success(), "{path}?{query}: {answer:?}");
        answer
    }
}

/// A signature for the whole account, as the service's documentation of account SAS says.
pub(crate) fn account_sas(account: &str, key: &str, permissions: &str) -> String {
    let version = "2021-08-06";
    let expiry = "2099-01-01T00:00:00Z";
    let text = format!("{account}\n{permissions}\nbf\nsco\n\n{expiry}\n\n\n{version}\n\n");
    let key = Base64::decode_vec(key).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(text.as_bytes());
    let signature = Base64::encode_string(&mac.finalize().into_bytes());
    let signature: String = signature
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect();
    format!(
        "sv={version}&ss=bf&srt=sco&sp={permissions}&se={}&sig={signature}",
        expiry.replace(':', "%3A")
    )
}
