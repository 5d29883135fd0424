//! A storage account, over the real emulator and over the simulator.

mod bed;
mod conformance;
mod erasure;
mod faults;
