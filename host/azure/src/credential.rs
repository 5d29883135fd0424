//! Whom the account is told we are, and how that is chosen.
//!
//! Chosen with one word (`--credential`), or in this order, the first that is there: a signature in the
//! address, `AZURE_STORAGE_CONNECTION_STRING`, `AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN`, a client's
//! secret or certificate, a workload's identity, a managed identity that the environment names, and the developer tools.
//! The environment is given by the caller; this crate reads none of it itself.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{
    ClientSecretCredential, ClientSecretCredentialOptions, DeveloperToolsCredential,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use crate::certificate::{self, Client};
use crate::door::identity_options;
use crate::error::OpenError;
use crate::{Cloud, Endpoint, Key, Secret};

/// What proves who we are. Prints nothing that is secret.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A shared access signature: the query of an address.
    Signature(Secret),
    /// The account's own key.
    Key(Key),
    /// Tokens of an identity.
    Tokens(Tokens),
    /// Nothing: what the account shows to everybody.
    Anonymous,
    /// A token that a simulator on this machine takes. [`Cloud`] gives it for no other place.
    Practice(Secret),
}

/// Tokens of an identity, and where they come from.
#[derive(Clone)]
pub struct Tokens {
    source: Choice,
    pub(crate) credential: Arc<dyn TokenCredential>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.source.as_str())
    }
}

/// The ways of saying who we are, each one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `sas`: the signature in the address, or `AZURE_STORAGE_SAS_TOKEN`.
    Sas,
    /// `key`: `AZURE_STORAGE_KEY`.
    Key,
    /// `connection-string`: `AZURE_STORAGE_CONNECTION_STRING`.
    ConnectionString,
    /// `client-secret`: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`.
    ClientSecret,
    /// `client-certificate`: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_CERTIFICATE_PATH`.
    ClientCertificate,
    /// `workload-identity`: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_FEDERATED_TOKEN_FILE`.
    WorkloadIdentity,
    /// `managed-identity`: of the machine; `AZURE_CLIENT_ID` names one of several.
    ManagedIdentity,
    /// `developer-tools`: the Azure CLI or the Azure Developer CLI.
    DeveloperTools,
    /// `anonymous`: nobody.
    Anonymous,
}

impl Choice {
    /// Every way, in the order in which they are tried; the last two only when named or nothing else is there.
    pub const ALL: [Self; 9] = [
        Self::Sas,
        Self::ConnectionString,
        Self::Key,
        Self::ClientSecret,
        Self::ClientCertificate,
        Self::WorkloadIdentity,
        Self::ManagedIdentity,
        Self::DeveloperTools,
        Self::Anonymous,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sas => "sas",
            Self::Key => "key",
            Self::ConnectionString => "connection-string",
            Self::ClientSecret => "client-secret",
            Self::ClientCertificate => "client-certificate",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::DeveloperTools => "developer-tools",
            Self::Anonymous => "anonymous",
        }
    }

    /// Whether the environment names it.
    fn is_named(self, look: &dyn Fn(&str) -> Option<String>) -> bool {
        let variable = match self {
            Self::Sas => "AZURE_STORAGE_SAS_TOKEN",
            Self::ConnectionString => "AZURE_STORAGE_CONNECTION_STRING",
            Self::Key => "AZURE_STORAGE_KEY",
            Self::ClientSecret => "AZURE_CLIENT_SECRET",
            Self::ClientCertificate => "AZURE_CLIENT_CERTIFICATE_PATH",
            Self::WorkloadIdentity => "AZURE_FEDERATED_TOKEN_FILE",
            // Asking a machine that has none would only wait.
            Self::ManagedIdentity => "IDENTITY_ENDPOINT",
            Self::DeveloperTools | Self::Anonymous => return false,
        };
        look(variable).is_some()
    }

    /// The way of this name; none when it is unknown.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == word)
    }
}

impl Credential {
    /// Who we are, in words without a secret in them.
    pub fn describe(&self) -> String {
        match self {
            Self::Signature(query) => describe_signature(query),
            Self::Key(_) => "the account's key, which may do everything".to_owned(),
            Self::Tokens(tokens) => format!("an identity ({})", tokens.source.as_str()),
            Self::Anonymous => "nobody (anonymous)".to_owned(),
            Self::Practice(_) => "somebody, to a simulator on this machine".to_owned(),
        }
    }

