//! What a delete will achieve, as far as this credential may know beforehand.
//!
//! Read off the listing and the account's own rules. Nothing is tried out, and what cannot be known is
//! said to be unknown.

use std::collections::BTreeMap;

use remit_workspace::{Entry, Forecast};

use crate::Account;
use crate::listing::Query;
use crate::names::{BlobName, BlobState};

const DAY: i64 = 86_400_000;

pub(crate) async fn forecast(account: &Account, entry: &Entry, purge: bool) -> Forecast {
    let is = |name: &str| entry.properties.get(name);
    if is("legal-hold") == Some("true") {
        return Forecast::Held("a legal hold".to_owned());
    }
    if let Some(until) = is("immutable-until") {
        return Forecast::Held(format!("an immutability policy until {until}"));
    }
    if is("lease") == Some("locked") {
        return Forecast::Held("a lease".to_owned());
    }
    let Ok(Some(blob)) = BlobName::of(&entry.path) else {
        return Forecast::Unknown("it is no blob".to_owned());
    };
    let unknown = |why: &str| Forecast::Unknown(why.to_owned());
    let Some(has_versions) = keeps_versions(account, &blob.container).await else {
        return unknown("versions cannot be listed");
    };
    if has_versions && !purge && blob.state == BlobState::Current {
        return Forecast::Impossible(
            "the account keeps versions: only a purge removes them".to_owned(),
        );
    }
    let retention = match account.retention().await {
        Ok(Some(retention)) => retention,
        Ok(None) => return unknown("the credential may not read the account's rules"),
        Err(_) => return unknown("the account's rules could not be read"),
    };
    match retention.days {
        None => Forecast::Gone,
        Some(_) if purge && retention.may_delete_for_good && has_versions => Forecast::Gone,
        Some(days) => Forecast::GoneOn(retention.now + days * DAY),
    }
}

/// Whether the account keeps a version of what is changed in this container, seen from what it has there.
pub(crate) async fn keeps_versions(account: &Account, container: &str) -> Option<bool> {
    // Hundreds ask at once, and nearly always it is known: they need not wait for each other.
    let seen = |known: &BTreeMap<String, bool>| known.get(container).copied();
    if let Some(has_versions) = account
        .has_versions
        .try_lock()
        .ok()
        .and_then(|known| seen(&known))
    {
        return Some(has_versions);
    }
    let mut known = account.has_versions.lock().await;
    if let Some(has_versions) = seen(&known) {
        return Some(has_versions);
    }
    let query = Query {
        container: container.to_owned(),
        include: "versions",
        most: Some(1),
        ..Query::default()
    };
    let mut marker = None;
    loop {
        let page = crate::listing::page(&account.wire, &query, marker.as_deref())
            .await
            .ok()?;
        if page.blobs.is_empty() && page.next.is_some() {
            marker = page.next;
            continue;
        }
        let has_versions = page.blobs.first().is_some_and(|blob| blob.has_version);
        known.insert(container.to_owned(), has_versions);
        return Some(has_versions);
    }
}
