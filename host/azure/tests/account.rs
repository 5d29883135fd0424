//! A storage account, over the real emulator and over the simulator.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod batches;
mod bed;
mod conformance;
mod erasure;
mod faults;
mod share_faults;
mod shares;
mod threads;
