//! Everything that can go wrong at every request about a file share. What is checked is what the simulator
//! holds and its log of mutations, never what the code says of itself.

use futures::stream::{self, StreamExt as _};
use remit_apply::{Deleted, StoreMut as _};
use remit_policy::{Act, Strength};
use remit_sim::{At, Fault, FaultKind, Service, Settings};
use remit_workspace::conformance::{listed, read, sample_bytes};
use remit_workspace::{Pattern, Store as _, StoreError, Version};

use crate::bed::{SHARE, Shares, within};
use crate::faults::permit;
use crate::shares::{content, path};

const OLD: &str = "old: ada@example.com";
const NEW: &str = "new";
const BESIDE: &str = "nobody's business";

struct Scene {
    bed: Shares,
    deleted: Version,
    redacted: Version,
    large: Vec<u8>,
}

async fn scene(settings: Settings, large: usize) -> Scene {
    let bed = Shares::start(settings).await;
    for (name, content) in [
        ("d/deleted", OLD),
        ("r/redacted", OLD),
        ("r/beside", BESIDE),
    ] {
        assert!(bed.storage.seed_file(SHARE, name, content));
    }
    let large = sample_bytes(large);
    assert!(bed.storage.seed_file(SHARE, "large", large.clone()));
    let deleted = bed.account.stat(&path("d/deleted")).await.unwrap().version;
    let redacted = bed.account.stat(&path("r/redacted")).await.unwrap().version;
    Scene {
        bed,
        deleted,
        redacted,
        large,
    }
}

/// Does everything once, whatever happens, and then compares what was said with what is. Then does it again
/// undisturbed: it must end where it would have ended. True if nothing failed.
async fn check(scene: Scene, fault: Fault, what: &str) -> bool {
    let Scene {
        bed,
        deleted,
        redacted,
        large,
    } = scene;
    let before = bed.storage.mutations().len();
    bed.storage.inject(fault);
    let listing = listed(bed.account.list(&Pattern::everything())).await;
    let downloaded = async {
        let entry = bed.account.stat(&path("large")).await?;
        read(bed.account.open(&entry.path, &entry.version, 0).await?).await
    }
    .await;
    let delete = permit(Act::Delete(Strength::default()), &path("d/deleted"));
    let gone = bed.account.delete(&delete, &deleted).await;
    let redact = permit(Act::Redact, &path("r/redacted"));
    let replaced = bed
        .account
        .replace(&redact, &redacted, content(NEW.as_bytes()))
        .await;
    let forgotten = bed.account.forget(&redact, &redacted).await;
    bed.storage.clear_faults();
    let is_well = gone.is_ok() && replaced.is_ok() && forgotten.is_ok();

    if let Ok((entries, gaps)) = listing {
        assert!(gaps.is_empty(), "{what}: {gaps:?}");
        assert_eq!(entries.len(), 4, "{what}: a listing that is not whole");
    }
    if let Ok(bytes) = downloaded {
        assert!(bytes == large, "{what}: a short or mixed file");
    }
    for mutation in &bed.storage.mutations()[before..] {
        let meant = ["d/deleted", "r/redacted"].contains(&mutation.blob.as_str())
            || mutation.blob.starts_with("r/.remit-new-");
        assert!(meant, "{what}: {mutation}");
    }
    assert_eq!(bed.held(&path("r/beside"))[0].1, BESIDE, "{what}");
    let held = bed.held(&path("d/deleted"));
    // What is not a failure says that nothing was done.
    if !matches!(gone, Ok(_) | Err(StoreError::Failed { .. })) {
        assert_eq!(held, [(String::new(), OLD.to_owned())], "{what}: {gone:?}");
    }
    if matches!(gone, Ok(Deleted::Gone)) {
        assert_eq!(held, [], "{what}: called gone");
    }
    let held = bed.held(&path("r/redacted"));
    let [(_, held)] = held.as_slice() else {
        panic!("{what}: {held:?}");
    };
    match &replaced {
        Ok(_) => assert_eq!(held, NEW, "{what}"),
        Err(StoreError::Failed { .. }) => assert!(held == OLD || held == NEW, "{what}: {held}"),
        Err(_) => assert_eq!(held, OLD, "{what}: {replaced:?}"),
    }
    if replaced.is_ok() && matches!(forgotten, Ok(Deleted::Gone)) {
        assert_eq!(held, NEW, "{what}");
    }

    // Once more, with nothing in the way.
    let gone = bed.account.delete(&delete, &deleted).await;
    assert!(
        matches!(gone, Ok(Deleted::Gone) | Err(StoreError::NotFound(_))),
        "{what}: {gone:?}"
    );
    if held == OLD {
        let again = bed
            .account
            .replace(&redact, &redacted, content(NEW.as_bytes()));
        again
            .await
            .unwrap_or_else(|error| panic!("{what}: {error:?}"));
    }
    let left: Vec<String> = bed.holdings().into_iter().map(|held| held.blob).collect();
    let expect: Vec<String> = ["large", "r/beside", "r/redacted"]
        .into_iter()
        .map(|name| within(&path(name)))
        .collect();
    assert_eq!(left, expect, "{what}");
    assert!(!bed.other.is_leased(&path("r/redacted")).await, "{what}");
    is_well
}

fn kinds() -> Vec<FaultKind> {
    vec![
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::TruncateBody(40),
        FaultKind::WrongLength(-7),
        FaultKind::WrongLength(7),
        FaultKind::Status(500, None),
        FaultKind::Status(503, Some(0)),
        FaultKind::StatusAfter(500),
        FaultKind::StatusAfter(503),
        FaultKind::DuplicatePage,
    ]
}

/// More than everything that is done once takes.
const REQUESTS: u64 = 34;
/// Scenes that are played at once, each on an account of its own.
const AT_ONCE: usize = 8;

#[tokio::test]
async fn any_request_about_files_may_fail() {
    let small_pages = Settings {
        page_size_max: 1,
        ..Settings::default()
    };
    let accounts = [small_pages, Settings::default()];
    let faults = accounts.into_iter().flat_map(|settings| {
        kinds().into_iter().flat_map(move |kind| {
            let settings = settings.clone();
            (1..=REQUESTS).map(move |nth| (settings.clone(), kind.clone(), nth))
        })
    });
    let play = |(settings, kind, nth): (Settings, FaultKind, u64)| async move {
        // More than one part, where the fault may meet them: listing and reading come first.
        let large = if nth <= 18 { 4_300_000 } else { 1_000 };
        let what = format!("{settings:?}, {kind:?} at request {nth}");
        let at = At::any().service(Service::File).nth(nth);
        let is_well = check(scene(settings, large).await, Fault { at, kind }, &what).await;
        assert!(is_well || nth < REQUESTS, "{what}");
    };
    stream::iter(faults)
        .for_each_concurrent(AT_ONCE, play)
        .await;
}

#[tokio::test]
async fn requests_about_files_may_fail_from_any_on() {
    let faults = kinds()
        .into_iter()
        .flat_map(|kind| (1..=REQUESTS).map(move |nth| (kind.clone(), nth)));
    let play = |(kind, nth): (FaultKind, u64)| async move {
        let what = format!("{kind:?} from request {nth}");
        let at = At::any().service(Service::File).from_nth(nth);
        let scene = scene(Settings::default(), 1_000).await;
        let is_well = check(scene, Fault { at, kind }, &what).await;
        // Nothing is left that could have failed: no request was missed.
        assert!(is_well || nth < REQUESTS, "{what}");
    };
    stream::iter(faults)
        .for_each_concurrent(AT_ONCE, play)
        .await;
}
