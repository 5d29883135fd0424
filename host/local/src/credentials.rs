//! Keeping the values of credential fields out of what anybody sees.

use remit_workspace::{EntryPath, StoreError};

use crate::error::Miss;
use crate::walk::NO_DOCUMENT;

/// The document with the values of credential fields overwritten in place.
pub(crate) fn blanked(path: &EntryPath, document: &[u8]) -> Result<Vec<u8>, StoreError> {
    // What cannot be parsed cannot be shown: nobody knows what in it is secret.
    remit_formats::blank_credentials(document)
        .map_err(|_| Miss::OutOfReach(NO_DOCUMENT).at(path, "reading"))
}
