//! Keeping the values of credential fields out of what anybody sees.

use remit_workspace::{EntryPath, StoreError};

use crate::error::Miss;
use crate::splice;

/// Members whose values are credentials, folded.
const NAMES: [&str; 12] = [
    "token", "key", "primarykey", "secondarykey", "accountkey", "sastoken", "secret", "clientsecret", "password",
    "connectionstring", "accesstoken", "userstoragekey",
];

/// The document with the values of credential fields overwritten in place.
pub(crate) fn blanked(path: &EntryPath, document: &[u8]) -> Result<Vec<u8>, StoreError> {
    let Ok(text) = std::str::from_utf8(document) else {
        return Err(Miss::OutOfReach(crate::walk::NO_DOCUMENT).at(path, "reading"));
    };
    let mut out = document.to_vec();
    blank(text, 0, &mut out);
    Ok(out)
}

fn blank(text: &str, start: usize, out: &mut [u8]) {
    for (name, at) in splice::members(text).or_else(|| splice::elements(text)).unwrap_or_default() {
        let value = &text[at.clone()];
        if value.starts_with('"') && NAMES.contains(&name.to_ascii_lowercase().as_str()) {
            out[start + at.start + 1..start + at.end - 1].fill(b'*');
        } else {
            blank(value, start + at.start, out);
        }
    }
}
