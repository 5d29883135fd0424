//! Blob Batch: many deletes in one request, each with a condition and an answer of its own.
//!
//! It writes the request and reads the answer, and believes an answer only if it speaks of every part, once.
//! What a status means for a blob is judged by whoever asked.

use std::fmt::Write as _;

use azure_core::http::{Method, Url};
use bytes::Bytes;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, IF_MATCH};

use crate::error::Answer;
use crate::names::BlobName;
use crate::wire::{Effect, Wire, header};

/// Parts of one request, at most; a limit of the service.
pub(crate) const PARTS_MAX: usize = 256;
/// Bytes of a request's body, at most; a limit of the service.
const BODY_BYTES_MAX: usize = 4 << 20;

/// One delete of a batch: the blob, and the entity tag that it must still have, in quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) blob: &'a BlobName,
    pub(crate) etag: &'a str,
}

const NEVER_SENT: Answer = Answer::Malformed("a batch that cannot be written");

impl Wire {
    /// Asks for deletes within one container, once. The statuses of the parts, in their order.
    ///
    /// After any error nothing is known about any part, and each may have been done.
    pub(crate) async fn delete_batch(
        &self,
        container: &str,
        parts: &[Part<'_>],
    ) -> Result<Vec<u16>, Answer> {
        let bearer = self.door.bearer().await?;
        let boundary = format!("batch_{}", azure_core::Uuid::new_v4());
        let mut body = String::new();
        for (id, part) in parts.iter().enumerate() {
            let url = part.blob.url(self.endpoint.blobs()).ok_or(NEVER_SENT)?;
            self.write(
                &mut body,
                &boundary,
                id,
                (&url, part.etag),
                bearer.as_deref(),
            )?;
        }
        body.push_str(&format!("--{boundary}--\r\n"));
        if parts.len() > PARTS_MAX || body.len() > BODY_BYTES_MAX {
            return Err(NEVER_SENT);
        }
        let url = self.url(container, &[("restype", "container"), ("comp", "batch")]);
        let kind = format!("multipart/mixed; boundary={boundary}");
        let headers = [("content-type", kind.as_str())];
        let body = Bytes::from(body);
        // The specification says 202 for a container and 200 for an account.
        let expect = [200, 202];
        let answer = self
            .send(Effect::Changes, Method::Post, url, &headers, body, &expect)
            .await?;
        let kind = header(&answer, "content-type").unwrap_or_default();
        statuses(&kind, answer.body(), parts.len())
    }

    /// One part: a request within the request, authorised by itself. A version of the service is the whole's.
    fn write(
        &self,
        body: &mut String,
        boundary: &str,
        id: usize,
        (url, etag): (&Url, &str),
        bearer: Option<&str>,
    ) -> Result<(), Answer> {
        let value = |text| HeaderValue::from_str(text).map_err(|_| NEVER_SENT);
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, value(etag)?);
        if let Some(bearer) = bearer {
            headers.insert(AUTHORIZATION, value(bearer)?);
        }
        let (url, headers) = self.door.signed("DELETE", url, headers, Some(0))?;
        let (mark, query) = match url.query() {
            Some(query) => ("?", query),
            None => ("", ""),
        };
        body.push_str(&format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\
             Content-ID: {id}\r\n\r\nDELETE {}{mark}{query} HTTP/1.1\r\n",
            url.path()
        ));
        for (name, value) in &headers {
            let value = value.to_str().map_err(|_| NEVER_SENT)?;
            let _a_string_takes_all = write!(body, "{name}: {value}\r\n");
        }
        body.push_str("Content-Length: 0\r\n\r\n");
        Ok(())
    }
}

