//! Run documents carry live tokens and signatures: none reaches anybody.

use remit_sim::{AzureMlSettings, FaultKind};
use remit_workspace::{Pattern, Store as _};
use serde_json::{Value, json};

use crate::bed::{Bed, document, path};

const CANARY: &str = "Y2FuYXJ5LWluLWEtY2FnZQ";

/// A run that has a secret wherever one was seen.
fn talkative() -> Value {
    let mut run = document("/runs/first");
    let link = format!(
        "https://acct.blob.core.windows.net/azureml/x?sv=2021-08-06&se=2099-01-01&sp=r&sig={CANARY}"
    );
    run["token"] = json!(CANARY);
    run["tokenExpiryTimeUtc"] = json!("2099-01-01T00:00:00Z");
    run["logFiles"] = json!({"user_logs/std_log.txt": link});
    run["tags"]["link"] = json!(link);
    run["tags"]["password"] = json!(CANARY);
    run["properties"]["connectionString"] = json!(format!(
        "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={CANARY};"
    ));
    run["properties"]["nested"] = json!(json!({"token": CANARY, "uri": link}).to_string());
    run["runDefinition"] = json!({"environmentVariables": {"API_KEY": CANARY}, "token": CANARY});
    run["services"] = json!({"studio": {"endpoint": link}});
    run["jobSpecification"] = json!({"secret": CANARY});
    run
}

#[tokio::test]
async fn no_secret_of_a_record_reaches_anybody() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    bed.sim.seed_record("/runs/first", talkative());
    let mut datastore = document("/datastores/workspaceblobstore");
    datastore["credentials"] = json!({"credentialsType": "AccountKey", "secrets": {"key": CANARY}});
    bed.sim
        .seed_record("/datastores/workspaceblobstore", datastore);
    let mut endpoint = document("/endpoints/online/churn");
    endpoint["keys"] = json!({"primaryKey": CANARY, "secondaryKey": CANARY});
    bed.sim.seed_record("/endpoints/online/churn", endpoint);
    let (entries, _) = bed.list("/**").await.unwrap();
    let mut seen = format!("{entries:?} {:?}", bed.store);
    for entry in &entries {
        seen += &format!("{:?}", bed.stat(entry.path.as_str()).await);
        seen += &bed.text(entry.path.as_str()).await;
    }
    let text = bed.text("/runs/first").await;
    assert!(
        text.contains("std_log.txt") && text.contains("Jane"),
        "{text}"
    );
    assert!(!seen.contains(CANARY), "{seen}");
    assert!(!seen.contains(&bed.sim.storage().key()));
    let insights = "/resources/insights/ai-practice";
    let stored = bed.sim.record(&format!(
        "{}/providers/Microsoft.Insights/components/ai-practice",
        bed.sim.arm_id().split("/providers/").next().unwrap()
    ));
    let key = stored.unwrap()["properties"]["InstrumentationKey"].clone();
    assert!(bed.text(insights).await.contains("InstrumentationKey"));
    assert!(!seen.contains(key.as_str().unwrap()));
}

/// What a service writes in words is not repeated: it may hold anything.
#[tokio::test]
async fn errors_say_codes_and_nothing_else() {
    let bed = Bed::new(AzureMlSettings::default()).await;
    bed.goes_wrong("Runs_Get", FaultKind::Status(500, None));
    let error = bed.store.stat(&path("/runs/first")).await.unwrap_err();
    let mut text = format!("{error:?} {error}");
    let listing = bed.store.list(&Pattern::parse("/runs/first").unwrap());
    text += &format!("{:?}", remit_workspace::conformance::listed(listing).await);
    assert!(
        text.contains("500") && text.contains("InternalServerError"),
        "{text}"
    );
    assert!(!text.contains("could not be served"), "{text}");
    assert!(!text.contains("127.0.0.1"), "{text}");
}