    /// Chooses who we are to the services of a workspace, which take nothing but tokens: as `wanted` says,
    /// or the first identity that is there. On this machine it is `REMIT_MANAGEMENT_TOKEN`, or any.
    pub fn choose_for(
        cloud: &Cloud,
        wanted: Option<Choice>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, OpenError> {
        let look = |name: &str| variable(name).filter(|value| !value.is_empty());
        if cloud.is_loopback() {
            let token = look("REMIT_MANAGEMENT_TOKEN").unwrap_or_else(|| "practice".to_owned());
            return Ok(Self::Practice(Secret::new(token)));
        }
        let choice = wanted.unwrap_or_else(|| {
            let tokens = [
                Choice::ClientSecret,
                Choice::ClientCertificate,
                Choice::WorkloadIdentity,
                Choice::ManagedIdentity,
            ];
            let named = tokens.into_iter().find(|choice| choice.is_named(&look));
            named.unwrap_or(Choice::DeveloperTools)
        });
        Self::tokens_of(choice, &look)
    }

    /// Chooses: what `wanted` names, or the first that is there. `in_address` is the signature that stood in
    /// the address; `variable` looks up the environment.
    pub fn choose(
        endpoint: &Endpoint,
        in_address: Option<Secret>,
        wanted: Option<Choice>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, OpenError> {
        let look = |name: &str| variable(name).filter(|value| !value.is_empty());
        let credential = match wanted {
            Some(choice) => Self::of(choice, endpoint, in_address, &look)?,
            None => {
                let mut found = None;
                for choice in Choice::ALL {
                    // A signature that was typed wins over all that lies about.
                    let is_named = match choice {
                        Choice::Sas => in_address.is_some() || choice.is_named(&look),
                        Choice::DeveloperTools => !endpoint.is_loopback(),
                        _ => choice.is_named(&look),
                    };
                    if is_named {
                        found = Some(Self::of(choice, endpoint, in_address.clone(), &look)?);
                        break;
                    }
                }
                found.ok_or(OpenError::NoCredential)?
            }
        };
        match credential {
            Self::Tokens(_) if endpoint.is_loopback() => Err(OpenError::Credential(
                "tokens are sent over https only, and this machine is spoken to without it",
            )),
            credential => Ok(credential),
        }
    }

    fn of(
        choice: Choice,
        endpoint: &Endpoint,
        in_address: Option<Secret>,
        look: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, OpenError> {
        let need = |name: &str, why| look(name).ok_or(OpenError::Credential(why));
        match choice {
            Choice::Sas => match in_address {
                Some(query) => Ok(Self::Signature(query)),
                None => {
                    let text = need(
                        "AZURE_STORAGE_SAS_TOKEN",
                        "AZURE_STORAGE_SAS_TOKEN is not set",
                    )?;
                    signature(&text)
                }
            },
            Choice::Key => {
                let key = Secret::new(need("AZURE_STORAGE_KEY", "AZURE_STORAGE_KEY is not set")?);
                // A key of another account must not sign for this one.
                match look("AZURE_STORAGE_ACCOUNT") {
                    Some(account) if account != endpoint.account() => Err(OpenError::Credential(
                        "AZURE_STORAGE_ACCOUNT names another account than the workspace",
                    )),
                    _ => Ok(Self::Key(Key::parse(endpoint.account(), &key)?)),
                }
            }
            Choice::ConnectionString => {
                let text = Secret::new(need(
                    "AZURE_STORAGE_CONNECTION_STRING",
                    "AZURE_STORAGE_CONNECTION_STRING is not set",
                )?);
                Self::of_connection_string(endpoint, &text)
            }
            Choice::Anonymous => Ok(Self::Anonymous),
            Choice::ClientSecret
            | Choice::ClientCertificate
            | Choice::WorkloadIdentity
            | Choice::ManagedIdentity
            | Choice::DeveloperTools => Self::tokens_of(choice, look),
        }
    }

    /// Tokens of an identity.
    fn tokens_of(choice: Choice, look: &dyn Fn(&str) -> Option<String>) -> Result<Self, OpenError> {
        let need = |name: &str, why| look(name).ok_or(OpenError::Credential(why));
        let tokens = |credential: Arc<dyn TokenCredential>| {
            Ok(Self::Tokens(Tokens {
                source: choice,
                credential,
            }))
        };
        match choice {
            Choice::ClientSecret => {
                let tenant = need("AZURE_TENANT_ID", "AZURE_TENANT_ID is not set")?;
                let client = need("AZURE_CLIENT_ID", "AZURE_CLIENT_ID is not set")?;
                let secret = need("AZURE_CLIENT_SECRET", "AZURE_CLIENT_SECRET is not set")?;
                let options = ClientSecretCredentialOptions {
                    client_options: identity_options()?,
                };
                tokens(
                    ClientSecretCredential::new(&tenant, client, secret.into(), Some(options))
                        .map_err(identity("reading the client's secret"))?,
                )
            }
            Choice::ClientCertificate => {
                let path = "AZURE_CLIENT_CERTIFICATE_PATH";
                let path = need(path, "AZURE_CLIENT_CERTIFICATE_PATH is not set")?;
                let authority = look("AZURE_AUTHORITY_HOST");
                let client = Client {
                    tenant: &need("AZURE_TENANT_ID", "AZURE_TENANT_ID is not set")?,
                    client: &need("AZURE_CLIENT_ID", "AZURE_CLIENT_ID is not set")?,
                    authority: authority.as_deref(),
                };
                tokens(certificate::credential(&client, &path)?)
            }
            Choice::WorkloadIdentity => {
                let mut options = WorkloadIdentityCredentialOptions {
                    client_id: look("AZURE_CLIENT_ID"),
                    tenant_id: look("AZURE_TENANT_ID"),
                    token_file_path: look("AZURE_FEDERATED_TOKEN_FILE").map(Into::into),
                    ..Default::default()
                };
                options.credential_options.client_options = identity_options()?;
                tokens(
                    WorkloadIdentityCredential::new(Some(options))
                        .map_err(identity("reading the workload's identity"))?,
                )
            }
            Choice::ManagedIdentity => {
                let options = ManagedIdentityCredentialOptions {
                    user_assigned_id: look("AZURE_CLIENT_ID").map(UserAssignedId::ClientId),
                    client_options: identity_options()?,
                };
                tokens(
                    ManagedIdentityCredential::new(Some(options))
                        .map_err(identity("reading the managed identity"))?,
                )
            }
            Choice::DeveloperTools => tokens(
                DeveloperToolsCredential::new(None)
                    .map_err(identity("looking for developer tools"))?,
            ),
            Choice::Sas | Choice::Key | Choice::ConnectionString | Choice::Anonymous => {
                Err(OpenError::Credential(
                    "the services of a workspace take tokens of an identity only",
                ))
            }
        }
    }

    /// A connection string, if it is one of this account.
    pub fn of_connection_string(endpoint: &Endpoint, text: &Secret) -> Result<Self, OpenError> {
        let value = |wanted: &str| {
            text.reveal()
                .split(';')
                .filter_map(|pair| pair.split_once('='))
                .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.trim())
                .filter(|value| !value.is_empty())
        };
        let other = OpenError::Credential("the connection string is another account's");
        if value("AccountName").is_some_and(|name| name != endpoint.account()) {
            return Err(other);
        }
        if let Some(address) = value("BlobEndpoint") {
            let (named, _) = Endpoint::parse(address)?;
            if named.blobs() != endpoint.blobs() {
                return Err(other);
            }
        }
        match (value("AccountKey"), value("SharedAccessSignature")) {
            (Some(key), _) => Ok(Self::Key(Key::parse(
                endpoint.account(),
                &Secret::new(key),
            )?)),
            (None, Some(query)) => signature(query),
            (None, None) => Err(OpenError::Credential(
                "the connection string has neither a key nor a signature",
            )),
        }
    }
}

fn identity(doing: &'static str) -> impl Fn(azure_core::Error) -> OpenError {
    move |error| OpenError::Identity {
        doing,
        why: error.kind().to_string(),
    }
}

fn signature(text: &str) -> Result<Credential, OpenError> {
    let query = text.trim().trim_start_matches('?');
    if !query.split('&').any(|pair| pair.starts_with("sig=")) {
        return Err(OpenError::Credential("the signature has no `sig=` in it"));
    }
    Ok(Credential::Signature(Secret::new(query)))
}

/// What a signature says about itself, in a closed alphabet.
fn describe_signature(query: &Secret) -> String {
    let part = |wanted: &str| {
        query
            .reveal()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| {
                value
                    .replace("%3A", ":")
                    .chars()
                    .filter(|one| one.is_ascii_alphanumeric() || "-:".contains(*one))
                    .take(40)
                    .collect::<String>()
            })
    };
    let mut text = "a shared access signature".to_owned();
    if let Some(permissions) = part("sp") {
        text.push_str(&format!(" with the permissions `{permissions}`"));
    }
    if let Some(expiry) = part("se") {
        text.push_str(&format!(", until {expiry}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(
        address: &str,
        wanted: Option<Choice>,
        set: &[(&str, &str)],
    ) -> Result<String, String> {
        let (endpoint, signature) = Endpoint::parse(address).unwrap();
        Credential::choose(&endpoint, signature, wanted, &|name| {
            set.iter()
                .find(|(set, _)| *set == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .map(|credential| credential.describe())
        .map_err(|error| error.to_string())
    }

    const LOCAL: &str = "http://127.0.0.1:1/acct";
    const CONNECTION: (&str, &str) = (
        "AZURE_STORAGE_CONNECTION_STRING",
        "AccountName=acct;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/acct;",
    );

    #[test]
    fn the_order_is_kept() {
        let key = ("AZURE_STORAGE_KEY", "a2V5");
        let sas = "http://127.0.0.1:1/acct?sp=rl&se=2030-01-01&sig=c2ln";
        assert_eq!(
            choose(sas, None, &[CONNECTION, key]).unwrap(),
            "a shared access signature with the permissions `rl`, until 2030-01-01"
        );
        assert!(choose(LOCAL, None, &[CONNECTION]).unwrap().contains("key"));
        assert!(choose(LOCAL, None, &[key]).unwrap().contains("key"));
        assert!(choose(LOCAL, None, &[]).is_err());
        assert!(
            choose(sas, Some(Choice::Anonymous), &[])
                .unwrap()
                .contains("nobody")
        );
    }

    #[test]
    fn what_belongs_to_another_account_is_refused() {
        for set in [
            &[(
                "AZURE_STORAGE_CONNECTION_STRING",
                "AccountName=other;AccountKey=a2V5",
            )][..],
            &[(
                "AZURE_STORAGE_CONNECTION_STRING",
                "AccountName=acct;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:2/acct",
            )],
            &[
                ("AZURE_STORAGE_KEY", "a2V5"),
                ("AZURE_STORAGE_ACCOUNT", "other"),
            ],
        ] {
            let refused = choose(LOCAL, None, set).unwrap_err();
            assert!(refused.contains("another account"), "{refused}");
        }
    }

    #[test]
    fn tokens_are_not_sent_in_the_clear() {
        let set = [
            ("AZURE_TENANT_ID", "00000000-0000-4000-8000-000000000001"),
            ("AZURE_CLIENT_ID", "client"),
            ("AZURE_CLIENT_SECRET", "c3ludGhldGlj"),
        ];
        let refused = choose(LOCAL, None, &set).unwrap_err();
        assert!(refused.contains("https only"), "{refused}");
        let cloud = choose("https://acct.blob.core.windows.net", None, &set).unwrap();
        assert_eq!(cloud, "an identity (client-secret)");
    }

    #[test]
    fn the_services_of_a_workspace_take_tokens_only() {
        let cloud = Cloud::choose(&|_| None).unwrap();
        let choose = |wanted| Credential::choose_for(&cloud, wanted, &|_| None);
        let refused = choose(Some(Choice::Key)).unwrap_err().to_string();
        assert!(refused.contains("tokens"), "{refused}");
        // A certificate is taken as on an account, before what comes after it.
        let set = |name: &str| match name {
            "AZURE_CLIENT_SECRET" => None,
            "AZURE_CLIENT_CERTIFICATE_PATH" => Some("/nowhere.pem".to_owned()),
            _ => Some("00000000-0000-4000-8000-000000000001".to_owned()),
        };
        let refused = Credential::choose_for(&cloud, None, &set).unwrap_err();
        assert!(
            refused.to_string().contains("CERTIFICATE_PATH"),
            "{refused}"
        );
        let simulator = Cloud::simulator("http://127.0.0.1:1").unwrap();
        let practice = Credential::choose_for(&simulator, None, &|_| None).unwrap();
        assert!(practice.describe().contains("simulator"), "{practice:?}");
    }

    #[test]
    fn nothing_secret_is_printed() {
        let (endpoint, signature) =
            Endpoint::parse("http://127.0.0.1:1/acct?sp=r&sig=c3ludGhldGlj").unwrap();
        let credential = Credential::choose(&endpoint, signature, None, &|_| None).unwrap();
        let text = format!("{credential:?} {} {endpoint:?}", credential.describe());
        assert!(!text.contains("c3ludGhldGlj"), "{text}");
    }
}
