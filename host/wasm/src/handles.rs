//! What lies behind each kind of handle, under the names that the generated bindings re-export.

#![expect(
    unreachable_pub,
    reason = "the generated bindings re-export them as `pub`"
)]

use crate::host;
use crate::kept::Kept;

pub type Refused = crate::convert::Refused;

pub type Scope = Kept<remit_session::Scope>;
pub type Selector = Kept<remit_session::Selector>;
pub type Listing = remit_session::Listing;
pub type Reader = remit_session::Reader;
pub type Scan = remit_session::Scan;

pub type Deletion = Kept<host::Deletion>;
pub type Redaction = Kept<host::Redaction>;
pub type Exported = Kept<host::Exported>;
pub type Archival = Kept<host::Archival>;

pub type Source = host::Source;
pub type Findings = host::Found;
pub type Sink = host::Sink;
