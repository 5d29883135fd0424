//! The storage account that the policy lies in: what takes it along, and what does not.

use super::authority::{CASCADE, PLAIN, check, operator};
use super::*;
use crate::{Act, Authority};

/// The policy goes with the account it lies in: by a delete of the account itself that may take all, while no
/// hold is left, and where the policy itself does not say otherwise.
#[test]
fn the_policy_goes_with_its_account_and_with_nothing_else() {
    const ACCOUNT: &str = "/resources/storage/acct";
    let delete = Act::Delete(CASCADE);
    let all = operator(&["delete+cascade=/**", "redact=/**", "archive=/**"]);
    for (effects, expect) in [
        (&[][..], "permitted"),
        (&[ACCOUNT][..], "permitted"),
        (&["/resources/storage/acct/**"][..], "permitted"),
        (&["/resources/storage/other/**"][..], "reserved"),
        (&["/blobs/**"][..], "reserved"),
        (&["/blobs/remit/policy.toml"][..], "reserved"),
    ] {
        check(&all, delete, ACCOUNT, effects, expect);
    }
    check(
        &all,
        delete,
        "/workspace",
        &["/resources/storage/acct/**"],
        "reserved",
    );
    for act in [Act::Redact, Act::Archive] {
        check(
            &all,
            act,
            "/runs/x",
            &["/resources/storage/acct/**"],
            "reserved",
        );
    }
    check(
        &operator(&["delete=/**"]),
        Act::Delete(PLAIN),
        ACCOUNT,
        &[],
        "denied",
    );
    check(
        &operator(&["delete+cascade=/resources/**"]),
        delete,
        ACCOUNT,
        &[],
        "denied",
    );
    for held in [
        "C-1 /files/a",
        "C-1 /runs/x/metrics",
        "C-1 /models/m/*",
        "C-1 /resources/vault/v",
        "C-1 /blobs/other@account/x",
    ] {
        let held =
            Authority::for_operator(rights(&["delete+cascade=/**"]), policy("", &holds(&[held])));
        check(&held, delete, ACCOUNT, &[], "held");
    }
    let bounded = Authority::for_operator(
        rights(&["delete+cascade=/**"]),
        policy("version = 1\n[bounds]\ndelete = [\"/**\"]\n", ""),
    );
    check(&bounded, delete, ACCOUNT, &[], "denied");
}
