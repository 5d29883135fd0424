//! Headers of scripts: what they say, and that nothing in them, or instead of them, is hidden.

use miette::Diagnostic as _;
use remit_workspace::Pattern;

use crate::{FileError, Headless, Manifest, ParamType, Right, Rights, World};

fn read(text: &str) -> Result<Manifest, FileError> {
    Manifest::of_script("clean.rhai", text.as_bytes(), Headless::AsksNothing)
}

/// The message, with what the error points at.
#[track_caller]
fn refused(text: &str) -> String {
    let error = read(text).unwrap_err();
    let label = error.labels().unwrap().next().unwrap();
    let (at, length) = (label.offset(), label.len());
    let help = error
        .advice()
        .map_or_else(String::new, |advice| format!(" ({advice})"));
    format!("{error}{help} [{}]", &text[at..at + length])
}

const RETENTION: &str = r#"#!/usr/bin/remit run

//! Deletes runs older than a year
//! that nobody tagged `keep` — or wanted.
//!
//! [asks]
//! list   = ["/runs/*"]
//! read   = ["/runs/*"]
//! delete = { paths = ["/runs/**"], cancel = true }
//!
//! [params.age]
//! description = "Runs younger than this stay."
//! type = "duration"
//! default = "365 days"
for run in scope.list("/runs/*") { run.delete("retention"); }
//! [rules.late]
"#;

#[test]
fn a_header_is_a_manifest() {
    let manifest = read(RETENTION).unwrap();
    assert_eq!(
        (manifest.name.as_str(), manifest.version.as_str()),
        ("clean", "0")
    );
    assert_eq!(manifest.world, World::Workflow);
    assert_eq!(
        manifest.description,
        "Deletes runs older than a year that nobody tagged `keep` — or wanted."
    );
    assert!(manifest.required.lines(Right::Delete)[0].strength.cancel);
    let age = manifest.params.values().next().unwrap();
    assert_eq!(
        (age.of_type, age.default.as_slice()),
        (ParamType::Duration, &["365 days".to_owned()][..])
    );
    assert!(
        manifest.rules.is_empty(),
        "a comment that is not at the top is no header"
    );

    let windows = RETENTION.replace('\n', "\r\n");
    assert_eq!(read(&windows).unwrap(), manifest);
    let stated = "//!\n//! name = \"mine\"\n//! version = \"1.2\"\n//! world = \"scanner\"\n//! manifest = 1\n//! description = \"d\"\n";
    let stated = read(stated).unwrap();
    assert_eq!(
        (stated.name.as_str(), stated.version.as_str()),
        ("mine", "1.2")
    );
    assert_eq!(
        (stated.world, stated.description.as_str()),
        (World::Scanner, "d")
    );
}

#[test]
fn a_script_is_named_after_its_file() {
    for (file, name) in [
        ("scripts/retention.rhai", "retention"),
        ("Clean Up.2.rhai", "clean-up-2"),
        ("2026 — weg.rhai", "weg"),
        ("...", "script"),
        ("-", "script"),
        ("-e", "script"),
        (&"x".repeat(100), &"x".repeat(64)),
    ] {
        let manifest = Manifest::of_script(file, b"1", Headless::AsksNothing).unwrap();
        assert_eq!(manifest.name.as_str(), name, "{file}");
    }
}

#[test]
fn without_a_header_a_file_asks_for_nothing_and_what_was_typed_for_what_it_is_granted() {
    let asks = |text: &str, headless| {
        Manifest::of_script("-", text.as_bytes(), headless)
            .unwrap()
            .asks()
    };
    for text in [
        "",
        "let x = 1;",
        "// [asks]\n// list = [\"/**\"]\n",
        "/* //! x */",
        "1\n//! A.\n//!\n//! [asks]\n//! list = \"/**\"",
    ] {
        assert!(asks(text, Headless::AsksNothing).is_empty(), "{text}");
        assert_eq!(
            asks(text, Headless::TakesWhatIsGranted),
            Rights::all(),
            "{text}"
        );
    }
    let all = Rights::all();
    for right in Right::ALL {
        assert_eq!(all.lines(right)[0].pattern, Pattern::everything());
    }
    assert!(all.lines(Right::Delete)[0].strength.purge);
    // Who writes a header means it.
    assert!(asks("//! Counts.\n", Headless::TakesWhatIsGranted).is_empty());
}

