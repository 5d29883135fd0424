//! From what was typed to the account that is meant, and to nothing else.
//!
//! `https://<account>.blob.<cloud>/[<container>]` of a cloud that is known, or
//! `http://<loopback>/<account>/[<container>]` as emulators and the simulator have it. Whatever stands
//! behind a `?` is a shared access signature and goes into custody at once. The file service of a cloud's
//! account has the same name under `.file.`; on this machine its address is given by itself, or it has none.

use azure_core::http::Url;

use crate::Secret;
use crate::error::OpenError;

/// The clouds whose storage hosts are trusted with a token or a signature.
const CLOUDS: [&str; 3] = [
    "core.windows.net",
    "core.chinacloudapi.cn",
    "core.usgovcloudapi.net",
];

/// Where an account's services are, and which part of it is the workspace.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The blob service, without a slash at its end.
    blobs: String,
    /// The file service, without a slash at its end; none where there is none.
    files: Option<String>,
    account: String,
    container: Option<String>,
    is_loopback: bool,
}

impl Endpoint {
    /// Takes an address apart; the signature in it, if it has one, apart from it.
    pub fn parse(text: &str) -> Result<(Self, Option<Secret>), OpenError> {
        let url = Url::parse(text).map_err(|_| OpenError::Address("it is no URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OpenError::Address("it has a user name or a password in it"));
        }
        if url.fragment().is_some() {
            return Err(OpenError::Address(
                "it has a `#` in it (write `%23` in a signature)",
            ));
        }
        let signature = match url.query() {
            None | Some("") => None,
            Some(query) if query.split('&').any(|pair| pair.starts_with("sig=")) => {
                Some(Secret::new(query))
            }
            Some(_) => {
                return Err(OpenError::Address(
                    "what follows `?` is no shared access signature",
                ));
            }
        };
        let host = url.host_str().unwrap_or_default();
        let mut names = url
            .path_segments()
            .into_iter()
            .flatten()
            .filter(|name| !name.is_empty());
        let endpoint = match url.scheme() {
            "https" => Self::of_cloud(host, url.port(), &mut names)?,
            "http" if is_loopback(host) => {
                let origin = url.origin().ascii_serialization();
                let account = names.next().ok_or(OpenError::Address(
                    "on this machine the account is the first folder: http://127.0.0.1:PORT/ACCOUNT",
                ))?;
                Self {
                    blobs: format!("{origin}/{account}"),
                    files: None,
                    account: account.to_owned(),
                    container: names.next().map(ToOwned::to_owned),
                    is_loopback: true,
                }
            }
            "http" => {
                return Err(OpenError::Address(
                    "only this machine is spoken to without https",
                ));
            }
            _ => {
                return Err(OpenError::Address(
                    "it begins with neither https:// nor http://",
                ));
            }
        };
        if names.next().is_some() {
            return Err(OpenError::Address(
                "it names more than an account and a container (choose with a pattern)",
            ));
        }
        match &endpoint.container {
            Some(name) if !is_container_name(name) => {
                Err(OpenError::Address("that is no name of a container"))
            }
            _ => Ok((endpoint, signature)),
        }
    }

    fn of_cloud<'a>(
        host: &str,
        port: Option<u16>,
        names: &mut impl Iterator<Item = &'a str>,
    ) -> Result<Self, OpenError> {
        let (account, rest) = host.split_once(".blob.").ok_or(OpenError::Address(
            "the host is not ACCOUNT.blob.core.windows.net",
        ))?;
        let is_account = (3..=24).contains(&account.len())
            && account
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !CLOUDS.contains(&rest) || !is_account || port.is_some() {
            return Err(OpenError::Address(
                "the host is not ACCOUNT.blob.core.windows.net, nor of another cloud that is known",
            ));
        }
        Ok(Self {
            blobs: format!("https://{account}.blob.{rest}"),
            files: Some(format!("https://{account}.file.{rest}")),
            account: account.to_owned(),
            container: names.next().map(ToOwned::to_owned),
            is_loopback: false,
        })
    }

    /// The same account, with its file service at this address: only on this machine, where the two services
    /// of an emulator have ports of their own.
    pub fn with_files(self, text: &str) -> Result<Self, OpenError> {
        const WRONG: OpenError = OpenError::Address(
            "files: http://127.0.0.1:PORT/ACCOUNT, of the same account and on this machine",
        );
        let (files, signature) = Self::parse(text)?;
        let is_same = files.account == self.account && files.container.is_none();
        match self.is_loopback && files.is_loopback && is_same && signature.is_none() {
            true => Ok(Self {
                files: Some(files.blobs),
                ..self
            }),
            false => Err(WRONG),
        }
    }

