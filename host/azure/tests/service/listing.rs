//! What is listed and shown, and what a listing says that is not the whole.

use remit_apply::{Deleted, StoreMut as _};
use remit_policy::Act;
use remit_sim::{At, AzureMlSettings, Fault, FaultKind};
use remit_workspace::{EntryPath, Kind, Pattern, Store as _, StoreError};

use crate::bed::{Bed, RECORDS, UNREAD, delete, document, path, permit};

/// Each kind, and the operation that lists it.
const LISTED_BY: [(&str, &str); 11] = [
    ("/experiments/*", "Experiments_GetByQuery"),
    ("/runs/*", "Runs_GetByQuery"),
    ("/models/**", "ModelVersions_List"),
    ("/data/**", "DataContainers_List"),
    ("/components/**", "ComponentVersions_List"),
    ("/environments/**", "EnvironmentContainers_List"),
    ("/codes/**", "CodeVersions_List"),
    ("/datastores/*", "Datastores_List"),
    ("/computes/*", "Compute_List"),
    ("/endpoints/**", "OnlineEndpoints_List"),
    ("/services/*", "Services_ListQuery"),
];

#[tokio::test]
async fn every_kind_is_listed_and_shown() {
    for settings in [
        AzureMlSettings::default(),
        AzureMlSettings {
            page_size_max: 1,
            empty_pages: true,
            ..AzureMlSettings::default()
        },
    ] {
        let bed = Bed::new(settings).await;
        bed.sim.storage().seed_container("azureml");
        bed.sim.storage().seed_blob("azureml", "a", "x");
        let (entries, gaps) = bed.list("/**").await.unwrap();
        let found: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
        let expect: Vec<&str> = ["/blobs/azureml/a"].into_iter().chain(RECORDS).collect();
        assert_eq!(found, expect);
        let mut gaps: Vec<&str> = gaps.iter().map(|gap| gap.path.as_str()).collect();
        gaps.sort_unstable();
        assert_eq!(gaps, UNREAD);
        for entry in entries {
            // A row of a listing is what a look shows.
            assert_eq!(bed.store.stat(&entry.path).await.unwrap(), entry);
            assert_eq!(bed.store.pin(&entry).await.unwrap(), entry.version);
            if !entry.kind.is_object() {
                let text = bed.text(entry.path.as_str()).await;
                assert_eq!(Some(text.len() as u64), entry.size_bytes, "{text}");
            }
        }
    }
}

#[tokio::test]
async fn documents_say_what_a_directory_would() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let model = bed.stat("/models/mail/1").await;
    assert_eq!(model.kind, Kind::Model);
    assert_eq!(model.properties.get("tag:who"), Some("Jane"));
    let text = bed.text("/models/mail/1").await;
    let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
    let given = document("/models/mail/1");
    for name in ["modelUri", "description", "tags", "properties"] {
        assert_eq!(shown[name], given[name], "{text}");
    }
    let run = bed.stat("/runs/first").await;
    for (name, value) in [
        ("owner", "Jane Example"),
        ("status", "Completed"),
        ("experiment", "churn"),
    ] {
        assert_eq!(run.properties.get(name), Some(value));
    }
    assert_eq!(run.created, Some(1_735_787_045_678));
    let metrics = bed.text("/runs/first/metrics").await;
    for part in ["loss", "accuracy", "0.25", "0.75"] {
        assert!(metrics.contains(part), "{metrics}");
    }
}

