//! Application Insights: show, delete, and purge what it holds about somebody.
//!
//! What a workspace-based component collects lies in its Log Analytics workspace and is purged
//! there; the purge of the component is for classic ones (facts.md, section 1).

use serde_json::Value;

use crate::ml::arm::logs;
use crate::ml::arm::resources::{self, key, list_of};
use crate::ml::call::Call;
use crate::ml::problem::Problem;
use crate::ml::route::{Route, of_group, routes};
use crate::ml::seed::INSIGHTS;
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_group!("/providers/Microsoft.Insights/components")
        => "Components_ListByResourceGroup", |call| list_of(call, INSIGHTS);
    GET "subscriptions/{subscription}/providers/Microsoft.Insights/components"
        => "Components_List", |call| list_of(call, INSIGHTS);
    GET of_group!("/providers/Microsoft.Insights/components/{component}")
        => "Components_Get", |call| resources::get(call, INSIGHTS, "component");
    DELETE of_group!("/providers/Microsoft.Insights/components/{component}")
        => "Components_Delete", |call| {
            let had = call.remove(&key(call, INSIGHTS, "component"));
            Call::deleted(had)
        };
    POST of_group!("/providers/Microsoft.Insights/components/{component}/purge")
        => "Components_Purge", purge;
    GET of_group!("/providers/Microsoft.Insights/components/{component}/operations/{purge}")
        => "Components_GetPurgeStatus", |call| logs::status(call, INSIGHTS, "component");
};

fn purge(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let key = key(call, INSIGHTS, "component");
    let document = call.record(&key)?.into_owned();
    if document["properties"]["WorkspaceResourceId"] != Value::Null {
        // Assumption: that it is refused, and how.
        return Err(Problem::user_error(
            "The component is workspace-based; purge its Log Analytics workspace.",
        ));
    }
    logs::request(call, &key)
}
