//! Files: what is read, what is refused and where, what is written back.

use miette::Diagnostic as _;

use super::*;
use crate::{
    CaseId, Duration, FileError, Hold, Manifest, ParamType, Right, Size, Strength, TextError,
    World, add_hold, remove_holds,
};
use remit_workspace::Guard;

/// The message, with the advice after it.
fn said(error: &FileError) -> String {
    let label = error.labels().unwrap().next().unwrap();
    assert!(error.source_code().is_some() && label.label().is_some());
    match error.advice() {
        Some(advice) => format!("{error} ({advice})"),
        None => error.to_string(),
    }
}

#[track_caller]
fn check<T: std::fmt::Debug>(read: Result<T, FileError>, expect: &str) {
    assert_eq!(said(&read.unwrap_err()), expect);
}

const GRANT: &str = r#"
version = 1
list   = ["/**"]
read   = ["/runs/**", "/blobs/azureml/ExperimentRun/**"]
except = ["/blobs/azureml/hr/**"]
redact = ["/runs/x/outputs/**"]
delete = ["/runs/a", { paths = ["/runs/b"], purge = true }]
guests = ["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
[ceilings]
delete = { entries = 500, bytes = "20 GiB", percent = 10 }
[sandbox]
time = "5 min"
memory = "256 MiB"
"#;

#[test]
fn a_grant_file() {
    let grant = grant(GRANT);
    assert_eq!(grant.sandbox.time, Some(Duration::of_millis(300_000)));
    assert_eq!(grant.sandbox.memory, Some(Size::of_bytes(256 << 20)));
    assert_eq!(grant.rights.lines(Right::Delete).len(), 2);
    assert_eq!(
        grant.rights.lines(Right::Redact)[0].pattern.as_str(),
        "/blobs/azureml/ExperimentRun/dcid.x/outputs/**"
    );
    let text = grant.to_toml();
    assert_eq!(
        text,
        r#"version = 1
list = ["/**"]
read = ["/runs/**", "/blobs/azureml/ExperimentRun/**"]
redact = ["/blobs/azureml/ExperimentRun/dcid.x/outputs/**"]
delete = ["/runs/a", { paths = ["/runs/b"], purge = true }]
except = ["/blobs/azureml/hr/**"]
guests = ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]

[ceilings]
delete = { entries = 500, bytes = "20 GiB", percent = 10 }

[sandbox]
time = "5 min"
memory = "256 MiB"
"#
    );
    assert_eq!(super::grant(&text), grant);
}

#[test]
fn a_broken_grant_points_at_the_line() {
    for (text, expect) in [
        ("", "grant.toml:1: `version` is missing"),
        (
            "verison = 1",
            "grant.toml:1: `version` is missing (is `verison` meant to be `version`?)",
        ),
        (
            "version = 2",
            "grant.toml:1: this program reads version 1, not 2",
        ),
        (
            "version = 1\n\ndelte = [\"/runs/**\"]",
            "grant.toml:3: unknown key `delte` (did you mean `delete`?)",
        ),
        (
            "version = 1\n[ceilings]\ndelete = { entires = 5 }",
            "grant.toml:3: unknown key `entires` (did you mean `entries`?)",
        ),
        (
            "version = 1\n[ceilings]\nlist = 5",
            "grant.toml:3: unknown key `list` (known here: export, redact, delete)",
        ),
        (
            "version = 1\ndelete = [\n  \"/runs/**\",\n  \"runs/*\",\n]",
            "grant.toml:4: a path starts with `/`: `runs/*`",
        ),
        (
            "version = 1\ndelete = 5",
            "grant.toml:2: a list of patterns is wanted here, such as [\"/runs/**\"]",
        ),
        (
            "version = 1\nread = { paths = [\"/a\"], purge = true }",
            "grant.toml:2: a list of patterns is wanted here: only `delete` has stronger forms, `read` has none",
        ),
        (
            "version = 1\ndelete = { paths = [\"/a\"], purg = true }",
            "grant.toml:2: unknown key `purg` (did you mean `purge`?)",
        ),
        (
            "version = 1\ndelete = { paths = [\"/a\"], purge = 1 }",
            "grant.toml:2: `true` or `false` is wanted here, not integer",
        ),
        (
            "version = 1\ndelete = { purge = true }",
            "grant.toml:2: `paths` is missing",
        ),
        (
            "version = 1\n[sandbox]\ntime = \"5\"",
            "grant.toml:3: `5` is no duration, such as `5 min`, `30 s` or `90 days`",
        ),
        (
            "version = 1\nguests = [\"abc\"]",
            "grant.toml:2: `abc` is no SHA-256: 64 hexadecimal digits are wanted",
        ),
        (
            "version = 1\nguests = []",
            "grant.toml:2: an empty list names no guest; leave it out to mean any guest",
        ),
        (
            "version = 1\n[ceilings]\ndelete = { percent = 101 }",
            "grant.toml:3: a percentage is at most 100",
        ),
        (
            "version = 1\n[ceilings]\ndelete = { entries = -1 }",
            "grant.toml:3: a whole number from 0 up is wanted here",
        ),
    ] {
        check(Grant::parse("grant.toml", text.as_bytes()), expect);
    }
    check(
        Grant::parse("g", b"version = 1\nx = \"\xff\""),
        "g:2: the file is not UTF-8 from here on",
    );
    for broken in [
        "version = ",
        "version = 1\nversion = 1",
        "version = 1\n[",
        "\u{1b}[31m = 1",
    ] {
        assert!(
            Grant::parse("grant.toml", broken.as_bytes()).is_err(),
            "{broken:?}"
        );
    }
    let hostile = Grant::parse("g", b"version = 1\n\"a\\u001b[2Jb\" = 1").unwrap_err();
    assert!(!hostile.to_string().contains('\u{1b}'));
}

