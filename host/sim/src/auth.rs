//! Who asks, and what they may: shared key, shared access signature, or bearer token.

pub(crate) mod sas;
pub(crate) mod shared_key;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::mutation::Service;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::request::Request;
use crate::settings::{ALL_PERMISSIONS, Settings};

/// Who asks: what a verified signature or token lets them do.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    permissions: String,
    /// The resource types of an account SAS.
    resources: Option<String>,
    /// Whether this is the account's key: it may also what no SAS can.
    owner: bool,
}

impl Caller {
    pub(crate) fn may(&self, permission: char) -> bool {
        self.permissions.contains(permission)
    }
}

/// A policy stored with a container: start, expiry, permissions.
pub(crate) type Stored = (String, String, String);

/// Finds out who asks, and whether they may.
pub(crate) fn authorise(
    request: &Request,
    operation: Operation,
    settings: &Settings,
    stored: impl Fn(&str) -> Option<Stored>,
) -> Result<Caller, Refusal> {
    let caller = authenticate(request, settings, stored)?;
    if caller.owner {
        return Ok(caller);
    }
    if let Some(resources) = &caller.resources
        && !resources.contains(operation.resource())
    {
        return Err(Code::AuthorizationResourceTypeMismatch.into());
    }
    let any_of = operation.any_of();
    if any_of.is_empty() {
        // Reading and setting the policies of a container takes the key.
        return Err(Code::AuthorizationFailure.into());
    }
    let version =
        operation == Operation::BlobDeletePermanent && request.parameter("versionid").is_some();
    if !any_of.chars().any(|letter| caller.may(letter)) || (version && !caller.may('x')) {
        return Err(Code::AuthorizationPermissionMismatch.into());
    }
    Ok(caller)
}

fn authenticate(
    request: &Request,
    settings: &Settings,
    stored: impl Fn(&str) -> Option<Stored>,
) -> Result<Caller, Refusal> {
    if let Some(header) = request.header("authorization") {
        if let Some(signed) = header.strip_prefix("SharedKey ") {
            shared_key::verify(request, signed, settings)?;
            return Ok(Caller {
                permissions: ALL_PERMISSIONS.into(),
                resources: None,
                owner: true,
            });
        }
        let token = header
            .strip_prefix("Bearer ")
            .and_then(|text| settings.tokens.iter().find(|token| token.text == text))
            .ok_or(Code::AuthenticationFailed)?;
        // The service takes no token for files without this header (2024-05-04).
        if request.service == Service::File
            && request.header("x-ms-file-request-intent") != Some("backup")
        {
            return Err(Code::MissingRequiredHeader.into());
        }
        return Ok(Caller {
            permissions: token.permissions.clone(),
            resources: None,
            owner: false,
        });
    }
    if request.parameter("sig").is_some() {
        let granted = sas::verify(request, settings, stored)?;
        return Ok(Caller {
            permissions: granted.permissions,
            resources: granted.resources,
            owner: false,
        });
    }
    Err(Code::NoAuthenticationInformation.into())
}

/// HMAC-SHA256 with the account's key, base64.
pub(crate) fn signature(key: &str, text: &str) -> String {
    use base64ct::{Base64, Encoding as _};
    let key = Base64::decode_vec(key).unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    Base64::encode_string(&mac.finalize().into_bytes())
}

/// Compares without telling by the time how far it came.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes()
            .zip(b.bytes())
            .fold(0, |sum, (a, b)| sum | (a ^ b))
            == 0
}
