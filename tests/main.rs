//! Black-box tests: the real binary, real plugins, real signals and disks; and the rules of the house that
//! can be read off the source.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod azure;
mod bed;
mod graph;
mod house;
mod interruptions;
mod practice;
mod readme;
mod refusals;
mod verbs;
