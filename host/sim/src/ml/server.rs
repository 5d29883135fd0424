//! The HTTP server of the service half: who asks, what goes wrong, and then the operation.

use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::{Response, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::fault::{FaultKind, Sight as _};
use crate::flow::Flow;
use crate::identity;
use crate::ml::call::{Call, Quirks};
use crate::ml::problem::Problem;
use crate::ml::request::Asked;
use crate::ml::route::{self, Route};
use crate::ml::state::{By, State, resource_key};
use crate::mutation::Service;
use crate::reply::Reply;
use crate::server::{self, Reset, Shared, converse, sent};

/// What all connections share.
pub(crate) struct House {
    pub(crate) storage: Arc<Shared>,
    pub(crate) state: Mutex<State>,
    /// The account's blob endpoint, for links.
    pub(crate) blob_url: String,
    pub(crate) scheme: &'static str,
}

impl House {
    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until dropped.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, house: Arc<House>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let house = Arc::clone(&house);
        connections.spawn(converse(stream, tls.clone(), move |incoming| {
            let house = Arc::clone(&house);
            async move { respond(&house, incoming).await }
        }));
    }
}

async fn respond(
    house: &House,
    incoming: hyper::Request<Incoming>,
) -> Result<Response<Flow>, Reset> {
    if let Some((account, service)) = storage_host(&incoming) {
        let incoming = server::below_account(incoming, &account);
        return server::respond(&house.storage, service, incoming).await;
    }
    let (head, body) = incoming.into_parts();
    let target = head
        .uri
        .path_and_query()
        .map_or("/", hyper::http::uri::PathAndQuery::as_str);
    let body = match Limited::new(body, server::BODY_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Err(Reset),
    };
    let client_id = head.headers.get("x-ms-client-request-id").cloned();
    let asked = match Asked::parse(house.scheme, head.method, target, head.headers, body) {
        Ok(asked) => asked,
        Err(problem) => return Ok(sent(problem.reply(Service::Management), &[])),
    };
    let plane = asked.plane();
    let Some((route, named)) = route::find(&asked) else {
        // Assumption: the code and text for a path that is none.
        let problem = Problem::new(
            StatusCode::NOT_FOUND,
            "InvalidResourceType",
            format!("No operation has the path '{}'.", asked.raw_path),
        );
        return Ok(sent(problem.reply(plane), &[]));
    };
    house.storage.count(route.name);
    let faults = house.storage.faults.strike(&asked, route.name);
    let mut reply = act(house, &asked, route, named, &faults).await?;
    reply = reply
        .header("x-ms-request-id", identity::fresh())
        .header("x-ms-correlation-request-id", identity::fresh());
    if let Some(id) = client_id {
        reply.headers.insert("x-ms-client-request-id", id);
    }
    Ok(sent(reply, &faults))
}

/// The account and service that a host such as `practice.blob.core.localhost` names.
fn storage_host(incoming: &hyper::Request<Incoming>) -> Option<(String, Service)> {
    let host = incoming.headers().get("host")?.to_str().ok()?;
    let (account, rest) = host.split_once('.')?;
    let service = match rest.split_once('.')? {
        ("blob", rest) if rest.starts_with("core.") => Service::Blob,
        ("file", rest) if rest.starts_with("core.") => Service::File,
        _ => return None,
    };
    Some((account.to_owned(), service))
}

/// Answers, with what goes wrong before and after.
async fn act(
    house: &House,
    asked: &Asked,
    route: &'static Route,
    named: Vec<(&'static str, String)>,
    faults: &[FaultKind],
) -> Result<Reply, Reset> {
    let plane = asked.plane();
    let injected = |status, retry_after| Problem::injected(status, retry_after).reply(plane);
    let mut quirks = Quirks::default();
    for fault in faults {
        match fault {
            FaultKind::Slow(wait) => tokio::time::sleep(*wait).await,
            FaultKind::Wait(gate) => gate.pass().await,
            FaultKind::ResetBefore => return Err(Reset),
            FaultKind::Status(status, after) => return Ok(injected(*status, *after)),
            FaultKind::DuplicatePage => quirks.page_again = true,
            FaultKind::Stale(changes) => quirks.behind = *changes,
            FaultKind::FailsHalfWay => quirks.fails_half_way = true,
            _ => {}
        }
    }
    let reply =
        answer(house, asked, route, named, quirks).unwrap_or_else(|problem| problem.reply(plane));
    for fault in faults {
        match fault {
            FaultKind::ResetAfter => return Err(Reset),
            FaultKind::StatusAfter(status) => return Ok(injected(*status, None)),
            _ => {}
        }
    }
    Ok(reply)
}

fn answer(
    house: &House,
    asked: &Asked,
    route: &'static Route,
    named: Vec<(&'static str, String)>,
    quirks: Quirks,
) -> Result<Reply, Problem> {
    let mut state = house.state();
    let mut world = house.storage.world();
    state.sweep(&mut world);
    authorise(&state, asked, route)?;
    let plane = asked.service();
    if plane == Service::Management {
        if asked.parameter("api-version").is_none() {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                // Assumption: the code.
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            ));
        }
        guard(&state, asked, route)?;
    }
    let mut call = Call {
        state: &mut state,
        world: &mut world,
        asked,
        by: By {
            service: plane,
            verb: route.name,
        },
        named,
        quirks,
        blob_url: house.blob_url.clone(),
    };
    within(&call, route)?;
    (route.act)(&mut call)
}

/// Whether the token is one that is accepted.
fn authorise(state: &State, asked: &Asked, route: &Route) -> Result<(), Problem> {
    // facts.md, section 2: discovery asks for no token.
    if route.name == "Discovery_Get" {
        return Ok(());
    }
    let token = asked
        .header("authorization")
        .and_then(|header| header.strip_prefix("Bearer "));
    let accepted = &state.settings.tokens;
    let refused = match token {
        None => Some("AuthenticationFailed"),
        Some(token) if accepted.is_empty() || accepted.iter().any(|each| each == token) => None,
        Some(_) => Some("InvalidAuthenticationToken"),
    };
    match refused {
        None => Ok(()),
        // Assumption: the codes.
        Some(code) => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            code,
            "Authentication failed. The 'Authorization' header is missing or not valid.",
        )),
    }
}

/// Whether a lock stands in the way.
fn guard(state: &State, asked: &Asked, route: &Route) -> Result<(), Problem> {
    // A purge of a soft-deleted vault has no scope that could be locked.
    if route.name.starts_with("ManagementLocks_") {
        return Ok(());
    }
    match asked.method.as_str() {
        "DELETE" => state.locked(&asked.raw_path, true),
        // A read-only lock forbids every POST, listing keys included.
        "PUT" | "PATCH" | "POST" => state.locked(&asked.raw_path, false),
        _ => Ok(()),
    }
}

/// Whether the workspace that the path names is there and is the one that has records.
fn within(call: &Call<'_>, route: &Route) -> Result<(), Problem> {
    let name = call.name("workspace");
    if name.is_empty() || route.name.starts_with("Workspaces_") {
        return Ok(());
    }
    let settings = &call.state.settings;
    let id = format!(
        "subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{name}",
        call.name("subscription"),
        call.name("group")
    );
    let key = resource_key(&id);
    // Only one of the workspaces has records; its neighbours are there to share what it depends on.
    if !call.state.records.has(&key) || key != resource_key(&settings.arm_id()) {
        return Err(Problem::not_found(&format!(
            "Microsoft.MachineLearningServices/workspaces/{name}"
        )));
    }
    Ok(())
}
