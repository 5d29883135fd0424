//! Everything that can go wrong at every request there is. What is checked is what the simulator holds and
//! its log of mutations, never what the code says of itself.

use futures::{StreamExt as _, TryStreamExt as _};
use remit_apply::{Deleted, StoreMut as _};
use remit_policy::{Act, Authority, Permitted, Policy, Right, Rights, Strength};
use remit_sim::{At, Fault, FaultKind, Settings};
use remit_workspace::conformance::{listed, read, sample_bytes};
use remit_workspace::{EntryPath, Pattern, Store as _, StoreError, Version};

use crate::bed::Simulated;

const OLD: &str = "old: ada@example.com";
const NEW: &str = "new";
const BESIDE: &str = "nobody's business";

fn path(name: &str) -> EntryPath {
    EntryPath::parse(&format!("/blobs/base-container/{name}")).unwrap()
}

pub(crate) fn permit(act: Act, path: &EntryPath) -> Permitted {
    let purge = Strength {
        purge: true,
        ..Strength::default()
    };
    let rights = Right::ALL
        .into_iter()
        .fold(Rights::none(), |rights, right| {
            rights.with(right, Pattern::everything(), purge)
        });
    let authority = Authority::for_operator(rights, Policy::absent());
    authority.permit(act, path, std::iter::empty()).unwrap()
}

struct Scene {
    bed: Simulated,
    deleted: Version,
    redacted: Version,
    large: Vec<u8>,
}

async fn scene(settings: Settings) -> Scene {
    let plain = !settings.versioning && settings.soft_delete_days.is_none();
    let bed = Simulated::start(settings).await;
    for (name, content) in [("deleted", OLD), ("redacted", OLD), ("beside", BESIDE)] {
        bed.storage.seed_blob("base-container", name, content);
    }
    // More than one part, on one account: it is the same for all.
    let large = sample_bytes(if plain { 5_000_000 } else { 1_000 });
    bed.storage
        .seed_blob("base-container", "large", large.clone());
    let deleted = bed.account.stat(&path("deleted")).await.unwrap().version;
    let redacted = bed.account.stat(&path("redacted")).await.unwrap().version;
    Scene {
        bed,
        deleted,
        redacted,
        large,
    }
}

/// Does everything once, whatever happens, and then compares what was said with what is.
async fn check(scene: Scene, fault: Fault, what: &str) {
    let Scene {
        bed,
        deleted,
        redacted,
        large,
    } = scene;
    let before = bed.storage.mutations().len();
    let is_stale = matches!(fault.kind, FaultKind::Stale(_));
    bed.storage.inject(fault);
    let listing = listed(bed.account.list(&Pattern::everything())).await;
    let downloaded = async {
        let entry = bed.account.stat(&path("large")).await?;
        read(bed.account.open(&entry.path, &entry.version, 0).await?).await
    }
    .await;
    let purge = Act::Delete(Strength {
        purge: true,
        ..Strength::default()
    });
    let gone = bed
        .account
        .delete(&permit(purge, &path("deleted")), &deleted)
        .await;
    let redact = permit(Act::Redact, &path("redacted"));
    let content = futures::stream::iter([Ok(bytes::Bytes::from_static(NEW.as_bytes()))]).boxed();
    let replaced = bed.account.replace(&redact, &redacted, content).await;
    let forgotten = match &replaced {
        Ok(_) => Some(bed.account.forget(&redact, &redacted).await),
        Err(_) => None,
    };
    let generations: Result<Vec<_>, StoreError> = bed
        .account
        .generations(&path("deleted"))
        .try_collect()
        .await;
    bed.storage.clear_faults();

    if let Ok((entries, gaps)) = listing {
        assert!(gaps.is_empty(), "{what}: {gaps:?}");
        // What a listing that is behind does not show, nobody can know of.
        let is_whole = entries.len() == 4 || is_stale;
        assert!(is_whole, "{what}: a listing that is not whole");
    }
    if let Ok(bytes) = downloaded {
        assert!(bytes == large, "{what}: a short or mixed file");
    }
    for mutation in &bed.storage.mutations()[before..] {
        let meant = ["deleted", "redacted"].contains(&mutation.blob.as_str());
        assert!(meant, "{what}: {mutation}");
    }
    assert_eq!(bed.held(&path("beside"))[0].2, BESIDE, "{what}");
    let held = bed.held(&path("deleted"));
    // What is not a failure says that nothing was done.
    let is_as_it_was = |held: &[(String, bool, String)]| {
        held.iter()
            .any(|(_, hidden, content)| !hidden && content == OLD)
    };
    if !matches!(gone, Ok(_) | Err(StoreError::Failed { .. })) {
        assert!(is_as_it_was(&held), "{what}: {gone:?}, and yet {held:?}");
    }
    if matches!(gone, Ok(Deleted::Gone)) {
        assert_eq!(held, [], "{what}: called gone");
    }
    if generations.is_ok_and(|kept| kept.is_empty()) && !held.is_empty() {
        let current = bed.account.stat(&path("deleted")).await;
        assert!(current.is_ok(), "{what}: {held:?} is nowhere to be seen");
    }
    let held = bed.held(&path("redacted"));
    if !matches!(replaced, Ok(_) | Err(StoreError::Failed { .. })) {
        let now = bed.account.stat(&path("redacted")).await.unwrap();
        assert_eq!(
            now.version, redacted,
            "{what}: {replaced:?}, and yet it was replaced"
        );
    }
    assert!(
        held.iter()
            .all(|(_, _, content)| content == OLD || content == NEW),
        "{what}: {held:?}"
    );
    if matches!(forgotten, Some(Ok(Deleted::Gone))) {
        assert!(
            held.iter().all(|(_, _, content)| content == NEW),
            "{what}: {held:?}"
        );
    }
}

