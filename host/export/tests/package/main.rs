//! Packages on a real disk: made, stopped, resumed, attacked, and checked by others.

#![expect(
    clippy::unwrap_used,
    reason = "clippy frees only functions marked as tests, not what they call"
)]

mod bagit;
mod crash;
mod fixture;
mod hostile;
mod lifecycle;
mod verify;
