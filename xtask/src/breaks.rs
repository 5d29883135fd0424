//! Breaks the rules of the house one by one, and demands that a test goes red each time.
//!
//! `tests/breaks.toml` says what is broken and which test must see it. The project is copied below the
//! target folder and broken there, never where it is worked on. A test counts as red only when it was
//! built and then failed: a break that does not compile proves nothing, nor does a test that was not run.

mod cases;
mod tree;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::process::Command;

use crate::run::{Outcome, cargo, project, run, target};
use cases::Case;
use tree::Tree;

/// Seconds after which a broken program is taken to hang: its test has not failed, so it is not red.
const HANGS_AFTER: &str = "600";

/// How a test ended.
enum End {
    Green,
    /// The tests that failed.
    Red(Vec<String>),
    Hangs,
    /// Nothing was tested: why.
    Nothing(String),
}

/// Runs the cases that `chosen` names by rule, crate or words; all of them when it names none.
pub(crate) fn break_rules(chosen: &[String]) -> Outcome {
    let all = cases::read(&project())?;
    let mut cases: Vec<&Case> = all.iter().filter(|case| case.is_chosen(chosen)).collect();
    if cases.is_empty() {
        return Err(format!("no break is about {}", chosen.join(" ")));
    }
    // What is built together is tested together; what needs the runtime comes last.
    cases.sort_by_key(|case| (case.needs_runtime(), case.test.clone(), case.file.clone()));
    let _alone = lock()?;
    let tree = Tree::copy(&project(), &target().join("breaks/tree"))?;
    let mut rows = Vec::new();
    let mut failed = 0;
    for case in &cases {
        eprintln!("── rule {}: {}", case.rule, case.what);
        let broken = tree.write(case)?;
        let end = test(&tree, case);
        tree.restore(&broken)?;
        let (word, is_red) = match end? {
            End::Red(tests) => (format!("red: {}", tests.join(", ")), true),
            End::Green => ("STILL GREEN".to_owned(), false),
            End::Hangs => ("HANGS".to_owned(), false),
            End::Nothing(why) => (format!("NOT TESTED: {why}"), false),
        };
        failed += usize::from(!is_red);
        eprintln!("   {word}");
        rows.push((case, word));
    }
    // The same tests must pass on the same copy when nothing is broken.
    let unbroken: BTreeSet<&str> = cases.iter().map(|case| case.test.as_str()).collect();
    for name in unbroken {
        let case = cases
            .iter()
            .find(|case| case.test == name)
            .expect("it is one of theirs");
        if !matches!(test(&tree, case)?, End::Green) {
            failed += 1;
            eprintln!("   RED WITHOUT A BREAK: {name}");
        }
    }
    println!("rule  end          what is broken");
    for (case, word) in &rows {
        println!("{:>4}  {:<11}  {}", case.rule, first_words(word), case.what);
        println!("                   {} · {word}", case.test);
    }
    let seen: BTreeSet<u8> = rows.iter().map(|(case, _)| case.rule).collect();
    println!(
        "{} breaks of {} rules, {failed} not as they must be",
        rows.len(),
        seen.len()
    );
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} breaks were not seen by their tests")),
    }
}

/// Two runs in one copy would break each other's sources.
fn lock() -> Outcome<File> {
    let folder = target().join("breaks");
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    let lock = File::create(folder.join("lock")).map_err(failed)?;
    lock.try_lock()
        .map_err(|_| "another run breaks rules in the same target folder".to_owned())?;
    Ok(lock)
}

fn first_words(word: &str) -> &str {
    word.split(':').next().unwrap_or(word)
}

/// Builds the case's test, then runs it.
fn test(tree: &Tree, case: &Case) -> Outcome<End> {
    let (select, filter) = case.selection();
    let building = on(tree, cargo(&["test", "--quiet", "--offline"]))
        .args(&select)
        .arg("--no-run")
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !building.status.success() {
        let said = String::from_utf8_lossy(&building.stderr);
        let why = said.lines().find(|line| line.starts_with("error"));
        return Ok(End::Nothing(format!(
            "it does not compile ({})",
            why.unwrap_or("cargo says nothing")
        )));
    }
    // `timeout` ends the whole group; cargo passes the exit code of a failed test on as 101.
    let mut limited = Command::new("timeout");
    let tested = cargo(&["test", "--quiet", "--offline"]);
    limited.arg(HANGS_AFTER).arg(tested.get_program());
    limited.args(tested.get_args()).args(&select).arg("--");
    limited.arg(filter);
    let ran = on(tree, limited)
        .output()
        .map_err(|error| format!("cannot run `timeout` (Debian: coreutils): {error}"))?;
    if ran.status.code() == Some(124) {
        return Ok(End::Hangs);
    }
    let said = String::from_utf8_lossy(&ran.stdout);
    Ok(judge(&said, ran.status.success()))
}

/// What the output of the test harness says.
fn judge(said: &str, succeeded: bool) -> End {
    let number = |line: &str, word: &str| -> u64 {
        let before = line.split(word).next().unwrap_or_default();
        let number = before.trim_end().rsplit([' ', ';']).next();
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    let (mut passed, mut failed) = (0, 0);
    for line in said
        .lines()
        .filter(|line| line.starts_with("test result: "))
    {
        passed += number(line, " passed");
        failed += number(line, " failed");
    }
    match (succeeded, passed, failed) {
        (true, 0, _) => End::Nothing("no test has that name".into()),
        (true, _, 0) => End::Green,
        (false, _, failed) if failed > 0 => End::Red(failures(said)),
        _ => End::Nothing("the tests broke off".into()),
    }
}

/// The names below the second `failures:`, which are only the names.
fn failures(said: &str) -> Vec<String> {
    let last = said.rsplit("\nfailures:\n").next().unwrap_or_default();
    let names = last
        .lines()
        .skip_while(|line| line.trim().is_empty())
        .take_while(|line| line.starts_with("    "));
    names.map(|line| line.trim().to_owned()).collect()
}

/// In the copy, with a target folder of its own: broken code never lies where sound code is looked for.
fn on(tree: &Tree, mut command: Command) -> Command {
    command
        .current_dir(tree.folder())
        .env("CARGO_TARGET_DIR", target().join("breaks/target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("REMIT_PLUGINS", target().join("plugins"))
        .env("REMIT_INTERPRETERS", target().join("interpreters"))
        .env("CARGO_TERM_COLOR", "never");
    command
}

/// After a manifest was broken, the lock file follows it, so that what is red is the test.
fn relock(tree: &Tree) -> Outcome {
    let update = cargo(&["update", "--quiet", "--workspace", "--offline"]);
    run("lock file of the copy", &mut on(tree, update))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_test_that_failed_is_red() {
        let red = "running 1 test\nF\nfailures:\n\n---- a::b stdout ----\nno\n\n\nfailures:\n    a::b\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out\n";
        assert!(matches!(judge(red, false), End::Red(names) if names == ["a::b"]));
        let green = "running 1 test\n.\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out\n";
        assert!(matches!(judge(green, true), End::Green));
        let none = "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out\n";
        assert!(matches!(judge(none, true), End::Nothing(_)));
        assert!(matches!(judge("running 1 test\n", false), End::Nothing(_)));
    }
}
