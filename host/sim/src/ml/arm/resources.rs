//! Any resource by its type: what those of other providers have in common, and the list of a group.

use serde_json::{Value, json};

use crate::ml::call::Call;
use crate::ml::page::listed;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_group, routes};
use crate::ml::state::resource_key;
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_group!("/resources") => "Resources_ListByResourceGroup", list;
    GET "subscriptions/{subscription}/resources" => "Resources_List", list;
};

/// The key of the resource of this type that the path names.
pub(crate) fn key(call: &Call<'_>, kind: &str, placeholder: &str) -> String {
    resource_key(&format!(
        "subscriptions/{}/resourceGroups/{}/providers/{kind}/{}",
        call.name("subscription"),
        call.name("group"),
        call.name(placeholder)
    ))
}

/// The resource of this type that the path names.
pub(crate) fn get(call: &mut Call<'_>, kind: &str, placeholder: &str) -> Result<Reply, Problem> {
    let document = call.record(&key(call, kind, placeholder))?.into_owned();
    Call::ok(&document)
}

/// Resources of one type in the group, or the subscription if the path names no group.
pub(crate) fn list_of(call: &mut Call<'_>, kind: &str) -> Result<Reply, Problem> {
    listed(call, &prefix(call), |_, _, document| {
        is_of(document, kind).then(|| document.clone())
    })
}

fn prefix(call: &Call<'_>) -> String {
    let subscription = call.name("subscription");
    let group = call.name("group");
    let prefix = match group.as_str() {
        "" => format!("subscriptions/{subscription}/"),
        group => format!("subscriptions/{subscription}/resourcegroups/{group}/"),
    };
    prefix.to_ascii_lowercase()
}

fn is_of(document: &Value, kind: &str) -> bool {
    document["type"]
        .as_str()
        .is_some_and(|own| own.eq_ignore_ascii_case(kind))
}

/// What the generic listing shows. `$filter` is `resourceType eq '…'`, several with `or`; other
/// filters are refused rather than ignored.
fn list(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let mut kinds = Vec::new();
    if let Some(filter) = call.asked.parameter("$filter") {
        for each in filter.split(" or ") {
            let kind = each
                .trim()
                .strip_prefix("resourceType eq '")
                .and_then(|rest| rest.strip_suffix('\''))
                .ok_or_else(|| {
                    Problem::user_error(format!("The filter '{filter}' is not understood."))
                })?;
            kinds.push(kind.to_owned());
        }
    }
    listed(call, &prefix(call), |_, _, document| {
        if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(document, kind)) {
            return None;
        }
        let mut shown = json!({});
        for name in [
            "id", "name", "type", "location", "tags", "kind", "sku", "identity",
        ] {
            if !document[name].is_null() {
                shown[name] = document[name].clone();
            }
        }
        Some(shown)
    })
}
