//! The lists that every store must pass.

use remit_sim::Settings;

use crate::bed::{Bed, Shares};

#[tokio::test]
async fn the_emulator_reads_as_every_store_must() {
    remit_workspace::conformance::all(&Bed::emulator().await).await;
}

#[tokio::test]
async fn the_emulator_changes_as_every_store_must() {
    remit_apply::conformance::all(&Bed::emulator().await).await;
}

#[tokio::test]
async fn the_simulator_reads_as_every_store_must() {
    remit_workspace::conformance::all(&Bed::simulator(Settings::default()).await).await;
}

/// Pages of a few, every second one empty: only the marker says which is the last.
#[tokio::test]
async fn short_and_empty_pages_are_no_ends() {
    let settings = Settings {
        page_size_max: 7,
        empty_pages: true,
        ..Settings::default()
    };
    remit_workspace::conformance::all(&Bed::simulator(settings).await).await;
}

#[tokio::test]
async fn the_simulator_changes_as_every_store_must() {
    remit_apply::conformance::all(&Bed::simulator(Settings::default()).await).await;
}

#[tokio::test]
async fn file_shares_read_as_every_store_must() {
    remit_workspace::conformance::all(&Shares::start(Settings::default()).await).await;
}

#[tokio::test]
async fn file_shares_in_short_pages_read_as_every_store_must() {
    let settings = Settings {
        page_size_max: 7,
        ..Settings::default()
    };
    remit_workspace::conformance::all(&Shares::start(settings).await).await;
}

#[tokio::test]
async fn file_shares_change_as_every_store_must() {
    remit_apply::conformance::all(&Shares::start(Settings::default()).await).await;
}