#[tokio::test]
async fn patterns_choose_and_only_what_they_may_choose_is_asked_for() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    bed.sim
        .seed_record("/runs/second", document("/runs/second"));
    for (pattern, expect) in [
        ("/runs/f*", &["/runs/first"][..]),
        ("/runs/*", &["/runs/first", "/runs/second"]),
        ("/runs/first/**", &["/runs/first", "/runs/first/metrics"]),
        ("/runs/*/metrics", &["/runs/first/metrics"]),
        ("/runs/first", &["/runs/first"]),
        ("/runs/absent", &[]),
        ("/runs/FIRST", &[]),
        ("/models/mail/*", &["/models/mail/1", "/models/mail/2"]),
        ("/models/*/2", &["/models/mail/2"]),
        ("/models/absent/*", &[]),
        (
            "/endpoints/*/*",
            &["/endpoints/batch/nightly", "/endpoints/online/churn"],
        ),
        (
            "/endpoints/online/churn/**",
            &[
                "/endpoints/online/churn",
                "/endpoints/online/churn/deployments/green",
            ],
        ),
        ("/workspace", &["/workspace"]),
        ("/resources/logs/*", &["/resources/logs/log-practice"]),
        ("/resources/vault/absent", &[]),
    ] {
        assert_eq!(bed.paths(pattern).await, expect, "{pattern}");
    }
    // Nothing but what is chosen has to answer.
    for (kind, operation) in LISTED_BY {
        let bed = Bed::new(AzureMlSettings::default()).await;
        for (other, operation) in LISTED_BY {
            // Runs are found by their experiments.
            if other != kind && !(kind == "/runs/*" && other == "/experiments/*") {
                bed.goes_wrong(operation, FaultKind::Status(500, None));
            }
        }
        bed.goes_wrong("Metric_ListMetric", FaultKind::Status(500, None));
        assert!(!bed.paths(kind).await.is_empty(), "{kind}");
        bed.goes_wrong(operation, FaultKind::Status(500, None));
        assert!(bed.list(kind).await.is_err(), "{kind}");
    }
}

/// Unknown is not empty: whatever is not the whole is an error.
#[tokio::test]
async fn a_listing_that_was_throttled_or_cut_is_an_error() {
    let faults = [
        FaultKind::Status(429, Some(0)),
        FaultKind::Status(500, None),
        FaultKind::Status(503, None),
        FaultKind::ResetBefore,
        FaultKind::TruncateBody(40),
        FaultKind::WrongLength(-10),
        FaultKind::DuplicatePage,
    ];
    for fault in faults {
        for (pattern, operation) in LISTED_BY {
            let settings = AzureMlSettings {
                page_size_max: 1,
                ..AzureMlSettings::default()
            };
            let bed = Bed::new(settings).await;
            // More than one page, so that there is one to come twice.
            for (path, second) in [
                ("/experiments/churn", "/experiments/other"),
                ("/runs/first", "/runs/second"),
                ("/models/mail/1", "/models/news/1"),
                ("/data/people/1", "/data/pets/1"),
                ("/components/step/1", "/components/step/2"),
                ("/environments/python/1", "/environments/ruby/1"),
                ("/codes/code/1", "/codes/code/2"),
                ("/datastores/workspaceblobstore", "/datastores/other"),
                ("/computes/cluster", "/computes/other"),
                ("/endpoints/online/churn", "/endpoints/online/other"),
                ("/services/scoring", "/services/other"),
            ] {
                let mut document = document(path);
                if path == "/runs/first" {
                    document["runId"] = "second".into();
                }
                if path == "/experiments/churn" {
                    document["name"] = "other".into();
                    document["experimentId"] = "id-of-other".into();
                }
                if path == "/services/scoring" {
                    document["id"] = "other".into();
                }
                bed.sim.seed_record(second, document);
            }
            // Often enough to be met, and not for good: a listing must not go round in circles either.
            let at = match fault {
                FaultKind::DuplicatePage => At::any().operation(operation).times(6),
                _ => At::any().operation(operation),
            };
            let kind = fault.clone();
            bed.sim.inject(Fault { at, kind });
            let listing = bed.list(pattern).await;
            assert!(
                matches!(listing, Err(StoreError::Failed { .. })),
                "{pattern} {fault:?}: {listing:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_passes_is_waited_for() {
    for fault in [
        FaultKind::Status(429, Some(1)),
        FaultKind::Status(503, None),
        FaultKind::ResetAfter,
        FaultKind::TruncateBody(40),
    ] {
        let bed = Bed::new(AzureMlSettings::default()).await;
        let at = remit_sim::At::any().times(2);
        bed.sim.inject(remit_sim::Fault { at, kind: fault });
        let (entries, _) = bed.list("/**").await.unwrap();
        assert_eq!(entries.len(), RECORDS.len());
    }
}

#[tokio::test]
async fn what_is_out_of_reach_is_a_gap_and_the_rest_is_listed() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    bed.goes_wrong("ModelContainers_List", FaultKind::Status(403, None));
    bed.goes_wrong("Experiments_GetByQuery", FaultKind::Status(403, None));
    let (entries, gaps) = bed.list("/**").await.unwrap();
    let found: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    assert!(found.contains(&"/data/people/1") && !found.contains(&"/models/mail/1"));
    bed.goes_wrong("Vaults_Get", FaultKind::Status(403, None));
    let (resources, unseen) = bed.list("/resources/**").await.unwrap();
    assert_eq!(resources.len(), 4);
    assert_eq!(unseen[0].path.as_str(), "/resources/vault/kv-practice");
    for place in ["/models", "/runs", "/experiments"] {
        let gap = gaps.iter().find(|gap| gap.path.as_str() == place);
        assert_eq!(gap.unwrap().reason, "no permission to list", "{place}");
    }
}

#[tokio::test]
async fn a_workspace_that_is_not_there_is_not_an_empty_one() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    let cloud = remit_azure::Cloud::simulator(bed.sim.url()).unwrap();
    let credential = remit_azure::Credential::choose_for(&cloud, None, &|_| None).unwrap();
    let mistyped = "azureml://subscriptions/00000000-1111-2222-3333-444444444444/resourcegroups/rg/workspaces/practise";
    let target = remit_azure::Target::parse(mistyped).unwrap();
    let options = remit_azure::Options::default();
    let store = remit_azure::Workspace::open(&target, cloud, credential, &options).unwrap();
    for pattern in ["/**", "/models/**", "/runs/*", "/blobs/**"] {
        let listing = store.list(&Pattern::parse(pattern).unwrap());
        let listing = remit_workspace::conformance::listed(listing).await;
        assert!(listing.is_err(), "{pattern}: {listing:?}");
    }
}

/// A name that would be another thing's address names nothing.
#[tokio::test]
async fn names_that_no_address_can_have_name_nothing() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    for at in [
        "/models/mail/%2E%2E",
        "/models/%2E/1",
        "/runs/%2E%2E",
        "/runs//metrics",
    ] {
        let absent = bed.store.stat(&path(at)).await;
        assert!(
            matches!(absent, Err(StoreError::NotFound(_))),
            "{at}: {absent:?}"
        );
    }
    let unread = bed.store.stat(&path("/pipelines/x")).await;
    assert!(
        matches!(unread, Err(StoreError::OutOfReach { .. })),
        "{unread:?}"
    );
}

