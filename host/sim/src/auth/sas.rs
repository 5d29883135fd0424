//! Shared access signatures: of the account, and of one container, blob, share or file.

use jiff::Timestamp;

use crate::auth::{Stored, same, signature};
use crate::mutation::Service;
use crate::refusal::{Code, Refusal};
use crate::request::Request;
use crate::settings::Settings;

/// What a verified signature grants.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) permissions: String,
    /// The resource types of an account SAS.
    pub(crate) resources: Option<String>,
}

/// From this version on an encryption scope is signed, too.
const WITH_ENCRYPTION_SCOPE: &str = "2020-12-06";
/// From this version on the resource and the snapshot are signed, too.
const WITH_RESOURCE: &str = "2018-11-09";

/// Verifies the signature of a request, its time and its reach.
pub(crate) fn verify(
    request: &Request,
    settings: &Settings,
    stored: impl Fn(&str) -> Option<Stored>,
) -> Result<Granted, Refusal> {
    let failed = Refusal(Code::AuthenticationFailed);
    let field = |name: &str| request.parameter(name).unwrap_or_default();
    let account_wide = request.parameter("srt").is_some();
    let text = if account_wide {
        of_account(request, &settings.account)
    } else {
        of_resource(request, &settings.account).ok_or(failed)?
    };
    if !same(&signature(&settings.key, &text), field("sig")) {
        return Err(failed);
    }
    let mut granted = Stored::default();
    if let Some(id) = request.parameter("si") {
        granted = stored(id).ok_or(failed)?;
    }
    let (start, expiry, permissions) = granted;
    let or = |own: &str, policy: String| match request.parameter(own) {
        Some(own) => own.to_owned(),
        None => policy,
    };
    let now = Timestamp::now();
    let start = or("st", start);
    if !start.is_empty() && instant(&start).is_none_or(|start| start > now) {
        return Err(failed);
    }
    if instant(&or("se", expiry)).is_none_or(|expiry| expiry <= now) {
        return Err(failed);
    }
    // This server speaks plain HTTP.
    if field("spr") == "https" {
        return Err(Code::AuthorizationProtocolMismatch.into());
    }
    if account_wide {
        let service = match request.service {
            Service::Blob => 'b',
            Service::File => 'f',
            // No signature is for them, and none comes here.
            Service::Management | Service::Data => return Err(failed),
        };
        if !field("ss").contains(service) {
            return Err(Code::AuthorizationServiceMismatch.into());
        }
    }
    Ok(Granted {
        permissions: or("sp", permissions),
        resources: account_wide.then(|| field("srt").to_owned()),
    })
}

/// The documented forms of an instant: to the day, the minute, the second and below.
fn instant(text: &str) -> Option<Timestamp> {
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        17 => format!("{}:00Z", text.trim_end_matches('Z')),
        _ => text.to_owned(),
    };
    full.parse().ok()
}

fn of_account(request: &Request, account: &str) -> String {
    let field = |name: &str| request.parameter(name).unwrap_or_default();
    let mut text = [
        account,
        field("sp"),
        field("ss"),
        field("srt"),
        field("st"),
        field("se"),
        field("sip"),
        field("spr"),
        field("sv"),
    ]
    .join("\n");
    text.push('\n');
    if field("sv") >= WITH_ENCRYPTION_SCOPE {
        text.push_str(field("ses"));
        text.push('\n');
    }
    text
}

/// What is signed for one resource; None if it does not reach what is asked.
fn of_resource(request: &Request, account: &str) -> Option<String> {
    let field = |name: &str| request.parameter(name).unwrap_or_default();
    let Request {
        container, name, ..
    } = request;
    let whole = format!("/{container}");
    let one = format!("/{container}/{name}");
    let (service, path, generation) = match (request.service, field("sr")) {
        (Service::Blob, "c") => ("blob", whole, ""),
        (Service::Blob, "b") => ("blob", one, ""),
        (Service::Blob, "bs") => ("blob", one, field("snapshot")),
        (Service::Blob, "bv") => ("blob", one, field("versionid")),
        (Service::File, "s") => ("file", whole, ""),
        (Service::File, "f") => ("file", one, ""),
        _ => return None,
    };
    // A signature of a container or a blob does not reach the account.
    if container.is_empty() || (matches!(field("sr"), "b" | "bs" | "bv" | "f") && name.is_empty()) {
        return None;
    }
    let resource = format!("/{service}/{account}{path}");
    let mut parts = vec![
        field("sp"),
        field("st"),
        field("se"),
        resource.as_str(),
        field("si"),
        field("sip"),
        field("spr"),
        field("sv"),
    ];
    if request.service == Service::Blob && field("sv") >= WITH_RESOURCE {
        parts.extend([field("sr"), generation]);
        if field("sv") >= WITH_ENCRYPTION_SCOPE {
            parts.push(field("ses"));
        }
    }
    parts.extend([
        field("rscc"),
        field("rscd"),
        field("rsce"),
        field("rscl"),
        field("rsct"),
    ]);
    Some(parts.join("\n"))
}

/// The query text of a service SAS for all of one container, or for one blob of it.
pub(crate) fn issue_for(
    settings: &Settings,
    container: &str,
    blob: Option<&str>,
    permissions: &str,
    expiry: Timestamp,
) -> String {
    let expiry = whole_seconds(expiry);
    let (kind, path) = match blob {
        Some(blob) => ("b", format!("{container}/{blob}")),
        None => ("c", container.to_owned()),
    };
    let text = format!(
        "{permissions}\n\n{expiry}\n/blob/{}/{path}\n\n\n\n{ISSUED_AS}\n{kind}\n\n\n\n\n\n\n",
        settings.account
    );
    format!(
        "sv={ISSUED_AS}&sr={kind}&sp={permissions}&se={}&sig={}",
        encoded(&expiry),
        encoded(&signature(&settings.key, &text))
    )
}

/// The version that signatures made here are of.
const ISSUED_AS: &str = "2024-08-04";

fn whole_seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second())
        .unwrap_or(time)
        .to_string()
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The query text of an account SAS for both services and all resource types.
pub(crate) fn issue(settings: &Settings, permissions: &str, expiry: Timestamp) -> String {
    let expiry = whole_seconds(expiry);
    let text = format!(
        "{}\n{permissions}\nbf\nsco\n\n{expiry}\n\n\n{ISSUED_AS}\n\n",
        settings.account
    );
    format!(
        "sv={ISSUED_AS}&ss=bf&srt=sco&sp={permissions}&se={}&sig={}",
        encoded(&expiry),
        encoded(&signature(&settings.key, &text))
    )
}
