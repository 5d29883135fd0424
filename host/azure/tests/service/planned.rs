//! A plan over a simulated workspace, made and applied as the command does it. Which steps it has, and what
//! was granted for it, each test says; what must come of it, too.

use std::sync::Arc;

use remit_apply::{
    Admitted, ApplyError, Durable, Progress, Setup, Standing, Stop, Verification, admit, apply,
    policy_now, policy_pin, verify,
};
use remit_azure::Workspace;
use remit_plan::{About, Act, Case, Draft, Plan, State, Step};
use remit_policy::{Authority, Rights, Strength};
use remit_workspace::Store as _;

use crate::bed::{Bed, path};

const CREATED: i64 = 1_790_000_000_000;

/// A delete as strong as this, after which the entry should be gone.
pub(crate) fn delete(strength: Strength) -> Act {
    Act::Delete {
        purge: strength.purge,
        cancel_first: strength.cancel,
        detach: false,
        forecast: State::Gone,
    }
}

/// A step on an entry as it is now.
pub(crate) async fn step(store: &Workspace, at: &str, act: Act) -> Step {
    let entry = store.stat(&path(at)).await.unwrap();
    let version = store.pin(&entry).await.unwrap();
    Step::propose(&entry, version, store.guard(&entry.path), act, "a test")
}

/// A sealed plan, alone in its folder, and what its operator granted.
pub(crate) struct Planned {
    folder: tempfile::TempDir,
    granted: Rights,
}

impl Planned {
    pub(crate) async fn of(store: &Workspace, steps: Vec<Step>, granted: Rights) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let case = Case::create(&folder.path().join("a.case")).unwrap();
        let mut draft = Draft::new(case).unwrap();
        for step in &steps {
            draft.propose(step).unwrap();
        }
        let about = About {
            workspace: store.identity().into(),
            guest: "operator (test)".into(),
            policy: policy_pin(store).await.unwrap(),
            created: CREATED,
            expires: CREATED + 1000,
        };
        draft.settle().unwrap().seal(about).unwrap();
        Self { folder, granted }
    }

    pub(crate) fn open(&self) -> Plan {
        Plan::open(Case::open(&self.folder.path().join("a.case")).unwrap()).unwrap()
    }

    /// The policy is read first, whatever is left of it.
    pub(crate) async fn admit(&self, store: Workspace) -> Result<(Admitted, Setup), ApplyError> {
        let plan = self.open();
        let policy = policy_now(&plan, &store).await?;
        let authority = Authority::for_operator(self.granted.clone(), policy);
        let admitted = admit(plan, &store, &authority, CREATED).await?;
        let setup = Setup {
            store: Arc::new(store),
            authority,
            append: Arc::new(Durable),
            clock: Arc::new(|| CREATED),
            in_flight: 2,
            deletes_in_flight: 2,
            stop: Stop::default(),
            watch: Box::new(|_| ()),
        };
        Ok((admitted, setup))
    }

    pub(crate) async fn apply(&self, store: Workspace) -> Result<Progress, ApplyError> {
        let (admitted, setup) = self.admit(store).await?;
        apply(admitted, &setup).await
    }

    pub(crate) async fn verify(&self, bed: &Bed, progress: &Progress) -> Verification {
        verify(&self.open(), progress, &bed.again()).await.unwrap()
    }

    /// Where the step on this entry stands.
    pub(crate) fn standing(&self, progress: &Progress, at: &str) -> Standing {
        let mut steps = self.open().steps().map(Result::unwrap);
        let step = steps.find(|step| step.path == path(at)).unwrap();
        progress.standing(step.number).unwrap()
    }
}