#[test]
fn what_is_typed() {
    let strong = parse_allow("delete+purge+cancel='/runs/**'").unwrap();
    let line = &strong.lines(Right::Delete)[0];
    assert_eq!(
        line.strength,
        Strength {
            purge: true,
            cascade: false,
            cancel: true
        }
    );
    assert_eq!(
        parse_allow("read=/runs/x/logs/**")
            .unwrap()
            .lines(Right::Read)[0]
            .pattern
            .as_str(),
        "/blobs/azureml/ExperimentRun/dcid.x/logs/**"
    );
    let unknown = |found: &str, nearest| TextError::UnknownRight {
        found: found.into(),
        nearest,
    };
    assert_eq!(
        parse_allow("delet=/a").unwrap_err(),
        unknown("delet", Some("delete"))
    );
    assert_eq!(
        parse_allow("DELETE=/a").unwrap_err(),
        unknown("DELETE", None)
    );
    assert_eq!(
        parse_allow("read+purge=/a").unwrap_err(),
        TextError::NoStrongerForm("read")
    );
    assert_eq!(
        parse_allow("delete+purg=/a").unwrap_err(),
        TextError::UnknownStrength {
            found: "purg".into(),
            nearest: Some("purge")
        }
    );
    assert!(matches!(parse_allow("delete"), Err(TextError::Allow(_))));
    assert!(matches!(
        parse_allow("delete=runs"),
        Err(TextError::Pattern(_))
    ));
}

const MANIFEST: &str = r#"
manifest = 1
name = "retention"
version = "0.1.0"
world = "workflow"
description = "Deletes old runs."
[asks]
list = ["/runs/**"]
[asks.optional]
delete = { paths = ["/runs/**"], cancel = true }
[uses]
scanners = ["personal-data"]
[params.older-than]
description = "How old"
type = "duration"
default = "365 days"
[params.keep]
description = "Tags to keep"
many = true
personal = true
default = ["keep", "gold"]
[params.limit]
description = "At most"
type = "integer"
required = true
[rules.email]
description = "An e-mail address"
"#;

#[test]
fn a_manifest() {
    let manifest = Manifest::parse("plugin.toml", MANIFEST.as_bytes()).unwrap();
    assert_eq!(
        (manifest.name.as_str(), manifest.world),
        ("retention", World::Workflow)
    );
    assert_eq!(manifest.required, rights(&["list=/runs/**"]));
    assert_eq!(
        manifest.asks(),
        rights(&["list=/runs/**", "delete+cancel=/runs/**"])
    );
    assert_eq!(manifest.scanners[0].as_str(), "personal-data");
    let keep = &manifest.params["keep"];
    assert_eq!(
        (keep.many, keep.personal, keep.required, &*keep.default),
        (
            true,
            true,
            false,
            &["keep".to_owned(), "gold".to_owned()][..]
        )
    );
    assert_eq!(manifest.params["older-than"].of_type, ParamType::Duration);
    assert_eq!(manifest.rules["email"], "An e-mail address");
}

