//! A storage account, over the real emulator.

mod bed;
mod conformance;
mod erasure;