    /// The account's name.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The container, if only one is the workspace.
    pub fn container(&self) -> Option<&str> {
        self.container.as_deref()
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// The name by which a plan pins the workspace; nothing in it is secret.
    pub fn identity(&self) -> String {
        match &self.container {
            Some(container) => format!("{}/{container}", self.blobs),
            None => self.blobs.clone(),
        }
    }

    pub(crate) fn blobs(&self) -> &str {
        &self.blobs
    }

    /// The file service; none where the account has none, or where one container is the workspace.
    pub(crate) fn files(&self) -> Option<&str> {
        self.files.as_deref().filter(|_| self.container.is_none())
    }

    /// Whether a request to this address stays within the account.
    pub(crate) fn admits(&self, url: &Url) -> bool {
        let is_of = |service: &str| {
            let rest = url.as_str().strip_prefix(service);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        };
        (is_of(&self.blobs) || self.files().is_some_and(is_of)) && url.username().is_empty()
    }
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Whether the service allows this name for a container.
pub(crate) fn is_container_name(name: &str) -> bool {
    ["$root", "$web", "$logs", "$blobchangefeed"].contains(&name)
        || ((3..=63).contains(&name.len())
            && name.split('-').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_meant() {
        for (given, identity, container) in [
            (
                "https://acct.blob.core.windows.net",
                "https://acct.blob.core.windows.net",
                None,
            ),
            (
                "https://acct.blob.core.windows.net/",
                "https://acct.blob.core.windows.net",
                None,
            ),
            (
                "https://acct.blob.core.windows.net/azureml/?sp=r&sig=abc",
                "https://acct.blob.core.windows.net/azureml",
                Some("azureml"),
            ),
            (
                "http://127.0.0.1:10000/acct",
                "http://127.0.0.1:10000/acct",
                None,
            ),
            (
                "http://[::1]:10000/acct/abc",
                "http://[::1]:10000/acct/abc",
                Some("abc"),
            ),
        ] {
            let (endpoint, signature) = Endpoint::parse(given).unwrap();
            assert_eq!(endpoint.identity(), identity, "{given}");
            assert_eq!(endpoint.container(), container, "{given}");
            assert_eq!(signature.is_some(), given.contains("sig="), "{given}");
        }
    }

    #[test]
    fn addresses_that_are_refused() {
        for given in [
            "http://acct.blob.core.windows.net/",
            "https://acct.blob.core.windows.net.example.com/",
            "https://example.com/acct",
            "https://acct.blob.example.com/",
            "https://acct.blob.core.windows.net:8443/",
            "https://user@acct.blob.core.windows.net/",
            "https://acct.blob.core.windows.net/?x=1",
            "https://acct.blob.core.windows.net/UPPER",
            "https://acct.blob.core.windows.net/one/two",
            "http://127.0.0.1:10000/",
            "http://127.0.0.1.example.com/acct",
            "ftp://127.0.0.1/acct",
        ] {
            assert!(Endpoint::parse(given).is_err(), "{given}");
        }
    }

    #[test]
    fn where_files_are() {
        let parse = |text| Endpoint::parse(text).unwrap().0;
        let cloud = parse("https://acct.blob.core.usgovcloudapi.net/");
        assert_eq!(
            cloud.files(),
            Some("https://acct.file.core.usgovcloudapi.net")
        );
        let container = parse("https://acct.blob.core.windows.net/azureml");
        assert_eq!(container.files(), None);
        let local = parse("http://127.0.0.1:10000/acct");
        assert_eq!(local.files(), None);
        for given in [
            "https://acct.file.core.windows.net",
            "http://127.0.0.1:10002/other",
            "http://127.0.0.1:10002/acct/share",
            "http://example.com/acct",
        ] {
            assert!(local.clone().with_files(given).is_err(), "{given}");
        }
        assert!(cloud.with_files("http://127.0.0.1:10002/acct").is_err());
    }

    #[test]
    fn nothing_leaves_the_account() {
        let url = |text| Url::parse(text).unwrap();
        let (cloud, _) = Endpoint::parse("https://acct.blob.core.windows.net/azureml").unwrap();
        assert!(cloud.admits(&url("https://acct.blob.core.windows.net/other/x?comp=list")));
        for given in [
            "http://acct.blob.core.windows.net/x",
            "https://acct2.blob.core.windows.net/x",
            "https://acct.blob.core.windows.net.example.com/x",
            "https://acct.blob.core.windows.net:444/x",
            "https://acct.blob.core.windows.net@example.com/x",
        ] {
            assert!(!cloud.admits(&url(given)), "{given}");
        }
        assert!(!cloud.admits(&url("https://acct.file.core.windows.net/share")));
        let (whole, _) = Endpoint::parse("https://acct.blob.core.windows.net/").unwrap();
        assert!(whole.admits(&url("https://acct.file.core.windows.net/share/x")));
        assert!(!whole.admits(&url("https://acct2.file.core.windows.net/share/x")));
        let (local, _) = Endpoint::parse("http://127.0.0.1:10000/acct").unwrap();
        assert!(!local.admits(&url("http://127.0.0.1:10002/acct/c/x")));
        let local = local.with_files("http://127.0.0.1:10002/acct").unwrap();
        assert!(local.admits(&url("http://127.0.0.1:10002/acct/c/x")));
        assert!(local.admits(&url("http://127.0.0.1:10000/acct/c/x")));
        for given in [
            "http://127.0.0.1:10000/acct2/c",
            "http://127.0.0.1:10001/acct/c",
        ] {
            assert!(!local.admits(&url(given)), "{given}");
        }
    }
}
