//! The records of a sample that are no runs: the workspace, experiments, models, data, datastores, endpoints.

use serde_json::json;

use super::people::PEOPLE;
use super::{Dice, SHARE, SampleError, Writer, instant};

const ACCOUNT: &str = "samplestorage";
const GROUP: &str =
    "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg/providers";

pub(super) fn write(writer: &mut Writer<'_>, dice: &mut Dice) -> Result<(), SampleError> {
    let [jane, omar, ada, _] = &PEOPLE;
    let container = writer.default_container();
    let id = writer.id.clone();
    writer.put_record(
        "workspace",
        &json!({
            "name": "sample",
            "workspaceId": id,
            "location": "eastus2",
            "storageAccount": format!("{GROUP}/Microsoft.Storage/storageAccounts/{ACCOUNT}"),
            "tags": {},
        }),
    )?;
    for (index, name) in ["churn", "bike-demand", "support-mail"]
        .into_iter()
        .enumerate()
    {
        let experiment = json!({
            "experimentId": format!("5a020000-b431-4fa1-af57-{index:012}"),
            "name": name,
            "createdTimeUtc": instant(0, 0),
            "createdBy": PEOPLE[index].document(),
            "tags": {},
        });
        writer.put_record(&format!("experiments/{name}"), &experiment)?;
        let folder = format!("blobs/{container}/training/{name}");
        writer.put_record(
            &format!("data/{name}-training/1"),
            &json!({
                "name": format!("{name}-training"),
                "version": "1",
                "dataType": "uri_folder",
                "dataUri": format!("azureml://datastores/workspaceblobstore/paths/training/{name}/"),
                "description": format!("Prepared by {}.", PEOPLE[index].name),
                "tags": {"steward": PEOPLE[index].alias},
                "createdTime": instant(0, 0),
                "createdBy": PEOPLE[index].document(),
            }),
        )?;
        let mut rows = String::from("customer,amount,region\n");
        for _ in 0..40 {
            rows += &format!(
                "c{:05},{}.{:02},r{}\n",
                dice.below(90_000) + 10_000,
                dice.below(500),
                dice.below(100),
                dice.below(9)
            );
        }
        writer.put(&format!("{folder}/part-0.csv"), rows.as_bytes())?;
    }
    for (name, run, owner) in [
        ("churn-model", "churn-000000", jane),
        ("bike-model", "bike-demand-000001", omar),
    ] {
        writer.put_record(
            &format!("models/{name}/1"),
            &json!({
                "name": name,
                "version": "1",
                "modelType": "custom_model",
                "modelUri": format!("azureml://datastores/workspaceblobstore/paths/models/{name}/1/"),
                "jobName": run,
                "description": format!("Registered by {} ({}).", owner.name, owner.email),
                "tags": {"contact": owner.email},
                "properties": {},
                "createdTime": instant(3, 0),
                "createdBy": owner.document(),
            }),
        )?;
        writer.put(
            &format!("blobs/{container}/models/{name}/1/model.bin"),
            &noise(dice, 4_096),
        )?;
    }
    let account_key = "c3ludGhldGljLW5vdC1hLXJlYWwtYWNjb3VudC1rZXk=";
    for (name, member, place) in [
        ("workspaceblobstore", "containerName", container.as_str()),
        ("workspaceartifactstore", "containerName", "azureml"),
        ("workspaceworkingdirectory", "fileShareName", SHARE),
    ] {
        let mut datastore = json!({
            "name": name,
            "datastoreType": if member == "containerName" { "AzureBlob" } else { "AzureFile" },
            "accountName": ACCOUNT,
            "credentials": {"credentialsType": "AccountKey", "secrets": {"key": account_key}},
            "isDefault": name == "workspaceblobstore",
        });
        datastore[member] = json!(place);
        writer.put_record(&format!("datastores/{name}"), &datastore)?;
    }
    let endpoint = json!({
        "name": "churn",
        "provisioningState": "Succeeded",
        "scoringUri": "https://churn.example.net/score",
        "tags": {"contact": ada.email},
        "createdTime": instant(9, 0),
        "createdBy": ada.document(),
    });
    writer.put_record("endpoints/online/churn", &endpoint)?;
    let deployment =
        json!({"name": "blue", "model": "azureml:churn-model:1", "provisioningState": "Succeeded"});
    writer.put_record("endpoints/online/churn/deployments/blue", &deployment)?;
    let schedule = json!({"name": "nightly", "displayName": "Nightly training", "description": format!("Ask {}.", omar.name), "tags": {}});
    writer.put_record("schedules/nightly", &schedule)
}

fn noise(dice: &mut Dice, length: usize) -> Vec<u8> {
    (0..length / 8)
        .flat_map(|_| dice.roll().to_le_bytes())
        .collect()
}