#[test]
fn a_broken_header_points_at_the_scripts_own_line() {
    for (text, expect) in [
        (
            "//! Ünïcode — description.\n//!\n//! [asks]\n//! lst = [\"/**\"]\n",
            "clean.rhai:4: unknown key `lst` (did you mean `list`?) [lst]",
        ),
        (
            "\n\n//! D.\n//!\n//! [asks]\n//! delete = [\"runs\"]\nx",
            "clean.rhai:6: a path starts with `/`: `runs` [\"runs\"]",
        ),
        (
            "//! D.\n//!\n//! world = \"converter\"\n",
            "clean.rhai:3: `converter` is none of workflow, scanner [\"converter\"]",
        ),
        (
            "//! D.\n//!\n//! manifest = 2\n",
            "clean.rhai:3: this program reads manifest 1, not 2 [2]",
        ),
        (
            "//! [asks]\n//! list = [\"/**\"]\n",
            "clean.rhai:1: this stands in the description and would ask for nothing (put a line `//!` before it) [//! [asks]]",
        ),
        (
            "//! D.\n//! world = \"scanner\"\n",
            "clean.rhai:2: this stands in the description and would ask for nothing (put a line `//!` before it) [//! world = \"scanner\"]",
        ),
    ] {
        assert_eq!(refused(text), expect);
    }
    let unclosed = refused("//! D.\n//!\n//! [asks\nlet x = 1;");
    assert!(unclosed.starts_with("clean.rhai:3:"), "{unclosed}");
    let long = format!("//! {}\n", "long ".repeat(201));
    assert!(refused(&long).starts_with("clean.rhai:1: the description has more than 1000"));
}

#[test]
fn nothing_is_hidden_in_a_header_or_before_it() {
    for hidden in [
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{feff}',
        '\u{2028}',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{e0041}',
        '\0',
    ] {
        for text in [
            format!("//! D{hidden}.\n"),
            format!("//! D.\n//!\n//! [asks]\n//! # {hidden}\n"),
            format!("#!x{hidden}\n//! D.\n"),
        ] {
            let message = refused(&text);
            let named = format!("U+{:04X}", u32::from(hidden));
            assert!(
                message.contains("nothing hidden") && message.contains(&named),
                "{message}"
            );
        }
        assert!(refused(&format!("{hidden}//! D.\n")).contains("nothing stands before it"));
    }
    assert!(refused("#!x\r//! D.\n").contains("U+000D"));
    assert!(refused("//! D.\r//!\n").contains("U+000D"));
    assert!(refused("  //! D.\n").contains("nothing stands before it"));
}

#[test]
fn an_error_shows_a_strangers_text_without_what_it_hides_and_keeps_its_places() {
    let text = "let a = 1;\r\nlet ü = \"\u{1b}[2J\u{202e}\u{85}\" + nothing;\n";
    let error = FileError::at("x.rhai", text, 2, 20, "unknown").unwrap();
    assert_eq!((error.line(), error.column()), (2, 20));
    let label = error.labels().unwrap().next().unwrap();
    assert_eq!(&text[label.offset()..][..7], "nothing");
    let shown = error
        .source_code()
        .unwrap()
        .read_span(label.inner(), 1, 0)
        .unwrap();
    let shown = String::from_utf8(shown.data().to_vec()).unwrap();
    assert_eq!(shown, "let a = 1;\r\nlet ü = \"?[2J?????\" + n");
    assert!(FileError::at("x", text, 0, 1, "m").is_none());
    assert!(FileError::at("x", text, 9, 1, "m").is_none());
    assert!(FileError::at("x", text, 1, 99, "m").is_none());
    assert!(FileError::at("x", text, 1, 0, "m").is_none());
    assert!(
        FileError::at("x", "", 1, 1, "m").is_some(),
        "an empty text ends where it begins"
    );
}

proptest::proptest! {
    /// Whatever the text is, a place that it has is found again.
    #[test]
    fn places_are_kept(text in "[a\\n\\rü\u{202e}\u{1b}]{0,30}", line in 0_usize..6, column in 0_usize..8) {
        if let Some(error) = FileError::at("x", &text, line, column, "m") {
            proptest::prop_assert_eq!((error.line(), error.column()), (line, column));
        }
    }

    /// No text makes a script ask for more than the TOML of its header says.
    #[test]
    fn only_a_header_asks(text in "(#!x\\n)?( |\\n|//|//! |/\\*|x|\\[asks\\]|\\n//!\\n|list = '/\\*\\*'){0,12}") {
        if let Ok(manifest) = read(&text) && !manifest.asks().is_empty() {
            let top = text.lines().skip_while(|line| line.starts_with("#!") || line.trim().is_empty());
            let header: Vec<&str> = top.take_while(|line| line.starts_with("//!")).collect();
            proptest::prop_assert!(header.iter().any(|line| line.contains("list = '/**'")), "{}", text);
        }
    }
}
