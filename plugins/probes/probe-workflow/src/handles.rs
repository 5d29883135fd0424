//! Handles that were never given out.
#![expect(unsafe_code, reason = "forging a handle is unsafe, and what is tried")]

use remit_guest::bindings::remit::workspace::{entries, scopes};
use remit_guest::{Failure, Scope};

use super::escaped;

/// A number that no table has given out.
const INVENTED: u32 = 4_711;

pub(crate) fn forge_scope(_: &Scope) -> Result<(), Failure> {
    // SAFETY: a wrong number is the host's to refuse; nothing in this memory depends on it.
    let forged = unsafe { scopes::Scope::from_handle(INVENTED) };
    let now = forged.now_ms();
    Err(escaped(&format!("a forged scope says {now}")))
}

pub(crate) fn forge_listing(_: &Scope) -> Result<(), Failure> {
    // SAFETY: as above.
    let forged = unsafe { entries::Listing::from_handle(INVENTED) };
    let page = forged.next(1);
    Err(escaped(&format!("a forged listing says {page:?}")))
}

pub(crate) fn mistake_listing_for_scope(root: &Scope) -> Result<(), Failure> {
    let selector = entries::Selector::new("/**");
    let listing = entries::select(root, &selector)?;
    // SAFETY: as above.
    let forged = unsafe { scopes::Scope::from_handle(listing.handle()) };
    let now = forged.now_ms();
    Err(escaped(&format!("a listing as a scope says {now}")))
}

pub(crate) fn drop_twice(root: &Scope) -> Result<(), Failure> {
    let narrowed = root.narrow_to("/**", &["list"])?;
    // SAFETY: as above.
    drop(unsafe { scopes::Scope::from_handle(narrowed.handle()) });
    drop(narrowed);
    Err(escaped("a handle was dropped twice"))
}
