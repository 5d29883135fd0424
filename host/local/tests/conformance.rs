//! Both forms of a directory pass the lists that every store must pass.

use crate::bed::Bed;

#[tokio::test]
async fn a_plain_directory_reads_as_every_store_must() {
    remit_workspace::conformance::all(&Bed::plain()).await;
}

#[tokio::test]
async fn a_full_workspace_reads_as_every_store_must() {
    remit_workspace::conformance::all(&Bed::workspace()).await;
}

#[tokio::test]
async fn a_plain_directory_changes_as_every_store_must() {
    remit_apply::conformance::all(&Bed::plain()).await;
}

#[tokio::test]
async fn a_full_workspace_changes_as_every_store_must() {
    remit_apply::conformance::all(&Bed::workspace()).await;
}
