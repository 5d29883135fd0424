//! The runs above a run: what covers them covers the run.

use remit_session::Code;

use crate::bench::{With, acts, kept, steps};
use crate::deleting::{because, delete, workspace};

const HELD: &str = "version = 1\n[[hold]]\ncase = \"CASE-7\"\npaths = [\"/runs/r\"]\nreason = \"audit\"\nwho = \"Ada\"\nwhen = 2026-11-01\n";

/// The run above a run is named by its document, not by its path.
#[tokio::test]
async fn a_right_on_a_run_covers_the_runs_below_it_and_so_does_a_hold() {
    let allow = ["list=/**", "delete=/runs/r"];
    let with = With {
        allow: &allow,
        ..With::default()
    };
    let bench = with.on(workspace());
    assert_eq!(delete(&bench, "/runs/r", because("old")).await, None);
    let plan = bench.plan().await;
    assert_eq!(acts(&plan).len(), 5);
    let above = |number: usize| -> Vec<String> {
        let above = &steps(&plan)[number].above;
        above.iter().map(ToString::to_string).collect()
    };
    // What lies below the child, the child, the run.
    assert_eq!(
        (above(0), above(2)),
        (vec!["/runs/r".to_owned()], vec!["/runs/r".to_owned()])
    );
    assert_eq!((above(1), above(3)), (vec![], vec![]));
    for entry in [
        "/runs/child",
        "/blobs/azureml/ExperimentRun/dcid.child/out",
        "/runs/r/metrics",
    ] {
        let with = With {
            holds: HELD,
            ..With::default()
        };
        let bench = with.on(workspace());
        let answer = delete(&bench, entry, because("old")).await;
        assert_eq!(answer, Some(Code::Denied), "{entry}");
        let plan = bench.plan().await;
        assert_eq!(acts(&plan), [""; 0], "{entry}");
        assert_eq!(kept(&plan), [format!("delete {entry}: hold CASE-7")]);
    }
}
