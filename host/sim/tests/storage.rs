//! The simulator over real HTTP, asked by a small client and by Microsoft's own.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod batch;
mod blobs;
mod client;
mod erasure;
mod faults;
mod files;
mod listings;
mod microsoft;
mod seeds;
