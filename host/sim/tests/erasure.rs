//! Soft delete, versions, permanent delete, immutability and holds: the sequences of an erasure.

use remit_sim::{Effect, Settings};

use crate::client::Bed;

fn soft() -> Settings {
    Settings {
        soft_delete_days: Some(7),
        ..Settings::default()
    }
}

async fn bed(settings: Settings) -> Bed {
    let bed = Bed::new(settings).await;
    bed.sim.seed_container("c");
    bed
}

/// What lies in the container, as `generation:content`, hidden ones in brackets.
fn held(bed: &Bed) -> Vec<String> {
    bed.sim
        .holdings("c")
        .into_iter()
        .map(|each| {
            let kind = each.generation.split('=').next().unwrap().to_owned();
            let text = format!(
                "{}{kind}:{}",
                each.blob,
                String::from_utf8_lossy(&each.content)
            );
            if each.hidden {
                format!("({text})")
            } else {
                text
            }
        })
        .collect()
}

fn generation(bed: &Bed, content: &str) -> String {
    let found = bed.sim.holdings("c").into_iter();
    found
        .filter(|each| each.content == content.as_bytes())
        .map(|each| each.generation)
        .find(|generation| !generation.is_empty())
        .unwrap()
}

#[tokio::test]
async fn without_soft_delete_gone_is_gone() {
    let bed = bed(Settings::default()).await;
    bed.put("c/a", "one").await;
    bed.put("c/a", "two").await;
    assert_eq!(held(&bed), ["a:two"]);
    assert_eq!(
        bed.delete("c/a").await.header("x-ms-delete-type-permanent"),
        "true"
    );
    assert!(held(&bed).is_empty());
    assert_eq!(bed.delete("c/a").await.code(), (404, "BlobNotFound"));
}

#[tokio::test]
async fn soft_delete_keeps_what_is_deleted_and_overwritten() {
    let bed = bed(soft()).await;
    bed.put("c/a", "one").await;
    bed.put("c/a", "two").await;
    assert_eq!(held(&bed), ["a:two", "(a?snapshot:one)"]);
    assert_eq!(
        bed.delete("c/a").await.header("x-ms-delete-type-permanent"),
        "false"
    );
    assert_eq!(held(&bed), ["(a:two)", "(a?snapshot:one)"]);
    assert_eq!(bed.get("c/a").await.code(), (404, "BlobNotFound"));
    assert_eq!(
        bed.ask("PUT", "c/a?comp=undelete", &[], "").await.status,
        200
    );
    assert_eq!(held(&bed), ["a:two", "a?snapshot:one"]);
    let headers = [("x-ms-delete-snapshots", "include")];
    bed.ask("DELETE", "c/a", &headers, "").await;
    bed.sim
        .clock()
        .advance(std::time::Duration::from_secs(7 * 86400 + 1));
    assert!(held(&bed).is_empty());
}

#[tokio::test]
async fn snapshots_stand_in_the_way_of_a_delete() {
    let bed = bed(Settings::default()).await;
    bed.put("c/a", "one").await;
    let taken = bed.ask("PUT", "c/a?comp=snapshot", &[], "").await;
    bed.put("c/a", "two").await;
    assert_eq!(bed.delete("c/a").await.code(), (409, "SnapshotsPresent"));
    let snapshot = format!("c/a?snapshot={}", taken.header("x-ms-snapshot"));
    assert_eq!(bed.get(&snapshot).await.text(), "one");
    let only = [("x-ms-delete-snapshots", "only")];
    assert_eq!(bed.ask("DELETE", "c/a", &only, "").await.status, 202);
    assert_eq!(held(&bed), ["a:two"]);
}

#[tokio::test]
async fn a_version_is_erased_in_three_passes_and_not_in_fewer() {
    let settings = Settings {
        versioning: true,
        allow_permanent_delete: true,
        ..soft()
    };
    let bed = bed(settings).await;
    let put = bed.put("c/a", "one").await;
    let version = format!("c/a?versionid={}", put.header("x-ms-version-id"));
    let erase = format!("{version}&deletetype=permanent");
    for target in [&version, &erase] {
        let refused = bed.delete(target).await;
        assert_eq!(refused.code(), (403, "OperationNotAllowedOnRootBlob"));
    }
    bed.delete("c/a").await;
    assert_eq!(held(&bed), ["a?versionid:one"]);
    let refused = bed.delete(&erase).await;
    assert_eq!(refused.code(), (409, "BlobSnapshotNotSoftDeleted"));
    assert_eq!(bed.delete(&version).await.status, 202);
    assert_eq!(held(&bed), ["(a?versionid:one)"]);
    assert_eq!(bed.delete(&erase).await.status, 202);
    assert!(held(&bed).is_empty());

    let log: Vec<_> = bed
        .sim
        .mutations()
        .into_iter()
        .map(|each| {
            (
                each.effect,
                each.generation.split('=').next().unwrap().to_owned(),
            )
        })
        .collect();
    let version = "?versionid".to_owned();
    let expected = [
        (Effect::Created, String::new()),
        (Effect::Removed, String::new()),
        (Effect::Created, version.clone()),
        (Effect::Hidden, version.clone()),
        (Effect::Removed, version),
    ];
    assert_eq!(log, expected);
}

