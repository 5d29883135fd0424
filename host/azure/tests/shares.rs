//! File shares: how a file is changed, and by whom.

mod kept;
mod leases;
mod places;

use std::sync::Arc;

use crate::bed::{SHARE, Shares, account_sas};
use crate::faults::permit;
use bytes::Bytes;
use futures::StreamExt as _;
use remit_apply::{Deleted, StoreMut as _};
use remit_azure::{Account, Choice, Credential, Endpoint, Options};
use remit_policy::{Act, Strength};
use remit_sim::Settings;
use remit_workspace::conformance::{listed, read, sample_bytes};
use remit_workspace::{Content, EntryPath, Forecast, Pattern, Store as _, StoreError, Version};
use reqwest::Method;

const OLD: &str = "old: ada@example.com";
const NEW: &str = "new";
const THEIRS: &str = "what somebody else wrote";

pub(crate) fn path(name: &str) -> EntryPath {
    EntryPath::parse(&format!("/files/{SHARE}/{name}")).unwrap()
}

fn delete(purge: bool) -> Act {
    Act::Delete(Strength {
        purge,
        ..Strength::default()
    })
}

pub(crate) fn content(bytes: &[u8]) -> Content {
    let chunks: Vec<_> = bytes
        .chunks(256 * 1024)
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    futures::stream::iter(chunks).boxed()
}

/// A share with one file in it.
async fn bed(settings: Settings) -> (Arc<Shares>, EntryPath, Version) {
    let bed = Shares::start(settings).await;
    let path = path("Users/ada/notes.txt");
    bed.other.put(&path, OLD.as_bytes()).await;
    let version = bed.account.stat(&path).await.unwrap().version;
    (Arc::new(bed), path, version)
}

fn assert_old(bed: &Shares, path: &EntryPath) {
    let held: Vec<String> = bed.held(path).into_iter().map(|(_, held)| held).collect();
    assert!(
        !held.is_empty() && held.iter().all(|held| held == OLD),
        "{held:?}"
    );
}

pub(crate) fn with_signature(bed: &Shares, permissions: &str) -> Account {
    let sas = account_sas(&bed.storage.account(), &bed.storage.key(), permissions);
    let address = format!("{}?{sas}", bed.storage.blob_url());
    let (endpoint, signature) = Endpoint::parse(&address).unwrap();
    let endpoint = endpoint.with_files(bed.storage.file_url()).unwrap();
    let credential = Credential::choose(&endpoint, signature, Some(Choice::Sas), &|_| None);
    Account::open(endpoint, credential.unwrap(), &Options::default()).unwrap()
}

#[tokio::test]
async fn a_signature_suffices_for_everything() {
    let (bed, path, version) = bed(Settings::default()).await;
    let account = with_signature(&bed, "rwdlc");
    let redact = permit(Act::Redact, &path);
    let made = account
        .replace(&redact, &version, content(b"new"))
        .await
        .unwrap();
    assert_eq!(bed.held(&path), [(String::new(), NEW.to_owned())]);
    let deleted = account.delete(&permit(delete(false), &path), &made).await;
    assert!(matches!(deleted, Ok(Deleted::Gone)), "{deleted:?}");
}

#[tokio::test]
async fn a_read_only_file_is_held() {
    let (bed, path, _) = bed(Settings::default()).await;
    let attributes = [("x-ms-file-attributes", "ReadOnly|Archive")];
    bed.other.put_with(&path, OLD.as_bytes(), &attributes).await;
    let everything = Pattern::parse("/files/**").unwrap();
    let (entries, _) = listed(bed.account.list(&everything)).await.unwrap();
    let by = "its read-only attribute".to_owned();
    assert_eq!(
        bed.account.forecast(&entries[0], false).await,
        Forecast::Held(by)
    );
    let version = &entries[0].version;
    let deleted = bed
        .account
        .delete(&permit(delete(false), &path), version)
        .await;
    assert!(
        matches!(deleted, Err(StoreError::Held { .. })),
        "{deleted:?}"
    );
    let redact = permit(Act::Redact, &path);
    let replaced = bed.account.replace(&redact, version, content(b"new")).await;
    assert!(
        matches!(replaced, Err(StoreError::Held { .. })),
        "{replaced:?}"
    );
    assert_old(&bed, &path);
    assert!(!bed.other.is_leased(&path).await);
}

#[tokio::test]
async fn what_a_file_has_besides_its_bytes_stays() {
    let (bed, path, _) = bed(Settings::default()).await;
    let besides = [
        ("x-ms-content-type", "text/x-notes"),
        ("x-ms-content-encoding", "identity"),
        ("x-ms-content-language", "de"),
        ("x-ms-content-disposition", "inline"),
        ("x-ms-cache-control", "no-store"),
        ("x-ms-content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("x-ms-meta-case", "x"),
        ("x-ms-file-attributes", "Hidden|Archive"),
        ("x-ms-file-creation-time", "2020-02-02T02:02:02.0000000Z"),
        ("x-ms-file-permission-key", "17*4"),
    ];
    // In one request, and in several: longer than before, and shorter.
    for (old, new) in [
        (10, 20),
        (10, 9_500_000),
        (9_000_000, 10_000_001),
        (9_000_000, 5_000_000),
    ] {
        bed.other
            .put_with(&path, &sample_bytes(old), &besides)
            .await;
        let version = bed.account.stat(&path).await.unwrap().version;
        let redact = permit(Act::Redact, &path);
        let new = sample_bytes(new);
        let made = bed
            .account
            .replace(&redact, &version, content(&new))
            .await
            .unwrap();
        let opened = bed.account.open(&path, &made, 0).await.unwrap();
        assert!(read(opened).await.unwrap() == new);
        let now = bed.other.ask(Method::HEAD, &path, "", &[], b"").await;
        for (name, value) in besides {
            let named = name
                .replace("x-ms-content-", "content-")
                .replace("x-ms-cache-", "cache-");
            let found = now
                .headers()
                .get(&named)
                .map(|found| found.to_str().unwrap());
            match name {
                // It would tell what was cut out.
                "x-ms-content-md5" => assert_eq!(found, None),
                // The simulator writes as many digits as it has.
                "x-ms-file-creation-time" => assert!(found.unwrap().starts_with(&value[..19])),
                _ => assert_eq!(found, Some(value), "{name}"),
            }
        }
        assert_eq!(bed.holdings().len(), 1);
    }
}
