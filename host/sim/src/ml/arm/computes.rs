//! Compute targets: list, show, delete or detach.

use hyper::StatusCode;

use crate::ml::call::Call;
use crate::ml::page::listed;
use crate::ml::problem::Problem;
use crate::ml::records;
use crate::ml::route::{Route, of_workspace, routes};
use crate::ml::running::{Style, What};
use crate::reply::Reply;

pub(crate) const ROUTES: &[Route] = routes! {
    GET of_workspace!("/computes") => "Compute_List", |call| {
        listed(call, "computes/", |_, _, document| Some(document.clone()))
    };
    GET of_workspace!("/computes/{compute}") => "Compute_Get", get;
    DELETE of_workspace!("/computes/{compute}") => "Compute_Delete", delete;
};

fn key(call: &Call<'_>) -> String {
    records::key(["computes", &call.name("compute")])
}

fn get(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let document = call.record(&key(call))?.into_owned();
    Call::ok(&document)
}

/// Deletes what is below, or only forgets it; the caller must say which.
fn delete(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let what = match call.asked.parameter("underlyingresourceaction") {
        Some("Delete") => What::Remove,
        Some("Detach") => What::Detach,
        _ => {
            return Err(Problem::user_error(
                "'underlyingResourceAction' is required: Delete or Detach.",
            ));
        }
    };
    let key = key(call);
    if !call.state.records.has(&key) {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    }
    Ok(call.start(&key, what, Style::AsyncOperation))
}
