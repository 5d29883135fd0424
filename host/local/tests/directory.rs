//! Directories as workspaces, on a real disk.

mod bed;
mod conformance;
mod hazards;
mod records;
