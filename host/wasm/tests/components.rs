//! What becomes a guest, and what is refused before it is compiled.

#![allow(clippy::unwrap_used, reason = "what fails here is the test")]

#[path = "support/guests.rs"]
mod guests;
#[path = "support/mod.rs"]
mod support;

use remit_policy::Right;
use remit_wasm::{Cache, Error, ImportError, Loaded, Outline, inspect, pack};
use support::RUNTIME;

const LIST: &str = r#"(import "remit:workspace/entries@0.1.0" "[constructor]selector" (func $selector (param i32 i32) (result i32)))"#;

fn manifest(asks: &str) -> String {
    format!(
        "manifest = 1\nname = \"m\"\nversion = \"1\"\nworld = \"workflow\"\ndescription = \"d\"\n{asks}"
    )
}

fn load(component: &[u8], granted: bool) -> Result<Loaded, Error> {
    Loaded::load(&RUNTIME, component, None, |_: Right| granted)
}

#[test]
fn imports_are_refused_precisely() {
    let import =
        |name: &str, functions: &str| format!(r#"(import "{name}" (instance {functions}))"#);
    let asked = manifest("");
    let table = [
        (
            import("wasi:cli/environment@0.2.3", ""),
            "it imports `wasi:cli/environment@0.2.3`: no WASI is offered",
        ),
        (
            import("acme:tools/net@1.0.0", ""),
            "it imports `acme:tools/net@1.0.0`, which this host does not know",
        ),
        (
            import("remit:workspace/sockets@0.1.0", ""),
            "it imports `remit:workspace/sockets@0.1.0`, which this host does not know",
        ),
        (
            import("remit:workspace/entries", ""),
            "it imports `remit:workspace/entries`, which this host does not know",
        ),
        (
            import("remit:workspace/entries@0.2.0", ""),
            "it imports `remit:workspace/entries@0.2.0`, from a newer host than this one (0.1.0)",
        ),
        (
            import("remit:workspace/entries@0.0.9", ""),
            "it imports `remit:workspace/entries@0.0.9`, from a version that was never published",
        ),
        (
            import("remit:workspace/notes@0.1.0", r#"(export "shout" (func))"#),
            "it imports `shout` of `notes`, which does not exist",
        ),
        (
            import("remit:workspace/scanning@0.1.0", ""),
            "it imports `scanning`, which a workflow is not offered",
        ),
        (
            import("remit:workspace/deletions@0.1.0", ""),
            "it imports `deletions`, for which it must ask: add `delete = [\"/…\"]`",
        ),
        (
            "(import \"exit\" (func))".to_owned(),
            "it imports the function `exit`",
        ),
    ];
    for (imports, message) in table {
        let error = load(&guests::component(&imports, &asked), true).unwrap_err();
        assert!(matches!(error, Error::Import(_)), "{imports}: {error}");
        assert!(error.to_string().starts_with(message), "{imports}: {error}");
    }
}

#[test]
fn a_required_right_must_be_granted_and_an_optional_one_need_not() {
    let module = guests::workflow(LIST, "(drop (call $selector (i32.const 0) (i32.const 0)))");
    let required = pack(&module, &manifest("[asks]\nlist = [\"/**\"]\n"), false).unwrap();
    let optional = pack(
        &module,
        &manifest("[asks.optional]\nlist = [\"/**\"]\n"),
        false,
    )
    .unwrap();
    assert!(load(&required, true).is_ok());
    let error = load(&required, false).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Import(ImportError::NotGranted {
                right: Right::List,
                ..
            })
        ),
        "{error}"
    );
    assert!(load(&optional, false).is_ok());
    // Not asked at all: refused when it is packed.
    let error = pack(&module, &manifest(""), false).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Import(ImportError::NotAsked {
                right: Right::List,
                ..
            })
        ),
        "{error}"
    );
}

#[test]
fn what_is_no_component_is_told_so() {
    let module = guests::workflow("", "");
    let packed = pack(&module, &manifest(""), false).unwrap();
    let mut twice = packed.clone();
    guests::section(&mut twice, &manifest(""));
    let mut cut = packed.clone();
    cut.truncate(packed.len() - 1);
    let bare = wat::parse_str("(component)").unwrap();
    let table: [(&str, &[u8], &str); 6] = [
        ("text", b"(component)", "this is not a WebAssembly binary"),
        ("a module", &module, "this is a core WebAssembly module"),
        ("no manifest", &bare, "this component carries no manifest"),
        (
            "two manifests",
            &twice,
            "this component carries several manifests",
        ),
        ("cut short", &cut, "this binary is damaged"),
        ("nothing", b"", "this is not a WebAssembly binary"),
    ];
    for (what, bytes, message) in table {
        let error = Outline::read(bytes).unwrap_err().to_string();
        assert!(error.starts_with(message), "{what}: {error}");
    }
    let other = manifest("").replace("workflow", "scanner");
    let bare =
        wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "run")))"#).unwrap();
    let error = pack(&bare, &other, false).unwrap_err();
    assert!(error.to_string().contains("scan"), "{error}");
    assert!(matches!(
        pack(&packed, &manifest(""), false),
        Err(Error::Component)
    ));
    assert!(matches!(
        pack(&module, "manifest = 2", false),
        Err(Error::Manifest(_))
    ));
}

