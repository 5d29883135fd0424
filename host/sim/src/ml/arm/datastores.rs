//! Datastores: where data lies, without the secrets except to who asks for them by name.

use serde_json::{Value, json};

use crate::ml::call::Call;
use crate::ml::page::listed;
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_workspace, routes};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_workspace!("/datastores") => "Datastores_List", list;
    GET of_workspace!("/datastores/{name}") => "Datastores_Get", get;
    DELETE of_workspace!("/datastores/{name}") => "Datastores_Delete", |call| {
        let had = call.remove(&key(call));
        Call::deleted(had)
    };
    POST of_workspace!("/datastores/{name}/listSecrets") => "Datastores_ListSecrets", list_secrets;
};

fn key(call: &Call<'_>) -> String {
    records::key(["datastores", &call.name("name")])
}

/// Without what only `listSecrets` gives.
fn shown(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(credentials) = document["properties"]["credentials"].as_object_mut() {
        credentials.remove("secrets");
    }
    document
}

fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let is_default = match call.asked.parameter("isdefault") {
        None => None,
        Some(_) => Some(call.asked.flag("isdefault")?),
    };
    let names = call.asked.parameter("names");
    let text = call.asked.parameter("searchtext");
    listed(call, "datastores/", |_, _, document| {
        let name = document["name"].as_str().unwrap_or_default();
        let wanted = is_default.is_none_or(|wanted| document["properties"]["isDefault"] == wanted)
            && names.is_none_or(|names| names.split(',').any(|each| each == name))
            && text.is_none_or(|text| name.contains(text));
        wanted.then(|| shown(document))
    })
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let document = shown(&*call.record(&key(call))?);
    Call::ok(&document)
}

fn list_secrets(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let document = call.record(&key(call))?.into_owned();
    let says = &document["properties"];
    let credentials = &says["credentials"];
    // A datastore in the workspace's own account opens with that account's real key.
    let own = says["accountName"] == call.world.settings.account.as_str();
    Call::ok(&match credentials["credentialsType"].as_str() {
        Some("AccountKey") if own => {
            json!({"secretsType": "AccountKey", "key": call.world.settings.key})
        }
        Some("AccountKey") => {
            json!({"secretsType": "AccountKey", "key": credentials["secrets"]["key"]})
        }
        Some("Sas") => {
            json!({"secretsType": "Sas", "sasToken": credentials["secrets"]["sasToken"]})
        }
        _ => return Err(Problem::user_error("The datastore has no secrets.")),
    })
}
