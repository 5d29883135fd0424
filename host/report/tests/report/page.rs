//! The page, as text and in a real browser.

use std::path::Path;
use std::process::{Command, Stdio};

use remit_plan::{Plan, State, Step};
use remit_report::{Context, ShowPage, html};

use crate::made::{HOSTILE, delete, hostile, person, progress, with};

fn page(plan: &Plan, contexts: &dyn Fn(&Step) -> Vec<Context>) -> String {
    let about = ShowPage {
        ceilings: None,
        policy_absent: true,
        contexts,
    };
    let mut out = Vec::new();
    html(&mut out, plan, None, &about).unwrap();
    String::from_utf8(out).unwrap()
}

fn around(step: &Step) -> Vec<Context> {
    let context = |before: &str, masked_len, after: &str, rule: &str| Context {
        before: before.into(),
        masked_len,
        after: after.into(),
        rule: rule.into(),
    };
    match step.path.as_str() {
        "/files/shared/b.log" => vec![
            context(
                "2026-01-06 09:12:44 INFO upload by ",
                19,
                " (3 files, 12 MB)\n",
                "e-mail",
            ),
            context("assigned to ", 8, ", due on Friday", "name"),
        ],
        _ => vec![context(HOSTILE, 5, HOSTILE, HOSTILE)],
    }
}

/// The document as a browser has it once its scripts ran.
fn browse(page: &str) -> String {
    let chromium = Path::new("/usr/bin/chromium");
    assert!(
        chromium.exists(),
        "there is no /usr/bin/chromium: run cargo xtask test (it installs chromium)"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    std::fs::write(&file, page).unwrap();
    let output = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("file://{}", file.display()))
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let dom = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        dom.contains("</html>"),
        "chromium gave no document: {errors}"
    );
    dom
}

/// Tags open and close as they should; returns the names of all.
fn tags(page: &str) -> Vec<String> {
    const VOID: [&str; 4] = ["meta", "input", "br", "!DOCTYPE"];
    let (mut open, mut all) = (Vec::new(), Vec::new());
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("every tag ends");
        let tag = &rest[start + 1..end];
        let name = tag.split([' ', '\n']).next().unwrap().to_owned();
        rest = &rest[end + 1..];
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(
                open.pop().as_deref(),
                Some(name),
                "before {}",
                &rest[..rest.len().min(80)]
            );
            continue;
        }
        all.push(name.clone());
        if ["style", "script"].contains(&name.as_str()) {
            rest = &rest[rest.find(&format!("</{name}>")).expect("it is closed")..];
        }
        if !VOID.contains(&name.as_str()) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    all
}

fn check_inert(page: &str) {
    let tags = tags(page);
    let count = |name: &str| tags.iter().filter(|tag| *tag == name).count();
    assert_eq!(
        (count("script"), count("style"), count("img"), count("link")),
        (1, 1, 0, 0)
    );
    for foreign in [
        "<script src",
        "<img",
        "http://",
        "https://",
        "url(",
        "@import",
        "\u{202e}",
        "\u{1b}",
        "\u{9b}",
    ] {
        assert!(!page.contains(foreign), "the page holds {foreign:?}");
    }
}

#[test]
fn the_page_is_whole_and_loads_nothing() {
    let made = person();
    let page = page(&made.plan, &around);
    check_inert(&page);
    assert!(page.contains("the guest says"));
    // On a phone the columns have no head, and a forecast must not read as what has happened.
    assert!(page.contains("data-label=\"forecast\"") && !page.contains("data-label=\"state\""));
    assert!(
        page.contains("<mark>XXXXXXXX</mark>, due on Friday"),
        "{page}"
    );
}

#[test]
fn hostile_words_are_inert() {
    let page = page(&hostile().plan, &around);
    check_inert(&page);
    let dom = browse(&page);
    assert!(!dom.contains("<title>pwned"), "{dom}");
    assert!(!dom.contains("<img"), "{dom}");
    assert_eq!(dom.matches("<script").count(), 1, "{dom}");
    assert!(
        dom.contains("&lt;/script&gt;&lt;script&gt;"),
        "the words are lost: {dom}"
    );
}

#[test]
fn the_script_runs_and_no_other_would() {
    let page = page(&person().plan, &around);
    let dom = browse(&page);
    assert!(dom.contains(">10 of 10 shown</output>"), "{dom}");

    // Even if something got through the escaping, the policy would stop it; without the policy it
    // would run, which shows that this test can tell.
    let foreign =
        "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">";
    let injected = page.replacen("</main>", &format!("{foreign}</main>"), 1);
    assert!(!browse(&injected).contains("<title>pwned"));
    let policy = "http-equiv=\"Content-Security-Policy\"";
    let open = injected.replacen(policy, "name=\"none\"", 1);
    assert!(browse(&open).contains("<title>pwned"));
}

#[test]
fn searching_hides_what_does_not_fit() {
    let page = page(&person().plan, &around);
    let typed = "<script>addEventListener('load', () => {\
        const search = document.getElementById('search');\
        search.value = 'JANE-1 part';\
        search.dispatchEvent(new Event('input'));\
    });</script></body>";
    let page = page
        .replacen("http-equiv=\"Content-Security-Policy\"", "name=\"none\"", 1)
        .replacen("</body>", typed, 1);
    let dom = browse(&page);
    assert!(dom.contains(">2 of 10 shown</output>"), "{dom}");
    assert_eq!(dom.matches("hidden=\"\"").count(), 8, "{dom}");
}

#[test]
fn rows_beyond_five_thousand_are_counted() {
    let made = with(|draft| {
        for n in 0..5_010 {
            draft
                .propose(&delete(&format!("/files/x/{n:04}"), 10))
                .unwrap();
        }
    });
    let page = page(&made.plan, &around);
    assert_eq!(page.matches("<tr data-act").count(), 5_000);
    assert!(
        page.contains("The first 5,000 are shown; 10 more are"),
        "{page:.4000}"
    );
}

#[test]
fn what_became_of_it_is_shown() {
    let made = hostile();
    let progress = progress(&made.plan, |_| Some(State::Failed(HOSTILE.into())), false);
    let about = ShowPage {
        ceilings: None,
        policy_absent: false,
        contexts: &|_| Vec::new(),
    };
    let mut out = Vec::new();
    html(&mut out, &made.plan, Some(&progress), &about).unwrap();
    let page = String::from_utf8(out).unwrap();
    check_inert(&page);
    assert!(page.contains("data-state=\"failed\""));
}
