//! Shared Key: the string-to-sign of version 2015-02-21 and later.

use jiff::{SignedDuration, Timestamp};

use crate::auth::{same, signature};
use crate::clock::parse_http_date;
use crate::refusal::{Code, Refusal};
use crate::request::Request;
use crate::settings::Settings;

/// How old a signed date may be; documented.
const SKEW_MINUTES: i64 = 15;

/// Verifies `account:signature`.
pub(crate) fn verify(request: &Request, signed: &str, settings: &Settings) -> Result<(), Refusal> {
    let failed = Refusal(Code::AuthenticationFailed);
    let (account, given) = signed.split_once(':').ok_or(failed)?;
    let date = request
        .header("x-ms-date")
        .or(request.header("date"))
        .and_then(parse_http_date)
        .ok_or(failed)?;
    let age = Timestamp::now().duration_since(date).abs();
    let expected = signature(&settings.key, &string_to_sign(request, &settings.account));
    if account != settings.account
        || age > SignedDuration::from_mins(SKEW_MINUTES)
        || !same(&expected, given)
    {
        return Err(failed);
    }
    Ok(())
}

/// What is signed.
fn string_to_sign(request: &Request, account: &str) -> String {
    let header = |name: &str| request.header(name).unwrap_or_default();
    let length = match header("content-length") {
        "0" => "",
        length => length,
    };
    // Where `x-ms-date` is given, the plain date is not signed.
    let date = match request.header("x-ms-date") {
        Some(_) => "",
        None => header("date"),
    };
    let mut text = [
        request.method.as_str(),
        header("content-encoding"),
        header("content-language"),
        length,
        header("content-md5"),
        header("content-type"),
        date,
        header("if-modified-since"),
        header("if-match"),
        header("if-none-match"),
        header("if-unmodified-since"),
        header("range"),
    ]
    .join("\n");
    text.push('\n');
    let mut names: Vec<&str> = request
        .headers
        .keys()
        .map(hyper::header::HeaderName::as_str)
        .filter(|name| name.starts_with("x-ms-"))
        .collect();
    names.sort_unstable();
    for name in names {
        text.push_str(name);
        text.push(':');
        text.push_str(header(name));
        text.push('\n');
    }
    text.push('/');
    text.push_str(account);
    text.push_str(&request.raw_path);
    let mut query = request.query.clone();
    query.sort();
    let mut last: Option<&str> = None;
    for (key, value) in &query {
        if last == Some(key) {
            text.push(',');
        } else {
            text.push('\n');
            text.push_str(key);
            text.push(':');
        }
        text.push_str(value);
        last = Some(key);
    }
    text
}
