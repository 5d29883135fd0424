//! From a request to its reply: who asks, may they, and then the operation; batches part by part.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::auth::{self, Caller};
use crate::blob::{self, batch, list};
use crate::fault::FaultKind;
use crate::file;
use crate::mutation::Service;
use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::server::{Shared, refused};

/// How a listing misbehaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quirks {
    /// The page before is answered again.
    pub(crate) page_again: bool,
    /// So many of the last changes are not seen.
    pub(crate) behind: usize,
}

/// Which marker led to which, so that a page can be answered again.
#[derive(Debug, Default)]
pub(crate) struct Pages(Mutex<VecDeque<(String, Option<String>)>>);

impl Pages {
    fn remember(&self, request: &Request, reply: &Reply) {
        let Some(last) = reply.body.pieces().last() else {
            return;
        };
        let text = String::from_utf8_lossy(last);
        let Some(next) = text
            .rsplit_once("<NextMarker>")
            .and_then(|(_, rest)| rest.split_once('<'))
            .map(|(next, _)| next.to_owned())
        else {
            return;
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() == 64 {
            known.pop_front();
        }
        known.push_back((next, request.parameter("marker").map(str::to_owned)));
    }

    /// Asks for the page before the one that is asked.
    fn step_back(&self, request: &mut Request) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known
            .iter()
            .rev()
            .find(|(next, _)| request.parameter("marker") == Some(next));
        if let Some((_, before)) = before {
            request.query.retain(|(key, _)| key != "marker");
            if let Some(before) = before {
                request.query.push(("marker".into(), before.clone()));
            }
        }
    }
}

/// Answers a request.
pub(crate) fn answer(
    shared: &Shared,
    mut request: Request,
    operation: Operation,
    quirks: Quirks,
) -> Reply {
    let caller = match authorise(shared, &request, operation) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into(),
    };
    let result = match operation {
        Operation::ServiceBatch | Operation::ContainerBatch => in_parts(shared, &request),
        Operation::ListBlobs | Operation::ListBlobsHierarchy => {
            if quirks.page_again {
                shared.pages.step_back(&mut request);
            }
            let listed = list::list(&shared.world(), &request, &caller, quirks.behind);
            listed.inspect(|reply| shared.pages.remember(&request, reply))
        }
        _ => once(shared, &request, operation, &caller),
    };
    result.unwrap_or_else(Reply::from)
}

fn authorise(shared: &Shared, request: &Request, operation: Operation) -> Result<Caller, Refusal> {
    let (settings, policies) = {
        let world = shared.world();
        let policies = match request.parameter("si") {
            Some(_) => world
                .blobs
                .container(&request.container)
                .map(|container| container.policies.clone())
                .unwrap_or_default(),
            None => Vec::new(),
        };
        (std::sync::Arc::clone(&world.settings), policies)
    };
    auth::authorise(request, operation, &settings, |id| {
        policies
            .iter()
            .find(|policy| policy.0 == id)
            .map(|policy| (policy.1.clone(), policy.2.clone(), policy.3.clone()))
    })
}

fn once(
    shared: &Shared,
    request: &Request,
    operation: Operation,
    caller: &Caller,
) -> Result<Reply, Refusal> {
    let mut world = shared.world();
    match request.service {
        Service::Blob => blob::answer(&mut world, request, operation, caller),
        Service::File => file::answer(&mut world, request, operation),
        Service::Management | Service::Data => Err(Code::InvalidUri.into()),
    }
}

fn in_parts(shared: &Shared, request: &Request) -> Result<Reply, Refusal> {
    let settings = std::sync::Arc::clone(&shared.world().settings);
    let parts = batch::parts(request, &settings.account)?;
    let answers = parts
        .into_iter()
        .map(|part| {
            let reply = part
                .request
                .and_then(|part| in_part(shared, part, settings.batch_honours_conditions));
            (part.id, reply.unwrap_or_else(Reply::from))
        })
        .collect();
    Ok(batch::answer(answers))
}

fn in_part(
    shared: &Shared,
    mut request: Request,
    honours_conditions: bool,
) -> Result<Reply, Refusal> {
    let operation = Operation::of(&request)?;
    let faults = shared.faults.strike(&request, operation.name());
    for fault in &faults {
        if let FaultKind::Status(status, retry_after) = fault {
            return Ok(refused(*status, *retry_after));
        }
    }
    let caller = authorise(shared, &request, operation)?;
    if !honours_conditions {
        batch::without_conditions(&mut request);
    }
    let reply = once(shared, &request, operation, &caller);
    for fault in &faults {
        if let FaultKind::StatusAfter(status) = fault {
            return Ok(refused(*status, None));
        }
    }
    reply
}
