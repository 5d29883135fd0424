//! What is left out at the service, and that nothing that is wanted is.

use remit_sim::{At, AzureMlSettings, Fault, FaultKind};
use remit_workspace::conformance::listed;
use remit_workspace::{Kind, Pattern, Store as _, Wanted};
use serde_json::json;

use crate::bed::{Bed, open};

const QUERIES: &str = "Runs_GetByQuery";

/// Six runs of two experiments, one made each day from the first of January on.
async fn bed() -> Bed {
    let bed = Bed::empty(AzureMlSettings::default()).await;
    for (name, id) in [("churn", "id-of-churn"), ("mail", "id-of-mail")] {
        let experiment = json!({"name": name, "experimentId": id});
        bed.sim
            .seed_record(&format!("/experiments/{name}"), experiment);
    }
    for at in 0..6 {
        let run = json!({
            "runId": format!("run{at}"),
            "experimentId": if at % 2 == 0 { "id-of-churn" } else { "id-of-mail" },
            "experimentName": if at % 2 == 0 { "churn" } else { "mail" },
            "status": if at % 3 == 0 { "Failed" } else { "Completed" },
            "createdTimeUtc": format!("2025-01-0{}T00:00:00.5Z", at + 1),
            "tags": {},
        });
        bed.sim.seed_record(&format!("/runs/run{at}"), run);
        let metrics = json!({"metrics": [{"name": "loss", "value": [0.5]}]});
        bed.sim
            .seed_record(&format!("/runs/run{at}/metrics"), metrics);
    }
    bed
}

fn with(properties: &[(&str, &str)]) -> Wanted {
    Wanted {
        properties: properties
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Wanted::default()
    }
}

/// What is found of what is wanted, how many entries the backend gave for it, and how many queries it took.
async fn found(bed: &Bed, pattern: &str, wanted: &Wanted) -> (Vec<String>, usize, u64) {
    let pattern = Pattern::parse(pattern).unwrap();
    let before = bed.sim.requests(QUERIES);
    let (given, _) = listed(open(&bed.sim).list_wanted(&pattern, wanted))
        .await
        .unwrap();
    let queries = bed.sim.requests(QUERIES) - before;
    let (every, _) = listed(bed.store.list(&pattern)).await.unwrap();
    let names = |entries: &[remit_workspace::Entry]| -> Vec<String> {
        let wanted = entries.iter().filter(|entry| wanted.holds(entry));
        wanted.map(|entry| entry.path.to_string()).collect()
    };
    assert_eq!(names(&given), names(&every), "{wanted:?}");
    (names(&given), given.len(), queries)
}

#[tokio::test]
async fn only_the_wanted_experiment_is_asked() {
    let bed = bed().await;
    let runs = ["/runs/run0", "/runs/run2", "/runs/run4"];
    let (names, given, queries) = found(&bed, "/runs/*", &with(&[("experiment", "churn")])).await;
    assert_eq!(names, runs);
    assert_eq!((given, queries), (3, 1));
    // A pattern is no name.
    let (names, given, queries) = found(&bed, "/runs/*", &with(&[("experiment", "chu*")])).await;
    assert_eq!(names, runs);
    assert_eq!((given, queries), (6, 2));
}

#[tokio::test]
async fn status_and_age_are_the_services_to_compare() {
    let bed = bed().await;
    let (names, given, _) = found(&bed, "/runs/*", &with(&[("status", "Failed")])).await;
    assert_eq!((names.len(), given), (2, 2));
    // In the middle of the second in which the fourth was made: it comes along, and is no younger.
    let at = |millis| Wanted {
        before: Some(
            "2025-01-04T00:00:00Z"
                .parse::<jiff::Timestamp>()
                .unwrap()
                .as_millisecond()
                + millis,
        ),
        ..Wanted::default()
    };
    let (names, given, _) = found(&bed, "/runs/*", &at(500)).await;
    assert_eq!((names.len(), given), (3, 4));
    let (names, given, _) = found(&bed, "/runs/*", &at(501)).await;
    assert_eq!((names.len(), given), (4, 4));
}

#[tokio::test]
async fn a_service_that_takes_no_filter_lists_everything() {
    let bed = bed().await;
    let at = At::any().operation(QUERIES).times(1);
    bed.sim.inject(Fault {
        at,
        kind: FaultKind::Status(400, None),
    });
    let wanted = with(&[("experiment", "churn"), ("status", "Failed")]);
    let (names, given, queries) = found(&bed, "/runs/*", &wanted).await;
    assert_eq!(names, ["/runs/run0"]);
    assert_eq!((given, queries), (3, 2));
}

#[tokio::test]
async fn a_kind_that_is_not_wanted_is_not_asked_for() {
    let bed = bed().await;
    bed.sim.storage().seed_container("azureml");
    bed.sim.storage().seed_blob("azureml", "a", "x");
    let only = |kind| Wanted {
        kind: Some(kind),
        ..Wanted::default()
    };
    let (names, given, _) = found(&bed, "/runs/**", &only(Kind::Run)).await;
    assert_eq!((names.len(), given), (6, 6));
    let (names, _, queries) = found(&bed, "/**", &only(Kind::Blob)).await;
    assert_eq!((names.len(), queries), (1, 0));
    let everything = Pattern::everything();
    let (entries, _) = listed(bed.store.list_wanted(&everything, &only(Kind::Metrics)))
        .await
        .unwrap();
    assert_eq!(
        entries
            .iter()
            .filter(|one| one.kind == Kind::Metrics)
            .count(),
        6
    );
    assert!(entries.iter().all(|one| !one.kind.is_object()));
}
