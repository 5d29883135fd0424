//! A record's document on disk as an entry.

use remit_workspace::{Entry, EntryPath, Kind, record};

/// The entry of the record with this document; none when it is no JSON object.
///
/// Properties are read from what may be seen: a tag can hold a credential.
pub(crate) fn entry(path: EntryPath, kind: Kind, document: &[u8]) -> Option<Entry> {
    let shown = remit_formats::blank_credentials(document).ok()?;
    record::entry(path, kind, document, &shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_holds_a_credential_does_not_tell_it() {
        let path = EntryPath::parse("/runs/a").unwrap();
        let document = br#"{"tags":{"token":"c3ludGhldGlj","who":"Jane"}}"#;
        let entry = entry(path, Kind::Run, document).unwrap();
        let found: Vec<_> = entry.properties.iter().collect();
        assert_eq!(found, [("tag:token", "************"), ("tag:who", "Jane")]);
    }
}
