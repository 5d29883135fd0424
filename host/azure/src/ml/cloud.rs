//! Which hosts are trusted with a token.
//!
//! A cloud is chosen by name and never taken from an answer: a `nextLink`, a `Location` or a `discoveryUrl`
//! that leads elsewhere is not followed. Hosts of the public cloud are from the specifications and the
//! project's collected facts; those of the sovereign clouds' management planes and services are an
//! *assumption* (no specification at hand names them).

use azure_core::http::Url;

use crate::endpoint::is_loopback;
use crate::error::OpenError;

/// A cloud, or a simulator on this machine.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// Scheme and host of the management plane, without a slash at its end.
    management: String,
    scope: String,
    /// What hosts of the workspaces' own services end with; empty for a simulator.
    services: &'static str,
    storage: &'static str,
    is_loopback: bool,
}

/// Names, management hosts, what hosts of the services end with, storage suffixes.
const CLOUDS: [(&str, &str, &str, &str); 3] = [
    (
        "public",
        "https://management.azure.com",
        ".api.azureml.ms",
        "core.windows.net",
    ),
    (
        "china",
        "https://management.chinacloudapi.cn",
        ".api.ml.azure.cn",
        "core.chinacloudapi.cn",
    ),
    (
        "usgov",
        "https://management.usgovcloudapi.net",
        ".api.ml.azure.us",
        "core.usgovcloudapi.net",
    ),
];

impl Cloud {
    /// The public cloud; the one that `REMIT_CLOUD` names (`public`, `china`, `usgov`); or the simulator at
    /// `REMIT_MANAGEMENT_URL`, which must be on this machine. The environment is given by the caller.
    pub fn choose(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, OpenError> {
        let look = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(address) = look("REMIT_MANAGEMENT_URL") {
            return Self::simulator(&address);
        }
        let wanted = look("REMIT_CLOUD").unwrap_or_else(|| "public".to_owned());
        let (_, management, services, storage) = CLOUDS
            .into_iter()
            .find(|(name, ..)| *name == wanted)
            .ok_or(OpenError::Workspace(
                "REMIT_CLOUD is none of public, china, usgov",
            ))?;
        Ok(Self {
            management: management.to_owned(),
            scope: format!("{management}/.default"),
            services,
            storage,
            is_loopback: false,
        })
    }

    /// A simulator on this machine.
    pub fn simulator(address: &str) -> Result<Self, OpenError> {
        let url = Url::parse(address)
            .map_err(|_| OpenError::Workspace("REMIT_MANAGEMENT_URL is no URL"))?;
        let is_plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.path() == "/";
        if url.scheme() != "http" || !is_loopback(url.host_str().unwrap_or_default()) || !is_plain {
            return Err(OpenError::Workspace(
                "REMIT_MANAGEMENT_URL is for a simulator on this machine: http://127.0.0.1:PORT",
            ));
        }
        Ok(Self {
            management: url.origin().ascii_serialization(),
            scope: String::new(),
            services: "",
            storage: "",
            is_loopback: true,
        })
    }

    /// Whether it is a simulator on this machine.
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    pub(crate) fn management(&self) -> &str {
        &self.management
    }

    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }

    /// What hosts of storage accounts end with; none for a simulator, which says where its account is.
    pub(crate) fn storage(&self) -> Option<&str> {
        (!self.is_loopback).then_some(self.storage)
    }

    /// Whether a request to this address, token and all, stays within the cloud.
    pub(crate) fn admits(&self, url: &Url) -> bool {
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        if url.origin().ascii_serialization() == self.management {
            return true;
        }
        !self.is_loopback
            && url.scheme() == "https"
            && url.port().is_none()
            && url.host_str().is_some_and(|host| {
                host.strip_suffix(self.services).is_some_and(|region| {
                    !region.is_empty()
                        && region
                            .bytes()
                            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(set: &[(&str, &str)]) -> Result<Cloud, String> {
        Cloud::choose(&|name| {
            let found = set.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| (*value).to_owned())
        })
        .map_err(|error| error.to_string())
    }

    fn check(cloud: &Cloud, admitted: &[&str], refused: &[&str]) {
        for url in admitted {
            assert!(cloud.admits(&Url::parse(url).unwrap()), "{url}");
        }
        for url in refused {
            assert!(!cloud.admits(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn tokens_stay_within_the_cloud() {
        check(
            &cloud(&[]).unwrap(),
            &[
                "https://management.azure.com/subscriptions/s?api-version=1",
                "https://eastus2.api.azureml.ms/history/v1.0/x",
            ],
            &[
                "http://management.azure.com/subscriptions/s",
                "https://management.azure.com:8443/x",
                "https://management.azure.com.example.com/x",
                "https://user@management.azure.com/x",
                "https://api.azureml.ms.example.com/x",
                "https://evil-api.azureml.ms/x",
                "https://.api.azureml.ms/x",
                "http://eastus2.api.azureml.ms/x",
                "https://management.chinacloudapi.cn/x",
                "http://127.0.0.1:1/x",
            ],
        );
        check(
            &cloud(&[("REMIT_CLOUD", "china")]).unwrap(),
            &["https://management.chinacloudapi.cn/x"],
            &["https://management.azure.com/x"],
        );
    }

    #[test]
    fn a_simulator_is_on_this_machine_and_reaches_nothing_else() {
        let simulator = cloud(&[("REMIT_MANAGEMENT_URL", "http://127.0.0.1:7/")]).unwrap();
        check(
            &simulator,
            &["http://127.0.0.1:7/subscriptions/s"],
            &[
                "http://127.0.0.1:8/x",
                "https://management.azure.com/x",
                "https://eastus2.api.azureml.ms/x",
            ],
        );
        for refused in [
            "https://management.example.com",
            "http://management.azure.com",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1:7/path",
            "nonsense",
        ] {
            assert!(
                cloud(&[("REMIT_MANAGEMENT_URL", refused)]).is_err(),
                "{refused}"
            );
        }
        assert!(cloud(&[("REMIT_CLOUD", "mars")]).is_err());
    }
}
