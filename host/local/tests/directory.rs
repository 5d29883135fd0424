//! Directories as workspaces, on a real disk.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod bed;
mod changes;
mod conformance;
mod hazards;
mod opening;
mod records;