#[test]
fn packing_the_same_gives_the_same_bytes() {
    let prepared = r#"(global $n (mut i32) (i32.const 0))
        (func (export "wizer-initialize") (global.set $n (i32.const 7)) (i32.store (i32.const 512) (i32.const 7)))"#;
    let module = guests::workflow(prepared, "");
    let once = pack(&module, &manifest(""), true).unwrap();
    assert_eq!(once, pack(&module, &manifest(""), true).unwrap());
    assert_ne!(once, pack(&module, &manifest(""), false).unwrap());
    assert_eq!(Outline::read(&once).unwrap().manifest.name.as_str(), "m");
}

#[test]
fn a_preparation_that_fails_is_told() {
    let table = [
        ("unreachable", "unreachable"),
        ("(loop $on (br $on))", "fuel"),
        (r#"(call $log (i32.const 0) (i32.const 0))"#, "log"),
    ];
    let log = r#"(import "remit:workspace/notes@0.1.0" "log" (func $log (param i32 i32)))"#;
    for (body, why) in table {
        let module = guests::workflow(
            &format!(r#"{log} (func (export "wizer-initialize") {body})"#),
            "",
        );
        let error = pack(&module, &manifest(""), true).unwrap_err();
        assert!(
            matches!(&error, Error::Prepare { why: found, .. } if found.contains(why)),
            "{body}: {error}"
        );
    }
}

#[test]
fn compiled_code_is_kept_and_found() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("code");
    let cache = Cache::open(&folder).unwrap();
    let component = pack(&guests::workflow("", ""), &manifest(""), false).unwrap();
    let files = || {
        std::fs::read_dir(&folder)
            .unwrap()
            .map(|file| file.unwrap().metadata().unwrap().modified().unwrap())
            .collect::<Vec<_>>()
    };
    Loaded::load(&RUNTIME, &component, Some(&cache), |_| true).unwrap();
    let first = files();
    assert_eq!(first.len(), 1);
    Loaded::load(&RUNTIME, &component, Some(&cache), |_| true).unwrap();
    assert_eq!(files(), first, "the second load compiled again");
}

#[test]
fn what_is_kept_of_a_component_is_what_was_read_of_it_and_grants_nothing() {
    let home = tempfile::tempdir().unwrap();
    let cache = Cache::open(&home.path().join("code")).unwrap();
    let module = guests::workflow(LIST, "(drop (call $selector (i32.const 0) (i32.const 0)))");
    let component = pack(&module, &manifest("[asks]\nlist = [\"/**\"]\n"), false).unwrap();
    let load = |granted: bool| Loaded::load(&RUNTIME, &component, Some(&cache), |_| granted);
    let new = load(true).unwrap();
    let kept = load(true).unwrap();
    let read = format!("{:?}", Outline::read(&component).unwrap());
    assert_eq!(format!("{:?}", new.outline()), read);
    assert_eq!(format!("{:?}", kept.outline()), read);
    let error = load(false).unwrap_err();
    assert!(
        matches!(error, Error::Import(ImportError::NotGranted { .. })),
        "{error}"
    );
}

#[test]
fn inspection_says_what_a_component_asks_and_can_never_do() {
    let module = guests::workflow(LIST, "(drop (call $selector (i32.const 0) (i32.const 0)))");
    let component = pack(
        &module,
        &manifest(
            "[asks]\nlist = [\"/runs/**\"]\ndelete = { paths = [\"/runs/**\"], purge = true }\n",
        ),
        false,
    )
    .unwrap();
    let inspection = inspect(&component).unwrap();
    assert_eq!(inspection.links, Ok(()));
    let asks: Vec<String> = inspection
        .asks
        .iter()
        .map(|ask| {
            format!(
                "{} {} {} {}",
                ask.right, ask.pattern, ask.required, ask.usable
            )
        })
        .collect();
    assert_eq!(
        asks,
        [
            "list /runs/** true true",
            "delete+purge /runs/** true false"
        ]
    );
    for sentence in [
        "cannot read contents or properties: it does not ask",
        "cannot propose deletions: it asks, but does not import what it takes",
        "cannot reach a network, files, the clock, the environment or other programs: the host offers none",
    ] {
        assert!(
            inspection.never.iter().any(|found| found == sentence),
            "{sentence}: {:?}",
            inspection.never
        );
    }
    assert!(
        !inspection
            .never
            .iter()
            .any(|found| found.starts_with("cannot list"))
    );
    assert_eq!(inspection.digest.len(), 64);
}
