//! The probes' twins: the same misbehaviour as a script, and the same end.
//!
//! Which there are, two lists say: of the probes, and of what only scripts can try. Here is how each is run.

#[path = "twins/of_probes.rs"]
mod of_probes;
#[path = "twins/of_scripts.rs"]
mod of_scripts;

use std::fmt::Write as _;

use remit_policy::{Authority, Grant, GuestDigest, Headless, Policy};
use remit_wasm::{Cache, Script};

use super::*;
use of_probes::twins;
use of_scripts::of_scripts_only;

/// A probe as a script.
struct Twin {
    name: &'static str,
    header: &'static str,
    text: &'static str,
    ends: Ends,
}

/// What became of a probe.
enum Twins {
    Of(Vec<Twin>),
    /// It has none, because of this.
    None(&'static str),
}

/// Asks for all that the probes ask for.
const ASKS: &str = "\
//! A twin.
//!
//! [asks]
//! list = \"/**\"
//! [asks.optional]
//! read = \"/**\"
//! export = \"/**\"
//! redact = \"/**\"
//! delete = \"/**\"
//! archive = \"/**\"
//! [uses]
//! scanners = [\"probe-scanner\"]
";

const SCANS: &str = "\
//! A twin.
//!
//! world = \"scanner\"
//! [rules.declared]
//! description = \"The only rule that findings may name\"
";

/// Below every workflow, so that a twin's lines are its own.
const FIRST: &str = "
fn first(pattern) { for e in scope.list(pattern) { return e; } throw `nothing is at ${pattern}`; }
";

const TOO_LONG: Ends = Ends::Told("script", "Length of string too large");
const NO_SUCH_WORD: Ends = Ends::Told("script", "Function not found: ");
const REFUSED: &str = "the guest says it failed: ";

fn twin(name: &'static str, text: &'static str, ends: Ends) -> Twin {
    let header = ASKS;
    Twin {
        name,
        header,
        text,
        ends,
    }
}

fn scanner(name: &'static str, text: &'static str, ends: Ends) -> Twin {
    Twin {
        header: SCANS,
        ..twin(name, text, ends)
    }
}

/// Texts as an array of the language, every character as its number.
fn array(texts: &[&str]) -> String {
    let mut array = String::from("[");
    for text in texts {
        array.push('"');
        for c in text.chars() {
            write!(array, "\\U{:08X}", u32::from(c)).unwrap();
        }
        array.push_str("\",");
    }
    array.push(']');
    array
}

fn text(twin: &Twin) -> String {
    let deep = || format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let mut text = twin.text.to_owned();
    for (mark, texts) in [("{HOSTILE}", HOSTILE), ("{PATHS}", PATHS)] {
        text = text.replace(mark, &array(texts));
    }
    if text.contains("{DEEP}") {
        text = text.replace("{DEEP}", &deep());
    }
    let below = if is_scanner(twin) { "" } else { FIRST };
    format!("{}{text}{below}", twin.header)
}

fn is_scanner(twin: &Twin) -> bool {
    twin.header == SCANS
}

/// Compiled once for all scripts, as in the product.
static CACHE: LazyLock<(tempfile::TempDir, Cache)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("compiled")).unwrap();
    (folder, cache)
});

fn load_script(script: &Arc<Script>, interpreter: &str) -> Arc<Loaded> {
    let interpreter = support::interpreter(interpreter);
    Arc::new(Loaded::load_script(&RUNTIME, &interpreter, script, Some(&CACHE.1)).unwrap())
}

/// The script, or why it is not started: by its header, or for want of a grant.
fn start(twin: &Twin) -> Result<Arc<Script>, String> {
    let script = Script::read("twin.rhai", text(twin).into(), Headless::AsksNothing)
        .map_err(|error| error.to_string())?;
    let granted = ALLOW
        .iter()
        .map(|text| remit_policy::parse_allow(text).unwrap())
        .fold(remit_policy::Rights::none(), |all, one| all.and(&one));
    let grant = Grant {
        rights: granted,
        ..Grant::default()
    };
    let guest = GuestDigest::of(b"a guest");
    Authority::for_guest(
        &script.manifest,
        guest,
        grant,
        Policy::parse(None, None).unwrap(),
    )
    .map_err(|error| error.to_string())?;
    Ok(script)
}

async fn check(twin: &Twin) {
    let (name, ends) = (twin.name, twin.ends);
    match (start(twin), ends) {
        (Err(said), Ends::Refused(words)) => assert!(said.contains(words), "{name}: {said}"),
        (Err(said), _) => panic!("{name}: {said}"),
        (Ok(_), Ends::Refused(_)) => panic!("{name}: it was started"),
        (Ok(script), _) if is_scanner(twin) => {
            let loaded = load_script(&script, "rhai-scanner");
            let gaps = scan(&loaded, name, contents(twin)).await;
            check_gaps(name, ends, &gaps);
        }
        (Ok(script), _) => {
            let loaded = load_script(&script, "rhai-workflow");
            check_end(name, ends, run(&loaded, name).await);
        }
    }
    the_next_script_runs(name).await;
}

/// The workspace; where a twin is to be called more than once, the scanned entries are of several pieces.
fn contents(twin: &Twin) -> Memory {
    let store = workspace();
    if twin.text.contains("the last line") {
        let long = "some words that are long enough\n".repeat(10_000) + "the last line\n";
        store.put(&path("/files/open/a.txt"), long.clone());
        store.put(&path("/files/open/b.txt"), long);
    }
    store
}

/// A good workflow and a good scanner run.
async fn the_next_script_runs(after: &str) {
    let next = [
        twin("next", "log(scope.list(\"/**\").count());", Ends::Well),
        scanner("next", "fn scan(text, entry) { [] }", Ends::Well),
    ];
    for next in &next {
        let script = start(next).unwrap();
        if is_scanner(next) {
            let gaps = scan(
                &load_script(&script, "rhai-scanner"),
                next.name,
                workspace(),
            )
            .await;
            assert_eq!(gaps, [""; 0], "after {after}");
        } else {
            let end = run(&load_script(&script, "rhai-workflow"), next.name).await;
            assert_eq!(end.how, "ok", "after {after}: {end:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_twin_ends_as_its_probe() {
    let twins = PROBES.iter().flat_map(|probe| match twins(*probe) {
        Twins::Of(twins) => {
            assert!(
                !twins.is_empty(),
                "{} has no twin, and no reason",
                probe.name()
            );
            twins
        }
        Twins::None(why) => {
            assert!(why.len() > 20, "{}: {why:?} is no reason", probe.name());
            Vec::new()
        }
    });
    let mut failed = Vec::new();
    for twin in twins.chain(of_scripts_only()) {
        let name = twin.name;
        // On a task of its own, so that one failure does not hide the others.
        if tokio::spawn(async move { check(&twin).await })
            .await
            .is_err()
        {
            failed.push(name);
        }
    }
    assert_eq!(failed, [""; 0]);
}
