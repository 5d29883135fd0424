//! What takes longer than an answer: long-running operations of each style, awaited to their end, or for as long
//! as somebody wants to wait.
//!
//! `Azure-AsyncOperation`: an address that always answers 200, with a `status` in its body; `Operation-Location`
//! of the first version's services: the same with a `state`. `Location`: one that
//! answers 202 until it is done. Where an answer has both, the first is asked (as Microsoft's client does).

use std::time::Duration;

use azure_core::http::Url;
use serde_json::Value;
use tokio::time::Instant;

use super::line::{Heard, Line};
use crate::account::OPERATION_MAX;
use crate::error::Answer;

const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Where an operation is asked about.
enum Ask {
    Operation(Url),
    Location(Url),
}

/// How far an operation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    ToItsEnd,
    /// It goes on, and was awaited for as long as was wanted.
    NotYet,
}

/// Awaits the end of what an answer began, for as long as an operation may take.
pub(crate) async fn end(line: &Line, begun: Heard) -> Result<(), Answer> {
    match end_within(line, begun, OPERATION_MAX).await? {
        Came::ToItsEnd => Ok(()),
        Came::NotYet => Err(Answer::Status {
            status: 202,
            code: "StillUnderWay".to_owned(),
        }),
    }
}

/// Awaits the end of what an answer began. Without an address to ask it has ended already, for all that can be
/// known.
pub(crate) async fn end_within(
    line: &Line,
    begun: Heard,
    awaited: Duration,
) -> Result<Came, Answer> {
    if begun.status != 202 && begun.operation.is_none() {
        return Ok(Came::ToItsEnd);
    }
    let elsewhere = Answer::Malformed("an operation on another host");
    let mut ask = match (begun.operation, begun.location) {
        (Some(url), _) => Ask::Operation(url),
        (None, Some(url)) => Ask::Location(url),
        // Accepted, and nobody says where to ask: whoever began it looks at the thing itself.
        (None, None) => return Ok(Came::ToItsEnd),
    };
    let until = Instant::now() + awaited;
    let mut wait = begun.retry_after;
    let mut tried = 0;
    loop {
        if Instant::now() >= until {
            return Ok(Came::NotYet);
        }
        // As long as the service wishes, but neither for good nor without a pause.
        let pause = wait.filter(|wait| !wait.is_zero());
        tokio::time::sleep(pause.unwrap_or_else(|| line.pause(tried)).min(PAUSE_MAX)).await;
        tried += 1;
        let url = match &ask {
            Ask::Operation(url) | Ask::Location(url) => url,
        };
        if !line.admits(url) {
            return Err(elsewhere);
        }
        let heard = line.get(url).await?;
        wait = heard.retry_after;
        match &mut ask {
            Ask::Location(url) => match heard.status {
                202 => {
                    if let Some(next) = heard.location {
                        *url = next;
                    }
                }
                _ => return Ok(Came::ToItsEnd),
            },
            Ask::Operation(_) => match status(&heard.body) {
                Status::Ended => return Ok(Came::ToItsEnd),
                Status::Failed(code) => return Err(Answer::Status { status: 200, code }),
                Status::GoesOn => {}
                Status::Unsaid => return Err(Answer::Malformed("an operation without a status")),
            },
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Status {
    GoesOn,
    Ended,
    /// With its code, one word.
    Failed(String),
    Unsaid,
}

/// `status` is required, and any word but these says that it goes on.
fn status(body: &Value) -> Status {
    let status = body.get("status").or_else(|| body.get("state"));
    let Some(status) = status.and_then(Value::as_str) else {
        return Status::Unsaid;
    };
    match status.to_ascii_lowercase().as_str() {
        "succeeded" => Status::Ended,
        "failed" | "canceled" | "cancelled" | "timedout" => {
            let code = body.pointer("/error/code").and_then(Value::as_str);
            let code = code.unwrap_or(status).chars();
            Status::Failed(code.take_while(char::is_ascii_alphanumeric).collect())
        }
        _ => Status::GoesOn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_an_operation_says() {
        for (body, expect) in [
            (json!({"status": "Succeeded"}), Status::Ended),
            (json!({"status": "InProgress"}), Status::GoesOn),
            (json!({"state": "Running"}), Status::GoesOn),
            (json!({"state": "Succeeded"}), Status::Ended),
            (
                json!({"state": "TimedOut"}),
                Status::Failed("TimedOut".into()),
            ),
            (
                json!({"status": "Canceled"}),
                Status::Failed("Canceled".into()),
            ),
            (
                json!({"status": "Failed", "error": {"code": "Busy now, ada@example.com"}}),
                Status::Failed("Busy".into()),
            ),
            (json!({}), Status::Unsaid),
            (Value::Null, Status::Unsaid),
        ] {
            assert_eq!(status(&body), expect, "{body}");
        }
    }
}
