//! The rows. Each is walked by a test of its own.

use crate::table::row::Row;

const SHARE: &str = "/files/SHARE/Users/ALIAS/…";

/// Rows of the README that name what can be neither listed nor read: each has tests of its own. With an example.
pub(crate) const NAMED_ONLY: &[(&str, &str)] = &[(
    "/telemetry/COMPONENT/TABLE/COLUMN/VALUE",
    "/telemetry/ai-sample/AppTraces/UserId/jane",
)];

/// Every row that says something, as tests and as a list.
macro_rules! rows {
    ($($name:ident: $row:expr;)*) => {
        pub(crate) const ROWS: &[Row] = &[$($row),*];
        $(#[test] fn $name() { $row.walk(); })*
    };
}

rows! {
    workspace: Row::of("/workspace", "/workspace", "kept by", "/")
        .deleted(&["--cascade"], 7).redacted();
    experiment: Row::of("/experiments/NAME", "/experiments/finished", "id-of-finished", "experiments/finished")
        .archived().redacted();
    run: Row::of("/runs/ID", "/runs/churn-000000", "churn-model 0", "churn-000000")
        .archived().redacted();
    metrics: Row::of("/runs/ID/metrics", "/runs/churn-000000/metrics", "recall", "metrics/churn-000000");
    model: Row::of("/models/N/V", "/models/churn-model/1", "custom_model", "models/churn-model")
        .archived().redacted();
    data: Row::of("/data/N/V", "/data/churn-training/1", "training/churn/", "data/churn-training")
        .archived().redacted();
    component: Row::of("/components/N/V", "/components/step/1", "componentSpec", "components/step")
        .archived().redacted();
    environment: Row::of("/environments/N/V", "/environments/python/1", "python:3", "environments/python")
        .archived().redacted();
    code: Row::of("/codes/N/V", "/codes/code/1", "training code", "codes/code");
    datastore: Row::of("/datastores/N", "/datastores/workspaceworkingdirectory", "AzureFile", "datastores/workspaceworkingdirectory");
    compute: Row::of("/computes/N", "/computes/cluster", "AmlCompute", "computes/cluster");
    online_endpoint: Row::of("/endpoints/online/N", "/endpoints/online/churn", "churn.example.net", "endpoints/online/churn")
        .deleted(&["--cascade"], 0);
    batch_endpoint: Row::of("/endpoints/batch/N", "/endpoints/batch/nightly", "every night", "endpoints/batch/nightly")
        .deleted(&["--cascade"], 0);
    deployment: Row::of("/endpoints/online/N", "/endpoints/online/churn/deployments/blue", "azureml:churn-model:1",
        "endpoints/online/churn/deployments/blue");
    schedule: Row::of("/schedules/N", "/schedules/nightly", "Nightly training", "schedules/nightly");
    blob: Row::of("/blobs/CONTAINER/NAME", "/blobs/azureml/ExperimentRun/dcid.churn-000000/user_logs/std_log.txt",
        "job submitted by", "dcid.churn-000000/user_logs/std_log.txt").redacted();
    // The policy lies in it: no plan of its own deletes it.
    storage: Row::of("/resources/KIND/NAME", "/resources/storage/samplestorage", "primaryEndpoints", "samplestorage")
        .kept();
    registry: Row::of("/resources/KIND/NAME", "/resources/registry/acrsample", "loginServer", "registries/acrsample")
        .deleted(&["--cascade"], 0);
    insights: Row::of("/resources/KIND/NAME", "/resources/insights/ai-sample", "IngestionMode", "components/ai-sample")
        .deleted(&["--cascade"], 0);
    logs: Row::of("/resources/KIND/NAME", "/resources/logs/log-sample", "retentionInDays", "workspaces/log-sample")
        .deleted(&["--cascade", "--purge"], 0);
    vault: Row::of("/resources/KIND/NAME", "/resources/vault/kv-sample", "vaultUri", "vaults/kv-sample")
        .deleted(&["--cascade"], 7);
    service: Row::of("/services/ID", "/services/scoring", "of the first version", "services/scoring");
    notebook: Row::of(SHARE, "/files/code-391ff5ac-6576-460f-ba4d-7e03433c68b6/Users/jane/churn%20study.ipynb",
        "cells", "Users/jane/").redacted();
}
