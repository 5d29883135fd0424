//! The checks that every backend's changes must pass.
//!
//! As in `remit_workspace::conformance`, one list runs over each store, and a check panics with what it
//! expected. These cover what [`StoreMut`] promises: the named version or nothing, all or nothing, and
//! nothing else touched.

mod changes;
mod documents;
mod refusals;

use bytes::Bytes;
use futures::StreamExt as _;
use remit_policy::{Act, Authority, Permitted, Policy, Right, Rights, Strength};
use remit_workspace::conformance::{Fixture, below, read};
use remit_workspace::{Content, Entry, EntryPath, Pattern, StoreError, Version};

use crate::StoreMut;

/// A store under test that can be changed.
pub trait FixtureMut: Fixture {
    /// The same store as [`Fixture::store`].
    fn store_mut(&self) -> &dyn StoreMut;
}

/// Runs every check.
pub async fn all(fixture: &dyn FixtureMut) {
    changes::deleting(fixture).await;
    changes::replacing(fixture).await;
    changes::replacing_with_much_and_nothing(fixture).await;
    changes::two_at_once(fixture).await;
    changes::policy_files(fixture).await;
    refusals::a_version_that_is_no_longer_there(fixture).await;
    refusals::content_that_breaks_off(fixture).await;
    refusals::a_permit_for_another_act(fixture).await;
    if fixture.holds().records {
        documents::patching(fixture).await;
        documents::patching_a_version_that_changed(fixture).await;
        documents::archiving(fixture).await;
        documents::detaching(fixture).await;
        documents::deleting(fixture).await;
    }
}

/// The permit of an operator who may do everything.
fn permit(act: Act, path: &EntryPath) -> Permitted {
    let strength = Strength {
        purge: true,
        cascade: true,
        cancel: true,
    };
    let rights = Right::ALL
        .into_iter()
        .fold(Rights::none(), |rights, right| {
            rights.with(right, Pattern::everything(), strength)
        });
    let authority = Authority::for_operator(rights, Policy::absent());
    authority
        .permit(act, path, std::iter::empty())
        .expect("everything is granted")
}

fn delete(path: &EntryPath) -> Permitted {
    permit(Act::Delete(Strength::default()), path)
}

/// A new object, and its version as a step would carry it.
async fn put(fixture: &dyn FixtureMut, name: &[u8], content: &[u8]) -> (EntryPath, Version) {
    let path = below(fixture, &[b"changes", name]);
    fixture.put(&path, content).await;
    (path.clone(), pin(fixture, &path).await)
}

async fn pin(fixture: &dyn FixtureMut, path: &EntryPath) -> Version {
    let entry = stat(fixture, path).await.expect("it is there");
    fixture.store().pin(&entry).await.expect("it is pinned")
}

async fn stat(fixture: &dyn FixtureMut, path: &EntryPath) -> Result<Entry, StoreError> {
    fixture.store().stat(path).await
}

/// What an entry holds now; none when it is not there.
async fn now(fixture: &dyn FixtureMut, path: &EntryPath) -> Option<Bytes> {
    let entry = stat(fixture, path).await.ok()?;
    let content = fixture
        .store()
        .open(path, &entry.version, 0)
        .await
        .expect("it opens");
    Some(read(content).await.expect("it reads"))
}

/// A content of these chunks.
fn content(chunks: &[&[u8]]) -> Content {
    let chunks: Vec<_> = chunks
        .iter()
        .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
        .collect();
    futures::stream::iter(chunks).boxed()
}

/// What a listing of everything that these checks made shows; no place of it is out of reach.
async fn around(fixture: &dyn FixtureMut) -> Vec<String> {
    let pattern = format!("{}/**", below(fixture, &[b"changes"]));
    remit_workspace::conformance::paths(fixture.store(), &pattern).await
}
