//! The session as a guest sees it, over the reference store.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "session/above.rs"]
mod above;
#[path = "session/bench.rs"]
mod bench;
#[path = "session/ceilings.rs"]
mod ceilings;
#[path = "session/deleting.rs"]
mod deleting;
#[path = "session/exporting.rs"]
mod exporting;
#[path = "session/laws.rs"]
mod laws;
#[path = "session/leaving.rs"]
mod leaving;
#[path = "session/parts.rs"]
mod parts;
#[path = "session/reading.rs"]
mod reading;
#[path = "session/redacting.rs"]
mod redacting;
#[path = "session/scanning.rs"]
mod scanning;
