//! Blob Batch: many deletes or tier changes in one body.
//!
//! Taken apart here; each part is authorised and answered as a request of its own.

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};

use crate::identity;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;

/// The documented limits.
const PARTS_MAX: usize = 256;
const BODY_MAX: usize = 4 << 20;

/// A part: its `Content-ID`, and what it asks or why that cannot be read.
pub(crate) struct Part {
    pub(crate) id: String,
    pub(crate) request: Result<Request, Refusal>,
}

/// Takes a batch apart.
pub(crate) fn parts(request: &Request, account: &str) -> Result<Vec<Part>, Refusal> {
    if request.body.len() > BODY_MAX {
        return Err(Code::RequestBodyTooLarge.into());
    }
    let invalid = || Refusal(Code::InvalidInput);
    let boundary = request
        .header("content-type")
        .filter(|kind| kind.to_ascii_lowercase().starts_with("multipart/mixed"))
        .and_then(|kind| kind.split_once("boundary="))
        .map(|(_, boundary)| boundary.trim_matches('"').to_owned())
        .ok_or(Code::InvalidHeaderValue)?;
    let body = std::str::from_utf8(&request.body).map_err(|_| invalid())?;
    // Line ends: the documentation asks for CRLF; clients that send LF are answered too.
    let body = body.replace("\r\n", "\n");
    let mut found = Vec::new();
    let delimiter = format!("--{boundary}");
    for piece in body.split(delimiter.as_str()).skip(1) {
        if piece.starts_with("--") {
            if found.is_empty() || found.len() > PARTS_MAX {
                return Err(invalid());
            }
            return Ok(found);
        }
        found.push(part(piece.trim_start_matches('\n'), request, account).ok_or_else(invalid)?);
    }
    // The closing delimiter is missing: somebody's body was cut.
    Err(invalid())
}

fn part(piece: &str, batch: &Request, account: &str) -> Option<Part> {
    let (outer, inner) = piece.split_once("\n\n")?;
    let id = outer
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-id"))
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default();
    let mut lines = inner.trim_start_matches('\n').lines();
    let mut first = lines.next()?.split(' ');
    let method = Method::from_bytes(first.next()?.as_bytes()).ok()?;
    let target = first.next()?;
    let mut headers = HeaderMap::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.append(
            HeaderName::from_bytes(name.trim().as_bytes()).ok()?,
            HeaderValue::from_bytes(value.trim().as_bytes()).ok()?,
        );
    }
    Some(Part {
        id,
        request: inner_request(batch, account, method, target, headers),
    })
}

fn inner_request(
    batch: &Request,
    account: &str,
    method: Method,
    target: &str,
    headers: HeaderMap,
) -> Result<Request, Refusal> {
    // A full URL, a path with the account, or one without it: Microsoft's own clients leave it
    // out of a path-style URL, so that the path alone does not tell; the container must exist.
    let target = target
        .strip_prefix("http://")
        .and_then(|rest| rest.find('/').map(|at| &rest[at..]))
        .unwrap_or(target);
    let with_account = target
        .strip_prefix('/')
        .and_then(|rest| rest.strip_prefix(account))
        .is_some_and(|rest| rest.starts_with('/') && rest[1..].contains('/'));
    let full = if with_account {
        target.to_owned()
    } else {
        format!("/{account}{target}")
    };
    let mut request = Request::parse(batch.service, account, method, &full, headers, Bytes::new())?;
    // What was signed is the path as the part has it.
    target
        .split('?')
        .next()
        .unwrap_or_default()
        .clone_into(&mut request.raw_path);
    let delete = request.method == Method::DELETE;
    let tier = request.method == Method::PUT && request.says("comp", "tier");
    if request.name.is_empty() || !(delete || tier) {
        return Err(Code::InvalidInput.into());
    }
    // A batch on a container reaches into no other.
    if !batch.container.is_empty() && batch.container != request.container {
        return Err(Code::InvalidInput.into());
    }
    Ok(request)
}

/// The conditions that a batch may or may not honour.
pub(crate) fn without_conditions(request: &mut Request) {
    for name in [
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
    ] {
        request.headers.remove(name);
    }
}

/// Puts the answers together.
///
/// The swagger says 200 for the account and 202 for a container; the documentation says 202,
/// and Microsoft's own clients take nothing else.
pub(crate) fn answer(answers: Vec<(String, Reply)>) -> Reply {
    let boundary = format!("batchresponse_{}", identity::fresh());
    let mut body = String::new();
    for (id, reply) in answers {
        body.push_str(&format!(
            "--{boundary}\r\nContent-Type: application/http\r\n"
        ));
        if !id.is_empty() {
            body.push_str(&format!("Content-ID: {id}\r\n"));
        }
        let status = reply.status;
        body.push_str(&format!(
            "\r\nHTTP/1.1 {} {}\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or_default()
        ));
        for (name, value) in &reply.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            body.push_str(&format!("{name}: {value}\r\n"));
        }
        body.push_str(&format!(
            "x-ms-request-id: {}\r\nContent-Length: {}\r\n\r\n",
            identity::fresh(),
            reply.body.len()
        ));
        for piece in reply.body.pieces() {
            body.push_str(&String::from_utf8_lossy(piece));
        }
        body.push_str("\r\n");
    }
    body.push_str(&format!("--{boundary}--\r\n"));
    Reply::accepted()
        .header(
            "content-type",
            format!("multipart/mixed; boundary={boundary}"),
        )
        .body(body)
}
