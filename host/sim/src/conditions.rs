//! `If-Match` and its kin: whether a request still means what it finds.

use jiff::Timestamp;

use crate::clock::parse_http_date;
use crate::refusal::{Code, Refusal};
use crate::request::Request;

/// The conditions of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
}

/// What a failed condition means to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// The reader has it already: 304.
    NotModified,
    /// 412.
    Changed,
}

impl Conditions {
    pub(crate) fn of(request: &Request) -> Result<Self, Refusal> {
        let date = |name: &str| match request.header(name) {
            None => Ok(None),
            Some(text) => parse_http_date(text)
                .map(Some)
                .ok_or(Refusal(Code::InvalidHeaderValue)),
        };
        let tag = |name: &str| request.header(name).map(|tag| bare(tag).to_owned());
        Ok(Self {
            if_match: tag("if-match"),
            if_none_match: tag("if-none-match"),
            modified_since: date("if-modified-since")?,
            unmodified_since: date("if-unmodified-since")?,
        })
    }

    fn unmet(&self, etag: &str, modified: Timestamp) -> Option<Unmet> {
        let etag = bare(etag);
        // Dates on the wire have whole seconds.
        let modified = modified.as_second();
        if self
            .if_match
            .as_ref()
            .is_some_and(|wanted| wanted != "*" && wanted != etag)
            || self
                .unmodified_since
                .is_some_and(|date| modified > date.as_second())
        {
            return Some(Unmet::Changed);
        }
        let matches = self
            .if_none_match
            .as_ref()
            .map(|known| known == "*" || known == etag);
        let stale = self.modified_since.map(|date| modified <= date.as_second());
        match (matches, stale) {
            (Some(true), _) | (None, Some(true)) => Some(Unmet::NotModified),
            _ => None,
        }
    }

    /// Checks before a read.
    pub(crate) fn read(&self, etag: &str, modified: Timestamp) -> Result<(), Unmet> {
        self.unmet(etag, modified).map_or(Ok(()), Err)
    }

    /// Checks before a change of what may not be there.
    pub(crate) fn write(&self, found: Option<(&str, Timestamp)>) -> Result<(), Refusal> {
        match found {
            Some((etag, modified)) => match self.unmet(etag, modified) {
                None => Ok(()),
                // "Put this only if there is none" has a code of its own.
                Some(Unmet::NotModified) if self.if_none_match.as_deref() == Some("*") => {
                    Err(Code::BlobAlreadyExists.into())
                }
                Some(_) => Err(Code::ConditionNotMet.into()),
            },
            None if self.if_match.is_some() => Err(Code::ConditionNotMet.into()),
            None => Ok(()),
        }
    }
}

fn bare(tag: &str) -> &str {
    tag.trim_start_matches("W/").trim_matches('"')
}
