//! What goes wrong on purpose, and when.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Method;

use crate::mutation::Service;
use crate::request::Request;

/// What a fault sees of a request.
pub(crate) trait Sight {
    /// Which service is asked.
    fn service(&self) -> Service;
    fn method(&self) -> &Method;
    /// Path and query, decoded.
    fn spelled(&self) -> String;
}

impl Sight for Request {
    fn service(&self) -> Service {
        self.service
    }

    fn method(&self) -> &Method {
        &self.method
    }

    fn spelled(&self) -> String {
        self.spelled()
    }
}

/// Which requests a fault meets: all that are said must fit.
#[derive(Clone, Debug, Default)]
pub struct At {
    service: Option<Service>,
    operation: Option<&'static str>,
    method: Option<Method>,
    contains: Option<String>,
    skip: u64,
    times: Option<u64>,
}

impl At {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests to one of the services.
    pub fn service(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    /// Requests for an operation as the swagger names it, such as `Blob_Delete`.
    pub fn operation(mut self, operation: &'static str) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Requests with a method.
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Requests whose path and query, percent-decoded, contain a text.
    pub fn contains(mut self, text: impl Into<String>) -> Self {
        self.contains = Some(text.into());
        self
    }

    /// From the n-th fitting request on, counted from 1 and from when the fault was injected.
    pub fn from_nth(mut self, n: u64) -> Self {
        self.skip = n.saturating_sub(1);
        self
    }

    /// At most so often.
    pub fn times(mut self, n: u64) -> Self {
        self.times = Some(n);
        self
    }

    /// Only the n-th fitting request.
    pub fn nth(self, n: u64) -> Self {
        self.from_nth(n).times(1)
    }

    fn fits(&self, request: &impl Sight, operation: &'static str) -> bool {
        self.service
            .is_none_or(|service| service == request.service())
            && self.operation.is_none_or(|wanted| wanted == operation)
            && self
                .method
                .as_ref()
                .is_none_or(|method| method == request.method())
            && self
                .contains
                .as_ref()
                .is_none_or(|text| request.spelled().contains(text.as_str()))
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The connection is reset and nothing was done.
    ResetBefore,
    /// Everything was done, then the connection is reset: the answer is lost.
    ResetAfter,
    /// The body ends after so many bytes and the connection with it; the length promised more.
    TruncateBody(u64),
    /// `Content-Length` says more (or less) than the body has; the connection is closed after.
    WrongLength(i64),
    /// A status instead of an answer, with `Retry-After` in seconds if given; nothing was done.
    Status(u16, Option<u64>),
    /// A status instead of an answer, but everything was done.
    StatusAfter(u16),
    /// The answer waits.
    Slow(Duration),
    /// A listing answers a marker with the page before it, and goes on to the right one after.
    DuplicatePage,
    /// A listing does not show the last n changes.
    Stale(usize),
    /// The long-running operation that this request starts does half of its work, then fails.
    FailsHalfWay,
}

/// What goes wrong, and where.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which requests.
    pub at: At,
    /// What happens to them.
    pub kind: FaultKind,
}

struct Armed {
    fault: Fault,
    seen: u64,
    struck: u64,
}

/// The faults in force.
#[derive(Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<Vec<Armed>>>);

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        self.locked().push(Armed {
            fault,
            seen: 0,
            struck: 0,
        });
    }

    pub(crate) fn clear(&self) {
        self.locked().clear();
    }

    /// What happens to this request. Every fault that fits counts it; all that are due strike.
    pub(crate) fn strike(&self, request: &impl Sight, operation: &'static str) -> Vec<FaultKind> {
        let mut due = Vec::new();
        for armed in self.locked().iter_mut() {
            let at = &armed.fault.at;
            if !at.fits(request, operation) {
                continue;
            }
            armed.seen += 1;
            if armed.seen > at.skip && at.times.is_none_or(|times| armed.struck < times) {
                armed.struck += 1;
                due.push(armed.fault.kind.clone());
            }
        }
        due
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Vec<Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