/// Names are bytes of an address in one place only: whatever they are, they name what they name.
#[tokio::test]
async fn hostile_names_round_trip() {
    let bed = Bed::empty(AzureMlSettings::default()).await;
    let experiment = "a b&c=d%20;é:query";
    let mut document = document("/experiments/churn");
    document["name"] = experiment.into();
    let at = EntryPath::of_segments(["experiments", experiment]).unwrap();
    bed.sim.seed_record(at.as_str(), document);
    let ids = [
        "r+1 %2F;x",
        "a/b",
        "runs:query",
        "?x=1#y",
        "%2e%2e",
        "…",
        "\u{202e}abc",
        "a\\b",
    ];
    for id in ids {
        let run = EntryPath::of_segments(["runs", id]).unwrap();
        let mut document = crate::bed::document("/runs/first");
        document["runId"] = id.into();
        document["experimentName"] = experiment.into();
        bed.sim.seed_record(run.as_str(), document);
        let model = EntryPath::of_segments(["models", id, id]).unwrap();
        bed.sim
            .seed_record(model.as_str(), crate::bed::document("/models/mail/1"));
    }
    for (pattern, count) in [
        ("/runs/*", ids.len()),
        ("/models/*/*", ids.len()),
        ("/experiments/*", 1),
    ] {
        let (entries, gaps) = bed.list(pattern).await.unwrap();
        assert_eq!((entries.len(), gaps), (count, vec![]), "{pattern}");
        for entry in entries {
            assert_eq!(bed.store.stat(&entry.path).await.unwrap(), entry);
            let permitted = permit(Act::Archive, &entry.path);
            bed.store.archive(&permitted, &entry.version).await.unwrap();
        }
    }
    for pattern in ["/runs/*", "/models/*/*"] {
        for entry in bed.list(pattern).await.unwrap().0 {
            assert_eq!(
                entry.properties.get("archived"),
                Some("true"),
                "{}",
                entry.path
            );
            let deleted = bed.store.delete(&delete(&entry.path), &entry.version).await;
            assert!(
                matches!(deleted, Ok(Deleted::Gone)),
                "{}: {deleted:?}",
                entry.path
            );
        }
        assert_eq!(bed.list(pattern).await.unwrap().0, []);
    }
}