#[test]
fn a_broken_manifest_points_at_the_line() {
    let with = |from: &str, to: &str| {
        assert!(MANIFEST.contains(from));
        Manifest::parse("plugin.toml", MANIFEST.replacen(from, to, 1).as_bytes())
    };
    for (from, to, expect) in [
        ("manifest = 1", "", "plugin.toml:1: `manifest` is missing"),
        (
            "\"retention\"",
            "\"Re\\ntention\"",
            "plugin.toml:3: `Re\\ntention` is no name: a lower-case letter, then at most 63 of `a-z`, `0-9`, `-` and `_`",
        ),
        (
            "\"0.1.0\"",
            "\"0 1\"",
            "plugin.toml:4: `0 1` is no version: at most 64 letters, digits, `.`, `-` and `+`",
        ),
        (
            "\"workflow\"",
            "\"workflw\"",
            "plugin.toml:5: `workflw` is none of workflow, scanner, converter (did you mean `workflow`?)",
        ),
        (
            "\"workflow\"",
            "\"scanner\"",
            "plugin.toml:7: a scanner is handed the content of one entry and asks for no right",
        ),
        (
            "Deletes old runs.",
            "\\u001b[2J",
            "plugin.toml:6: this text holds a control character",
        ),
        (
            "[asks]",
            "[ask]",
            "plugin.toml:7: unknown key `ask` (did you mean `asks`?)",
        ),
        (
            "\"365 days\"",
            "\"long\"",
            "plugin.toml:16: `long` is not of the type duration",
        ),
        (
            "many = true",
            "",
            "plugin.toml:21: several values need `many = true`",
        ),
        (
            "required = true",
            "required = true\ndefault = 3",
            "plugin.toml:26: a required parameter has no default",
        ),
        (
            "[rules.email]",
            "[rules.\"e mail\"]",
            "plugin.toml:26: `e mail` is no name: a lower-case letter, then at most 63 of `a-z`, `0-9`, `-` and `_`",
        ),
        (
            "An e-mail address",
            "",
            "plugin.toml:27: this text is empty",
        ),
    ] {
        check(with(from, to), expect);
    }
}

#[test]
fn a_policy_and_its_absence() {
    let rules = r#"
version = 1
approvals = 1
allowed_signers = ["dpo@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"]
guard = "atomic"
retention = "90 days"
[bounds]
list = ["/**"]
"#;
    let present = policy(rules, "");
    assert!(!present.is_absent() && !present.has_hold_list());
    assert_eq!(
        (present.approvals(), present.guard_min()),
        (1, Guard::Atomic)
    );
    assert_eq!(
        present.retention(),
        Some(Duration::of_millis(90 * 86_400_000))
    );
    assert!(Policy::absent().is_absent() && !policy("", "# none\n").is_absent());
    assert_eq!(Policy::absent(), Policy::parse(None, None).unwrap());
    // The digest tells every byte, and absent from empty.
    let digests = [
        Policy::absent().digest(),
        present.digest(),
        policy(&rules.replace("90", "91"), "").digest(),
        Policy::parse(None, Some(b"")).unwrap().digest(),
        policy("version = 1", &holds(&["A /a"])).digest(),
        policy("version = 1", "").digest(),
    ];
    let different: std::collections::BTreeSet<_> = digests.iter().collect();
    assert_eq!(different.len(), digests.len());
    assert_eq!(
        policy("version = 1", "").rules_digest(),
        policy("version = 1", "# x\n").rules_digest()
    );
}

#[test]
fn a_broken_policy_points_at_the_line() {
    for (rules, expect) in [
        (
            "version = 1\napprovals = 1",
            "policy.toml:2: 1 approvals are wanted, but 0 signers are named",
        ),
        (
            "version = 1\nguard = \"atomik\"",
            "policy.toml:2: `atomik` is none of checked, leased, atomic (did you mean `atomic`?)",
        ),
        (
            "version = 1\n[bound]\n",
            "policy.toml:2: unknown key `bound` (did you mean `bounds`?)",
        ),
        (
            "version = 1\nholds = []\n",
            "policy.toml:2: unknown key `holds` (known here: version, allowed_signers, approvals, bounds, ceilings, guard, retention)",
        ),
        (
            "version = 1\nallowed_signers = [\"me\"]\n",
            "policy.toml:2: one line of OpenSSH's allowed_signers is wanted: `who@example.com ssh-ed25519 AAAA…`",
        ),
        (
            "version = 1\nretention = 90\n",
            "policy.toml:2: a text in quotes is wanted here, not integer",
        ),
    ] {
        check(Policy::parse(Some(rules.as_bytes()), None), expect);
    }
    let good = holds(&["CASE-7 /runs/x"]);
    for (from, to, expect) in [
        (
            "\"CASE-7\"",
            "\"CASE 7\"",
            "holds.toml:2: `CASE 7` is no case id: 1 to 64 visible ASCII characters",
        ),
        (
            "[\"/runs/x\"]",
            "[]",
            "holds.toml:3: a hold covers at least one place",
        ),
        (
            "\"2026-11-22\"",
            "\"yesterday\"",
            "holds.toml:6: `yesterday` is no date, such as `2026-11-22` or `2026-11-22T09:00:00Z`",
        ),
        ("who = \"legal\"\n", "", "holds.toml:1: `who` is missing"),
        (
            "[[hold]]",
            "[[holds]]",
            "holds.toml:1: unknown key `holds` (did you mean `hold`?)",
        ),
        (
            "[[hold]]",
            "[hold]",
            "holds.toml:1: a list is wanted here, not table",
        ),
        (
            "[[hold]]",
            "version = 2\n[[hold]]",
            "holds.toml:1: this program reads version 1",
        ),
    ] {
        check(
            Policy::parse(None, Some(good.replacen(from, to, 1).as_bytes())),
            expect,
        );
    }
}

