//! The file service.

pub(crate) mod state;

use crate::operation::Operation;
use crate::refusal::{Code, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::world::World;

/// Answers a request that was authorised.
pub(crate) fn answer(
    _world: &mut World,
    _request: &Request,
    _operation: Operation,
) -> Result<Reply, Refusal> {
    Err(Code::UnsupportedHttpVerb.into())
}