#[tokio::test]
async fn permanent_delete_needs_the_accounts_leave_and_the_callers_right() {
    for (allowed, restore, permissions, works) in [
        (true, false, "rwdxy", true),
        (false, false, "rwdxy", false),
        (true, true, "rwdxy", false),
        (true, false, "rwdx", false),
        (true, false, "rwdy", false),
    ] {
        let settings = Settings {
            versioning: true,
            allow_permanent_delete: allowed,
            restore_policy: restore,
            ..soft()
        };
        let mut bed = bed(settings).await;
        bed.put("c/a", "one").await;
        bed.delete("c/a").await;
        let version = generation(&bed, "one");
        bed.delete(&format!("c/a{version}")).await;
        bed.permissions = permissions;
        let erased = bed
            .delete(&format!("c/a{version}&deletetype=permanent"))
            .await;
        assert_eq!(erased.status == 202, works, "{erased:?}");
        assert_eq!(held(&bed).is_empty(), works);
    }
}

#[tokio::test]
async fn another_type_over_a_deleted_blob_takes_all_that_was_kept() {
    let bed = bed(soft()).await;
    bed.put("c/a", "one").await;
    bed.put("c/a", "two").await;
    bed.delete("c/a").await;
    bed.put("c/a", "three").await;
    assert_eq!(
        held(&bed),
        ["a:three", "(a?snapshot:one)", "(a?snapshot:two)"]
    );
    bed.delete("c/a").await;
    let append = [("x-ms-blob-type", "AppendBlob")];
    assert_eq!(bed.ask("PUT", "c/a", &append, "").await.status, 201);
    assert_eq!(held(&bed), ["a:"]);
}

#[tokio::test]
async fn holds_and_policies_refuse() {
    let settings = Settings {
        versioning: true,
        ..soft()
    };
    let bed = bed(settings).await;
    bed.put("c/a", "one").await;
    let policy = (409, "BlobImmutableDueToPolicy");
    bed.sim.hold_container("c", true);
    assert_eq!(bed.delete("c/a").await.code(), policy);
    let block = [("x-ms-blob-type", "BlockBlob")];
    assert_eq!(bed.ask("PUT", "c/a", &block, "x").await.code(), policy);
    assert_eq!(bed.delete("c?restype=container").await.code(), policy);
    bed.sim
        .set(|settings| settings.legal_hold_has_its_own_code = true);
    assert_eq!(
        bed.delete("c/a").await.code(),
        (409, "BlobImmutableDueToLegalHold")
    );
    bed.sim.hold_container("c", false);

    bed.sim.keep_container("c", Some(3));
    assert_eq!(bed.delete("c/a").await.code(), policy);
    bed.sim
        .clock()
        .advance(std::time::Duration::from_secs(3 * 86400 + 1));
    assert_eq!(bed.delete("c/a").await.status, 202);

    // A version with a date of its own: the base can be deleted, the version cannot.
    bed.sim.keep_container("c", None);
    bed.put("c/b", "two").await;
    let until = "Tue, 24 Nov 2099 21:06:01 GMT";
    let lock = [
        ("x-ms-immutability-policy-until-date", until),
        ("x-ms-immutability-policy-mode", "locked"),
    ];
    let set = bed
        .ask("PUT", "c/b?comp=immutabilityPolicies", &lock, "")
        .await;
    assert_eq!(set.status, 200);
    assert_eq!(bed.delete("c/b").await.status, 202);
    let version = format!("c/b{}", generation(&bed, "two"));
    assert_eq!(bed.delete(&version).await.code(), policy);
    let unlock = format!("{version}&comp=immutabilityPolicies");
    assert_eq!(bed.delete(&unlock).await.code(), policy);
}

#[tokio::test]
async fn changing_metadata_makes_a_version_and_appending_does_not() {
    let settings = Settings {
        versioning: true,
        ..Settings::default()
    };
    let bed = bed(settings).await;
    bed.put("c/a", "one").await;
    bed.ask("PUT", "c/a?comp=metadata", &[("x-ms-meta-k", "v")], "")
        .await;
    assert_eq!(held(&bed), ["a:one", "a?versionid:one"]);
    bed.ask("PUT", "c/l", &[("x-ms-blob-type", "AppendBlob")], "")
        .await;
    bed.ask("PUT", "c/l?comp=appendblock", &[], "x").await;
    assert_eq!(held(&bed), ["a:one", "a?versionid:one", "l:x"]);
}