fn kinds() -> Vec<FaultKind> {
    vec![
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::TruncateBody(40),
        // So far into the large one that some of it has been given out.
        FaultKind::TruncateBody(1_000_000),
        FaultKind::WrongLength(-7),
        FaultKind::WrongLength(7),
        FaultKind::Status(500, None),
        FaultKind::Status(503, Some(0)),
        FaultKind::StatusAfter(500),
        FaultKind::StatusAfter(503),
        FaultKind::DuplicatePage,
        FaultKind::Stale(1),
        FaultKind::Stale(3),
    ]
}

fn accounts() -> [Settings; 3] {
    [
        Settings {
            page_size_max: 2,
            ..Settings::default()
        },
        Settings {
            versioning: true,
            ..Settings::default()
        },
        Settings {
            soft_delete_days: Some(7),
            allow_permanent_delete: true,
            ..Settings::default()
        },
    ]
}

/// Scenes that are played at once, each on an account of its own: most of a scene is waiting.
const AT_ONCE: usize = 8;

/// Plays a scene for every account, every kind of fault and each of these requests.
async fn play(requests: impl Iterator<Item = u64> + Clone, at: fn(u64) -> At, word: &str) {
    let faults = accounts().into_iter().flat_map(|settings| {
        let requests = &requests;
        kinds().into_iter().flat_map(move |kind| {
            let settings = settings.clone();
            let all = requests.clone();
            all.map(move |nth| (settings.clone(), kind.clone(), nth))
        })
    });
    let play = |(settings, kind, nth): (Settings, FaultKind, u64)| async move {
        let what = format!("{settings:?}, {kind:?} {word} request {nth}");
        let fault = Fault { at: at(nth), kind };
        check(scene(settings).await, fault, &what).await;
    };
    futures::stream::iter(faults)
        .for_each_concurrent(AT_ONCE, play)
        .await;
}

#[tokio::test]
async fn one_fault_at_any_request() {
    play(1..=18, |nth| At::any().nth(nth), "at").await;
}

#[tokio::test]
async fn a_storm_from_any_request_on() {
    play(
        [1, 3, 6, 10].into_iter(),
        |nth| At::any().from_nth(nth),
        "from",
    )
    .await;
}

/// A page that fails after three good ones.
#[tokio::test]
async fn a_listing_that_fails_in_the_middle_is_no_listing() {
    let settings = Settings {
        page_size_max: 5,
        ..Settings::default()
    };
    let bed = Simulated::start(settings).await;
    bed.storage.seed_generated("base-container", "many/", 40, 1);
    bed.storage.inject(Fault {
        at: At::any().contains("comp=list").from_nth(4),
        kind: FaultKind::Status(403, None),
    });
    let listing = listed(
        bed.account
            .list(&Pattern::parse("/blobs/base-container/**").unwrap()),
    )
    .await;
    assert!(
        !matches!(&listing, Ok((_, gaps)) if gaps.is_empty()),
        "neither an error nor a gap"
    );
    bed.storage.clear_faults();
    bed.storage.inject(Fault {
        at: At::any().contains("comp=list").from_nth(4),
        kind: FaultKind::Status(500, None),
    });
    let listing = listed(
        bed.account
            .list(&Pattern::parse("/blobs/base-container/**").unwrap()),
    )
    .await;
    assert!(matches!(listing, Err(StoreError::Failed { .. })));
}
