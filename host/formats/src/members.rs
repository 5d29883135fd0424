//! Changing members of a JSON document without touching any other byte of it.
//!
//! The document that a person sees has the values of credential fields blanked in place; these
//! functions put a change made to that view into the real document and keep the real values.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::{FormatError, top_level_spans};

/// Why a change cannot be put into a document.
pub type Why = &'static str;

/// The real document with these members as `given` has them. `shown` is the real document with
/// credentials blanked in place: the view that was changed into `given`.
pub fn patch(real: &str, shown: &str, given: &str, fields: &[&str]) -> Result<String, Why> {
    let old = distinct(members(real).ok_or(NOT_AN_OBJECT)?)?;
    let new = distinct(members(given).ok_or(NOT_AN_OBJECT)?)?;
    let mut out = real.to_owned();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut added = Vec::new();
    for (name, at) in new
        .iter()
        .filter(|(name, _)| fields.contains(&name.as_str()))
    {
        let value = &given[at.clone()];
        match old.iter().find(|(old, _)| old == name) {
            Some((_, was)) => {
                let (real, shown) = (
                    &real[was.clone()],
                    shown.get(was.clone()).ok_or(NOT_THE_VIEW)?,
                );
                edits.push((was.clone(), merge(real, shown, value)?));
            }
            None => added.push((name.as_str(), value)),
        }
    }
    edits.sort_by_key(|(at, _)| std::cmp::Reverse(at.start));
    for (at, value) in edits {
        out.replace_range(at, &value);
    }
    for (name, value) in added {
        out = with_member(&out, name, value)?;
    }
    members(&out).is_some().then_some(out).ok_or(BROKEN)
}

/// The document with one member set, or added at its end.
pub fn with_member(document: &str, name: &str, value: &str) -> Result<String, Why> {
    let old = members(document).ok_or(NOT_AN_OBJECT)?;
    let mut out = document.to_owned();
    if let Some((_, at)) = old.iter().rev().find(|(old, _)| old == name) {
        out.replace_range(at.clone(), value);
        return Ok(out);
    }
    let name = serde_json::to_string(name).map_err(|_| BROKEN)?;
    match old.last() {
        Some((_, last)) => out.insert_str(last.end, &format!(", {name}: {value}")),
        None => {
            let open = document.find('{').ok_or(NOT_AN_OBJECT)?;
            out.insert_str(open + 1, &format!("{name}: {value}"));
        }
    }
    Ok(out)
}

/// The SHA-256 of what these top-level members of a document hold, and of nothing else: the same for as long
/// as none of them changes, whatever becomes of the others.
pub fn sha256(document: &[u8], fields: &[&str]) -> Result<[u8; 32], FormatError> {
    let members = top_level_spans(document)?;
    let mut hasher = Sha256::new();
    for field in fields {
        for (name, at) in members.iter().filter(|(name, _)| name == field) {
            let value = &document[at.clone()];
            for text in [name.as_bytes(), value] {
                hasher.update((text.len() as u64).to_le_bytes());
                hasher.update(text);
            }
        }
    }
    Ok(hasher.finalize().into())
}

const NOT_AN_OBJECT: Why = "not a JSON object";
const NOT_THE_VIEW: Why = "not a change of the document as it was shown";
const TWICE: Why = "a document with the same name twice";
const BROKEN: Why = "the change would break the document";
const AROUND_A_CREDENTIAL: Why = "a change around a credential";

/// `given` with what `shown` hides taken from `real`.
fn merge(real: &str, shown: &str, given: &str) -> Result<String, Why> {
    if given == shown {
        return Ok(real.to_owned());
    }
    if real == shown {
        return Ok(given.to_owned());
    }
    if let (Some(was), Some(now)) = (members(shown), members(given)) {
        let (was, now) = (distinct(was)?, distinct(now)?);
        let pairs = now
            .iter()
            .filter_map(|(name, at)| Some((at, &was.iter().find(|(old, _)| old == name)?.1)));
        return merge_each(real, shown, given, pairs);
    }
    if let (Some(was), Some(now)) = (elements(shown), elements(given))
        && was.len() == now.len()
    {
        return merge_each(
            real,
            shown,
            given,
            now.iter().zip(&was).map(|((_, now), (_, was))| (now, was)),
        );
    }
    merge_text(real, shown, given)
}

fn merge_each<'a>(
    real: &str,
    shown: &str,
    given: &str,
    pairs: impl DoubleEndedIterator<Item = (&'a Range<usize>, &'a Range<usize>)>,
) -> Result<String, Why> {
    let mut out = given.to_owned();
    // From the end, so that the places before stay where they are.
    for (now, was) in pairs.rev() {
        let value = merge(&real[was.clone()], &shown[was.clone()], &given[now.clone()])?;
        out.replace_range(now.clone(), &value);
    }
    Ok(out)
}

/// Keeps the real bytes before and after the place that changed.
fn merge_text(real: &str, shown: &str, given: &str) -> Result<String, Why> {
    let (real, shown, given) = (real.as_bytes(), shown.as_bytes(), given.as_bytes());
    let same = |(one, other): &(&u8, &u8)| one == other;
    let before = shown.iter().zip(given).take_while(same).count();
    let longest = shown.len().min(given.len()) - before;
    let after = shown
        .iter()
        .rev()
        .zip(given.iter().rev())
        .take_while(same)
        .count()
        .min(longest);
    let gone = before..shown.len() - after;
    if real.get(gone.clone()) != shown.get(gone.clone()) {
        return Err(AROUND_A_CREDENTIAL);
    }
    let merged = [
        &real[..before],
        &given[before..given.len() - after],
        &real[gone.end..],
    ]
    .concat();
    String::from_utf8(merged).map_err(|_| AROUND_A_CREDENTIAL)
}

