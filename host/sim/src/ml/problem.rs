//! What the services refuse with, and the two shapes of bodies that say so.
//!
//! Resource Manager answers with `ErrorResponse` of its common types; the workspace's own services
//! with an `ErrorResponse` of theirs. Statuses are those of the specifications where they have
//! one; codes that no specification names are marked where they are given.

use hyper::StatusCode;
use serde_json::json;

use crate::identity;
use crate::mutation::Service;
use crate::reply::Reply;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) retry_after: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    /// Assumption: the code and the text; the status is the specification's.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            format!("The resource '{what}' was not found."),
        )
    }

    /// Assumption: the code of the workspace's services.
    pub(crate) fn user_error(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "UserError", message)
    }

    /// Assumption: code and status of what is in the way.
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// What an injected status says.
    pub(crate) fn injected(status: u16, retry_after: Option<u64>) -> Self {
        let code = match status {
            429 => "TooManyRequests",
            503 => "ServiceUnavailable",
            401 => "InvalidAuthenticationToken",
            403 => "AuthorizationFailed",
            404 => "ResourceNotFound",
            409 => "Conflict",
            _ => "InternalServerError",
        };
        Self {
            retry_after,
            ..Self::new(
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                code,
                "The request could not be served now.",
            )
        }
    }

    /// As `ErrorDetail` of Resource Manager; the members that all providers have.
    pub(crate) fn detail(&self) -> serde_json::Value {
        json!({"code": self.code, "message": self.message})
    }

    pub(crate) fn reply(&self, service: Service) -> Reply {
        let body = match service {
            Service::Data => json!({
                "error": {
                    "code": self.code,
                    "message": self.message,
                    "details": [],
                    "innerError": {"code": self.code},
                },
                "correlation": {"operation": identity::fresh(), "request": identity::fresh()},
                "environment": "simulator",
                "location": "loopback",
                "time": jiff::Timestamp::now().to_string(),
            }),
            _ => json!({"error": self.detail()}),
        };
        Reply::new(self.status)
            .maybe(
                "retry-after",
                self.retry_after.map(|seconds| seconds.to_string()),
            )
            .json(&body)
    }
}
