//! Black-box tests: the real binary, real plugins, real signals and disks.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod azure;
mod bed;
mod cascade;
mod checking;
mod interruptions;
mod outputs;
mod practice;
mod readme;
mod records;
mod refusals;
mod scripts;
mod service;
mod shares;
mod shipped;
mod table;
mod telemetry;
mod verbs;