/// The names of an object's members, and where their values lie in the text.
pub type Members = Vec<(String, Range<usize>)>;

fn distinct(members: Members) -> Result<Members, Why> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        Err(TWICE)
    } else {
        Ok(members)
    }
}

/// The members of a JSON object: their names, and where their values lie. None when it is no object.
pub fn members(text: &str) -> Option<Members> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let found = parser.deserialize_map(Spans { text }).ok()?;
    parser.end().ok()?;
    Some(found)
}

/// Where the elements of a JSON array lie. None when it is no array.
fn elements(text: &str) -> Option<Members> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let found = parser.deserialize_seq(Spans { text }).ok()?;
    parser.end().ok()?;
    Some(found)
}

struct Spans<'de> {
    text: &'de str,
}

impl Spans<'_> {
    fn span(&self, value: &RawValue) -> Range<usize> {
        // The value borrows from the text, so the distance is its offset.
        let start = value.get().as_ptr() as usize - self.text.as_ptr() as usize;
        start..start + value.get().len()
    }
}

impl<'de> Visitor<'de> for Spans<'de> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut found = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            found.push((name, self.span(value)));
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Members, A::Error> {
        let mut found = Vec::new();
        while let Some(value) = sequence.next_element::<&'de RawValue>()? {
            found.push((String::new(), self.span(value)));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[&str] = &["description", "tags", "properties"];

    fn check(real: &str, shown: &str, given: &str, expect: Result<&str, Why>) {
        assert_eq!(
            patch(real, shown, given, FIELDS).as_deref(),
            expect.as_ref().copied(),
            "{given}"
        );
    }

    #[test]
    fn only_writable_members_change_and_bytes_stay() {
        let real = "{ \"a\" : 1.50,\n \"tags\": {\"who\":\"Jane\"} , \"createdBy\": \"Jane\" }";
        check(real, real, real, Ok(real));
        check(
            real,
            real,
            r#"{"a":2,"tags":{"who":"x"},"createdBy":"x"}"#,
            Ok("{ \"a\" : 1.50,\n \"tags\": {\"who\":\"x\"} , \"createdBy\": \"Jane\" }"),
        );
        check(real, real, r#"{"createdBy":"x"}"#, Ok(real));
        check(
            "{}",
            "{}",
            r#"{"description":"d","tags":{}}"#,
            Ok(r#"{"description": "d", "tags": {}}"#),
        );
        check(
            r#"{"a":{"}":1}}"#,
            r#"{"a":{"}":1}}"#,
            r#"{"description":"d"}"#,
            Ok(r#"{"a":{"}":1}, "description": "d"}"#),
        );
    }

    #[test]
    fn credentials_survive_a_change_beside_them() {
        let real = r#"{"token":"s3cr","properties":{"key":"s3cr","who":"Jane","list":[{"key":"s3cr"},"Jane"]}}"#;
        let shown = r#"{"token":"****","properties":{"key":"****","who":"Jane","list":[{"key":"****"},"Jane"]}}"#;
        let given = r#"{"token":"****","properties":{"key":"****","who":"x","list":[{"key":"****"},"xy"]}}"#;
        let expect = r#"{"token":"s3cr","properties":{"key":"s3cr","who":"x","list":[{"key":"s3cr"},"xy"]}}"#;
        check(real, shown, given, Ok(expect));
    }

    #[test]
    fn credentials_in_text_survive_or_the_change_is_refused() {
        let real = r#"{"properties":{"json":"Jane {\"key\":\"s3cr\"} Jane"}}"#;
        let shown = r#"{"properties":{"json":"Jane {\"key\":\"****\"} Jane"}}"#;
        check(
            real,
            shown,
            r#"{"properties":{"json":"Jane {\"key\":\"****\"} xy"}}"#,
            Ok(r#"{"properties":{"json":"Jane {\"key\":\"s3cr\"} xy"}}"#),
        );
        check(
            real,
            shown,
            r#"{"properties":{"json":"xy {\"key\":\"****\"} xy"}}"#,
            Err(AROUND_A_CREDENTIAL),
        );
    }

    #[test]
    fn a_digest_of_members_is_of_these_alone() {
        let of = |document: &str| sha256(document.as_bytes(), FIELDS).unwrap();
        let first = of(r#"{"tags":{"a":"b"},"description":"x","n":1}"#);
        assert_eq!(
            first,
            of(r#"{ "n": 2, "description":"x" ,"tags":{"a":"b"}, "m": 3}"#)
        );
        for other in [
            r#"{"tags":{"a":"c"},"description":"x"}"#,
            r#"{"tags":{"a":"b"}}"#,
            r#"{"tags":"x","description":{"a":"b"}}"#,
        ] {
            assert_ne!(first, of(other), "{other}");
        }
        assert!(sha256(b"[]", FIELDS).is_err());
    }

    #[test]
    fn what_is_no_document_is_refused() {
        check("{}", "{}", "[]", Err(NOT_AN_OBJECT));
        check("{}", "{}", r#"{"tags":1,"tags":2}"#, Err(TWICE));
        check("{}", "{}", "{", Err(NOT_AN_OBJECT));
    }
}
