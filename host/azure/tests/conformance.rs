//! The lists that every store must pass.

use crate::bed::Bed;

#[tokio::test]
async fn the_emulator_reads_as_every_store_must() {
    remit_workspace::conformance::all(&Bed::emulator().await).await;
}

#[tokio::test]
async fn the_emulator_changes_as_every_store_must() {
    remit_apply::conformance::all(&Bed::emulator().await).await;
}