/// The statuses in an answer, by their `Content-ID`: of every part one, and of nothing else.
fn statuses(kind: &str, body: &[u8], count: usize) -> Result<Vec<u16>, Answer> {
    const BROKEN: Answer = Answer::Malformed("the answer to a batch is broken");
    let boundary = kind
        .strip_prefix("multipart/mixed")
        .and_then(|rest| rest.split_once("boundary="))
        .map(|(_, rest)| rest.split(';').next().unwrap_or_default())
        .map(|boundary| boundary.trim().trim_matches('"'))
        .filter(|boundary| !boundary.is_empty())
        .ok_or(BROKEN)?;
    // The first delimiter has no line before it.
    let text = format!("\r\n{}", std::str::from_utf8(body).map_err(|_| BROKEN)?);
    let delimiter = format!("\r\n--{boundary}");
    let pieces: Vec<&str> = text.split(delimiter.as_str()).collect();
    let [before, parts @ .., end] = pieces.as_slice() else {
        return Err(BROKEN);
    };
    // Without its end it was cut off, however many parts came.
    if !before.is_empty() || end.trim_end() != "--" {
        return Err(BROKEN);
    }
    let mut found: Vec<Option<u16>> = vec![None; count];
    for part in parts {
        let (id, status) = part.strip_prefix("\r\n").and_then(part_of).ok_or(BROKEN)?;
        let place = found
            .get_mut(id)
            .ok_or(Answer::Malformed("the answer to a part that was not asked"))?;
        if place.replace(status).is_some() {
            return Err(Answer::Malformed("two answers to one part"));
        }
    }
    found
        .into_iter()
        .collect::<Option<Vec<u16>>>()
        .ok_or(Answer::Malformed("a part without an answer"))
}

fn part_of(text: &str) -> Option<(usize, u16)> {
    let (outer, inner) = text.split_once("\r\n\r\n")?;
    let mut ids = outer
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-id"));
    let id = ids.next()?.1.trim().parse().ok()?;
    let first = inner.split("\r\n").next()?;
    let status = first.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    ids.next().is_none().then_some((id, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/mixed; boundary=b";

    fn part(id: &str, status: u16) -> String {
        format!(
            "--b\r\nContent-Type: application/http\r\nContent-ID: {id}\r\n\r\n\
             HTTP/1.1 {status} Some\r\nx-ms-request-id: 1\r\n\r\n<?xml?><Error/>\r\n"
        )
    }

    fn read(parts: &[(&str, u16)], count: usize) -> Result<Vec<u16>, Answer> {
        let mut body: String = parts.iter().map(|(id, status)| part(id, *status)).collect();
        body += "--b--\r\n";
        statuses(KIND, body.as_bytes(), count)
    }

    #[test]
    fn parts_are_told_apart_by_their_ids() {
        assert_eq!(read(&[("0", 202), ("1", 412)], 2).unwrap(), [202, 412]);
        assert_eq!(read(&[("1", 412), ("0", 202)], 2).unwrap(), [202, 412]);
    }

    #[test]
    fn an_answer_that_does_not_speak_of_every_part_once_is_none() {
        for parts in [
            &[("0", 202)][..],
            &[("0", 202), ("0", 202)],
            &[("0", 202), ("2", 202)],
            &[("0", 202), ("1", 202), ("2", 202)],
            &[("0", 202), ("1", 202), ("1", 404)],
            &[("0", 202), ("", 202)],
            &[("0", 202), ("-1", 202)],
            &[("0", 202), ("x", 202)],
        ] {
            assert!(read(parts, 2).is_err(), "{parts:?}");
        }
    }

    #[test]
    fn an_answer_that_was_cut_off_is_none() {
        let body = part("0", 202) + &part("1", 202) + "--b--";
        assert!(statuses(KIND, body.as_bytes(), 2).is_ok());
        for end in 0..body.len() {
            assert!(statuses(KIND, &body.as_bytes()[..end], 2).is_err(), "{end}");
        }
        for kind in [
            "multipart/mixed",
            "multipart/mixed; boundary=",
            "text/plain",
        ] {
            assert!(statuses(kind, body.as_bytes(), 2).is_err(), "{kind}");
        }
    }
}