#[test]
fn an_operators_own_policy_only_adds() {
    let one = "alice@example.com ssh-ed25519 AAAA1";
    let two = "bob@example.com ssh-ed25519 AAAA2";
    let of = |approvals: u32, signers: &[&str], rest: &str| {
        policy(
            &format!("version = 1\napprovals = {approvals}\nallowed_signers = {signers:?}\n{rest}"),
            "",
        )
    };
    let base = of(
        1,
        &[one, two],
        "retention = \"9 days\"\nguard = \"leased\"\n",
    );
    let joined = base.clone().and(of(
        0,
        &[two],
        "retention = \"1 day\"\nguard = \"checked\"\n",
    ));
    assert_eq!(
        (joined.approvals(), joined.allowed_signers()),
        (1, &[two.to_owned()][..])
    );
    assert_eq!(
        (joined.retention(), joined.guard_min()),
        (base.retention(), Guard::Leased)
    );
    // A signer whom the workspace does not name never counts.
    assert!(
        of(1, &[one], "")
            .and(of(1, &[two], ""))
            .allowed_signers()
            .is_empty()
    );
    assert_eq!(
        of(1, &[one], "").and(Policy::absent()).allowed_signers(),
        [one]
    );
    assert_eq!(Policy::absent().and(of(1, &[one], "")).approvals(), 1);
    let held = policy("", &holds(&["A /a"])).and(policy("", &holds(&["B /b"])));
    assert_eq!(held.holds().len(), 2);
    assert!(!held.is_absent());
}

#[test]
fn a_hold_list_keeps_the_text_around() {
    let hold = |case: &str| {
        Hold::new(
            CaseId::parse(case).unwrap(),
            ["/runs/x/outputs/**", "/files/a b"],
            "a \"quote\"",
            "legal",
            "2026-11-22T09:00:00Z",
        )
        .unwrap()
    };
    let before = format!(
        "# Ask legal before you touch this.\n{}",
        holds(&["A-1 /runs/a"]).replace("who =", "who  =  ")
    );
    let text = add_hold("holds.toml", Some(before.as_bytes()), &hold("B-2")).unwrap();
    assert!(text.starts_with(&before), "{text}");
    let read = policy("", &text);
    assert_eq!(read.holds()[1], hold("B-2"));
    assert_eq!(
        remove_holds(
            "holds.toml",
            Some(text.as_bytes()),
            &CaseId::parse("B-2").unwrap()
        )
        .unwrap(),
        (before.clone(), 1)
    );
    let (rest, removed) = remove_holds(
        "holds.toml",
        Some(text.as_bytes()),
        &CaseId::parse("A-1").unwrap(),
    )
    .unwrap();
    assert_eq!((removed, policy("", &rest).holds().len()), (1, 1));
    assert_eq!(
        remove_holds("h", Some(before.as_bytes()), &CaseId::parse("C").unwrap()).unwrap(),
        (before, 0)
    );
    assert_eq!(
        remove_holds("h", None, &CaseId::parse("C").unwrap()).unwrap(),
        (String::new(), 0)
    );
    // From nothing, and beside holds written in one line.
    assert_eq!(
        policy("", &add_hold("h", None, &hold("B-2")).unwrap()).holds(),
        [hold("B-2")]
    );
    let inline = "hold = [{ case = \"A\", paths = \"/a\", reason = \"r\", who = \"w\", when = 2026-01-01 }]\n";
    assert_eq!(
        policy(
            "",
            &add_hold("h", Some(inline.as_bytes()), &hold("B-2")).unwrap()
        )
        .holds()
        .len(),
        2
    );
    let text = add_hold("h", Some(inline.as_bytes()), &hold("B-2")).unwrap();
    assert_eq!(
        remove_holds("h", Some(text.as_bytes()), &CaseId::parse("A").unwrap())
            .unwrap()
            .1,
        1
    );
    // A list that cannot be read is not written to.
    check(
        add_hold("h", Some(b"[[hold]]\ncase = \"A\"\n"), &hold("B-2")),
        "h:1: `paths` is missing",
    );
    assert!(Hold::new(CaseId::parse("A").unwrap(), [], "r", "w", "2026-01-01").is_err());
    assert!(
        Hold::new(
            CaseId::parse("A").unwrap(),
            ["/a"],
            "r\n",
            "w",
            "2026-01-01"
        )
        .is_err()
    );
    assert!(Hold::new(CaseId::parse("A").unwrap(), ["/a"], "r", "w", "09:00:00").is_err());
}
