//! Parts that no name tells: the runs below a run.

use super::authority::PLAIN;
use super::*;
use crate::{Act, Authority, Policy};

fn code(authority: &Authority, target: &str, above: &[&str]) -> &'static str {
    let above: Vec<_> = above.iter().map(|run| path(run)).collect();
    let none = std::iter::empty();
    match authority.permit_part(Act::Delete(PLAIN), &path(target), &above, none) {
        Ok(_) => "permitted",
        Err(denied) => denied.code(),
    }
}

#[test]
fn a_right_a_hold_and_an_exception_on_a_run_are_for_the_runs_below_it() {
    let one = Authority::for_operator(rights(&["delete=/runs/parent"]), Policy::absent());
    assert_eq!(code(&one, "/runs/child", &["/runs/parent"]), "permitted");
    assert_eq!(
        code(&one, "/runs/leaf", &["/runs/child", "/runs/parent"]),
        "permitted"
    );
    assert_eq!(code(&one, "/runs/child", &["/runs/other"]), "denied");
    assert_eq!(code(&one, "/runs/child", &[]), "denied");
    let held = Authority::for_operator(
        rights(&["delete=/**"]),
        policy("", &holds(&["CASE-7 /runs/parent"])),
    );
    assert_eq!(
        code(&held, "/runs/leaf", &["/runs/child", "/runs/parent"]),
        "held"
    );
    let output = "/blobs/azureml/ExperimentRun/dcid.child/a";
    assert_eq!(code(&held, output, &["/runs/parent"]), "held");
    assert_eq!(code(&held, "/runs/leaf", &["/runs/child"]), "permitted");
    let excepted = rights(&["delete=/**"]).without(pattern("/runs/parent"));
    let excepted = Authority::for_operator(excepted, Policy::absent());
    assert_eq!(code(&excepted, "/runs/child", &["/runs/parent"]), "denied");
}
