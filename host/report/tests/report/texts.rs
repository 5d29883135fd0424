//! What a person reads about a plan, word for word.

use crate::made::{HOSTILE, Made, delete, hostile, path, person, progress, text, with};
use remit_apply::{Finding, Progress, Verification};
use remit_plan::{GapNumbers, State};
use remit_policy::{Ceilings, StatedCeilings};
use remit_report::{
    ShowPlan, StepFilter, Style, entry_json, list_entry, outcome_json, plan_json, show_outcome,
    show_plan, show_steps, show_verification, steps_json, verification_json,
};
use remit_workspace::{Entry, EntryPath, Gap, Kind, Pattern, Version};

fn shown(made: &Made, progress: Option<Progress>, width: usize) -> String {
    let about = ShowPlan {
        ceilings: Some(
            Ceilings::of(&StatedCeilings::default(), &[], &StatedCeilings::default()).unwrap(),
        ),
        progress,
        policy_absent: true,
        next: "remit apply jane.case".into(),
    };
    let shown = text(|out| show_plan(out, &made.plan, &about, Style::Plain, width).unwrap());
    shown.replace(&made.plan.digest().to_hex(), &"0".repeat(64))
}

#[test]
fn a_plan_in_ten_lines() {
    insta::assert_snapshot!(shown(&person(), None, 110), @r#"
    delete    2 runs, 2 owned blobs, 3 GiB           (of 212 runs listed)
              1 entry for good; 1 is kept to a day all the same
              1 running entry is stopped first
    redact    2 files, 18 places: 12 e-mail, 6 name  (personal-data 9f3c)
    export    3 entries, 4.7 KiB, 1 masked in 1 place, before anything is destroyed
    archive   1 model
    keep      2 runs: hold CASE-7 · 1 blob: referenced by /runs/b2 · 1 run: running
    gaps      1: /blobs/insights-logs-x: no permission to list
    residue   createdBy of 2 runs · the path of 1 file stay in the service
    notes     the guest says: “looked at 212 runs”
    outcome   forecast: 3 gone · 1 gone-on 2027-01-06
    ceilings  delete 2/500 entries, 3/20 GiB, 1/10 percent of runs · redact 2/5,000 · export 3/20,000
    guards    every step is checked: read again just before the act; a small race remains
    policy    no policy, no holds known
    next      remit apply jane.case
    digest    sha256:0000000000000000000000000000000000000000000000000000000000000000
    "#);
}

#[test]
fn a_narrow_terminal_breaks_at_spaces_and_never_in_a_command() {
    insta::assert_snapshot!(shown(&person(), None, 60), @r#"
    delete    2 runs, 2 owned blobs, 3 GiB  (of 212 runs listed)
              1 entry for good; 1 is kept to a day all the same
              1 running entry is stopped first
    redact    2 files, 18 places: 12 e-mail, 6 name
              (personal-data 9f3c)
    export    3 entries, 4.7 KiB, 1 masked in 1 place, before
              anything is destroyed
    archive   1 model
    keep      2 runs: hold CASE-7 · 1 blob: referenced by
              /runs/b2 · 1 run: running
    gaps      1: /blobs/insights-logs-x: no permission to list
    residue   createdBy of 2 runs · the path of 1 file stay in
              the service
    notes     the guest says: “looked at 212 runs”
    outcome   forecast: 3 gone · 1 gone-on 2027-01-06
    ceilings  delete 2/500 entries, 3/20 GiB, 1/10 percent of
              runs · redact 2/5,000 · export 3/20,000
    guards    every step is checked: read again just before the
              act; a small race remains
    policy    no policy, no holds known
    next      remit apply jane.case
    digest    sha256:0000000000000000000000000000000000000000000000000000000000000000
    "#);
}

#[test]
fn a_plan_of_nothing() {
    insta::assert_snapshot!(shown(&with(|_| {}), None, 100), @r#"
    steps     none: there is nothing to do
    policy    no policy, no holds known
    next      remit apply jane.case
    digest    sha256:0000000000000000000000000000000000000000000000000000000000000000
    "#);
}

#[test]
fn an_incomplete_plan_says_so_before_anything_to_go_on_with() {
    let made = with(|draft| draft.incomplete("listing /blobs/azureml: throttled\u{1b}[2J"));
    insta::assert_snapshot!(shown(&made, None, 100), @r#"
    steps     none: there is nothing to do
    policy    no policy, no holds known
    INCOMPLETE: this plan cannot be applied.
              listing /blobs/azureml: throttled\u{1b}[2J
    next      remit apply jane.case
    digest    sha256:0000000000000000000000000000000000000000000000000000000000000000
    "#);
}

#[test]
fn steps_one_a_line() {
    let made = person();
    insta::assert_snapshot!(
        text(|out| { show_steps(out, &made.plan, None, &StepFilter::default(), Style::Plain).unwrap(); }),
        @r#"
     1  export      1.5 KiB  /blobs/azureml/ExperimentRun/dcid.jane-1/a.txt
     2  delete      1.5 KiB  /blobs/azureml/ExperimentRun/dcid.jane-1/a.txt  part of /runs/jane-1  forecast gone
     3  delete        3 GiB  /blobs/azureml/ExperimentRun/dcid.jane-1/b.bin  part of /runs/jane-1  forecast gone
     4  export        2 KiB  /files/shared/b.log  masked in 1 place: 1 e-mail
     5  redact        2 KiB  /files/shared/b.log  17 places: 11 e-mail, 6 name  (the guest says: “shared with others”)
     6  redact            -  /files/shared/c%20log.txt  1 place: 1 e-mail
     7  archive           -  /models/churn/3
     8  export      1.2 KiB  /runs/jane-1
     9  delete      1.2 KiB  /runs/jane-1  forecast gone
    10  delete        900 B  /runs/jane-2  for good, stopped first  forecast gone-on 2027-01-06  (the guest says: “created by the subject alone”)
    "#
    );
    let some = StepFilter {
        act: Some("delete".into()),
        paths: Some(Pattern::parse("/runs/**").unwrap()),
        ..StepFilter::default()
    };
    let mut out = Vec::new();
    assert_eq!(
        show_steps(&mut out, &made.plan, None, &some, Style::Plain).unwrap(),
        2
    );
}

#[test]
fn what_became_of_it() {
    let made = person();
    let progress = progress(
        &made.plan,
        |step| match step.path.as_str() {
            "/runs/jane-2" => Some(State::Held("hold CASE-9".into())),
            "/files/shared/b.log" if step.act.as_str() == "redact" => {
                Some(State::Failed("the disk is full".into()))
            }
            "/blobs/azureml/ExperimentRun/dcid.jane-1/a.txt" if step.act.as_str() == "delete" => {
                Some(State::GoneOn(1_799_231_400_000))
            }
            "/runs/jane-1" => None,
            _ if step.act.as_str() == "delete" => Some(State::Gone),
            _ => Some(State::Done),
        },
        false,
    );
    insta::assert_snapshot!(
        text(|out| show_outcome(out, &made.plan, &progress, Style::Plain).unwrap())
            .replace(made.case(), "CASE"),
        @r#"
    delete    1 gone · 1 gone-on · 1 held · 1 open  (3 GiB)
    redact    1 done · 1 failed
    export    2 done · 1 open  (3.5 KiB)
    archive   1 done
           5  redact   /files/shared/b.log  failed (the disk is full)
           8  export   /runs/jane-1  open
           9  delete   /runs/jane-1  open
          10  delete   /runs/jane-2  held (hold CASE-9)
    gone-on   the service keeps 1 entry until then, the last until 2027-01-06
    left      1 step was decided against and will not be tried again
    remains   3 steps to go: remit apply CASE
    "#
    );
    insta::assert_snapshot!(shown(&made, Some(progress.clone()), 110), @r#"
    delete    2 runs, 2 owned blobs, 3 GiB           (of 212 runs listed)
              1 entry for good; 1 is kept to a day all the same
              1 running entry is stopped first
    redact    2 files, 18 places: 12 e-mail, 6 name  (personal-data 9f3c)
    export    3 entries, 4.7 KiB, 1 masked in 1 place, before anything is destroyed
    archive   1 model
    keep      2 runs: hold CASE-7 · 1 blob: referenced by /runs/b2 · 1 run: running
    gaps      1: /blobs/insights-logs-x: no permission to list
    residue   createdBy of 2 runs · the path of 1 file stay in the service
    notes     the guest says: “looked at 212 runs”
    outcome   4 done · 2 open · 1 failed · 1 gone · 1 gone-on 2027-01-06 · 1 held · not finished
    ceilings  delete 2/500 entries, 3/20 GiB, 1/10 percent of runs · redact 2/5,000 · export 3/20,000
    guards    every step is checked: read again just before the act; a small race remains
    policy    no policy, no holds known
    next      remit apply jane.case
    digest    sha256:0000000000000000000000000000000000000000000000000000000000000000
    "#);
    insta::assert_snapshot!(
        text(|out| outcome_json(out, &made.plan, &progress).unwrap())
            .replace(&made.plan.digest().to_string(), "DIGEST"),
        @r#"{"remit":1,"outcome":{"digest":"DIGEST","started":true,"finished":false,"acts":{"archive":{"done":1},"delete":{"gone":1,"gone-on":1,"held":1,"open":1},"export":{"done":2,"open":1},"redact":{"done":1,"failed":1}},"bytes":{"archive":0,"delete":3221227008,"export":3584,"redact":0},"unfinished":[{"step":5,"path":"/files/shared/b.log","act":"redact","state":"failed","why":"the disk is full","to_do":true},{"step":8,"path":"/runs/jane-1","act":"export","state":"open","to_do":true},{"step":9,"path":"/runs/jane-1","act":"delete","state":"open","to_do":true},{"step":10,"path":"/runs/jane-2","act":"delete","state":"held","why":"hold CASE-9","to_do":false}]}}"#
    );
    let failed = StepFilter {
        state: Some("failed".into()),
        ..StepFilter::default()
    };
    insta::assert_snapshot!(
        text(|out| { show_steps(out, &made.plan, Some(&progress), &failed, Style::Plain).unwrap(); }),
        @r#" 5  redact        2 KiB  /files/shared/b.log  17 places: 11 e-mail, 6 name  failed (the disk is full)  (the guest says: “shared with others”)"#
    );
}

#[test]
fn everything_carried_out() {
    let made = person();
    let all = progress(
        &made.plan,
        |step| {
            Some(if step.act.as_str() == "delete" {
                State::Gone
            } else {
                State::Done
            })
        },
        true,
    );
    insta::assert_snapshot!(
        text(|out| show_outcome(out, &made.plan, &all, Style::Plain).unwrap()),
        @r#"
    delete    4 gone  (3 GiB)
    redact    2 done  (2 KiB)
    export    3 done  (4.7 KiB)
    archive   1 done
    complete  10 steps carried out
    "#
    );
}

#[test]
fn fifty_failures_are_shown_and_the_rest_counted() {
    let made = with(|draft| {
        for n in 0..60 {
            draft
                .propose(&delete(&format!("/files/x/{n:02}"), 10))
                .unwrap();
        }
    });
    let progress = progress(&made.plan, |_| Some(State::Failed("why not".into())), false);
    let shown = text(|out| show_outcome(out, &made.plan, &progress, Style::Plain).unwrap());
    assert_eq!(shown.matches("(why not)").count(), 50);
    assert!(shown.contains("… and 10 more: remit show "), "{shown}");
    assert!(
        shown.contains("remains   60 steps to go: remit apply "),
        "{shown}"
    );
}

#[test]
fn json_twins() {
    let made = person();
    insta::assert_snapshot!(
        text(|out| plan_json(out, &made.plan, None).unwrap())
            .replace(&made.plan.digest().to_string(), "DIGEST"),
        @r#"{"remit":1,"plan":{"digest":"DIGEST","workspace":"directory ./sample","guest":"erase-subject 0.1.0 sha256:9f3c","policy":"none","created":"2027-01-06T10:30:00.000Z","expires":"2027-01-13T10:30:00.000Z","steps":10,"acts":{"archive":{"entries":1,"parts":0,"bytes":0,"kinds":{"model":1},"proposed_kinds":{"model":1}},"delete":{"entries":2,"parts":2,"bytes":3221229108,"kinds":{"blob":2,"run":2},"proposed_kinds":{"run":2}},"export":{"entries":3,"parts":0,"bytes":4784,"kinds":{"blob":1,"file":1,"run":1},"proposed_kinds":{"blob":1,"file":1,"run":1}},"redact":{"entries":2,"parts":0,"bytes":2048,"kinds":{"file":2},"proposed_kinds":{"file":2}}},"places":{"e-mail":12,"name":6},"listed":{"file":40,"run":212},"guards":{"checked":10},"forecasts":{"gone":3,"gone-on 2027-01-06":1},"gaps":[{"gap":1,"path":"/blobs/insights-logs-x","reason":"no permission to list","accepted":false}],"kept":[{"path":"/blobs/data/x.csv","act":"delete","why":"referenced by /runs/b2"},{"path":"/runs/busy","act":"delete","why":"running"},{"path":"/runs/held-1","act":"delete","why":"hold CASE-7"},{"path":"/runs/held-2","act":"delete","why":"hold CASE-7"}],"residue":[{"path":"/runs/b1","place":"createdBy","rule":"alias"},{"path":"/runs/b2","place":"createdBy","rule":"alias"},{"path":"/files/jane/notes.txt","place":"its path","rule":"alias"}],"guest_says":["looked at 212 runs"]}}"#
    );
    let lines = text(|out| {
        assert_eq!(
            steps_json(out, &made.plan, None, &StepFilter::default()).unwrap(),
            10
        );
    });
    for (number, line) in (1..).zip(lines.lines()) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&value["remit"], &value["step"]),
            (&1.into(), &number.into())
        );
    }
    insta::assert_snapshot!(lines.lines().find(|line| line.contains("redaction")).unwrap(), @r#"{"remit":1,"step":4,"act":"export","path":"/files/shared/b.log","kind":"file","version":"v1","size_bytes":2048,"modified":"2026-09-21T14:13:20.000Z","guard":"checked","redaction":{"scanner":"personal-data 9f3c","format":"text","places":{"e-mail":1},"after_sha256":"f39592393ef0859cb196a52693d2cea00fb2df784b3c04ae54aa7cadb8e562f8","after_size_bytes":2000}}"#);
}

#[test]
fn gaps_are_numbered_and_those_beyond_ten_counted() {
    let made = with(|draft| {
        for n in 0..12 {
            let gap = Gap {
                path: path(&format!("/blobs/c/{n:02}")),
                reason: "archive tier".into(),
            };
            draft.gap(&gap).unwrap();
        }
    });
    let accepted = made.map(|plan| plan.accept(&GapNumbers::new([1, 2])).unwrap());
    insta::assert_snapshot!(shown(&accepted, None, 100), @r#"
    steps     none: there is nothing to do
    gaps      1: /blobs/c/00: archive tier (accepted)
              2: /blobs/c/01: archive tier (accepted)
              3: /blobs/c/02: archive tier
              4: /blobs/c/03: archive tier
              5: /blobs/c/04: archive tier
              6: /blobs/c/05: archive tier
              7: /blobs/c/06: archive tier
              8: /blobs/c/07: archive tier
              9: /blobs/c/08: archive tier
              10: /blobs/c/09: archive tier
              … and 2 more
    policy    no policy, no holds known
    next      remit apply jane.case
    digest    sha256:0000000000000000000000000000000000000000000000000000000000000000
    "#);
}

#[test]
fn a_plan_over_its_ceilings_says_which() {
    let made = with(|draft| {
        for n in 0..501 {
            draft
                .propose(&delete(&format!("/files/x/{n:04}"), 50 << 20))
                .unwrap();
        }
        draft.listed(Kind::File, 1000);
    });
    insta::assert_snapshot!(shown(&made, None, 120), @r#"
    delete    501 files, 24.5 GiB  (of 1,000 files listed)
    outcome   forecast: 501 gone
    ceilings  delete 501/500 entries, 24.5/20 GiB, 51/10 percent of files · OVER; a human's act: --raise delete=501 --raise
              delete.bytes="25050 MiB" --raise delete.percent=51
    guards    every step is checked: read again just before the act; a small race remains
    policy    no policy, no holds known
    next      remit apply jane.case    digest sha256:0000000000000000000000000000000000000000000000000000000000000000
    "#);
}

/// Tables are listed, and rows are named: the ones are no share of the others.
#[test]
fn rows_of_telemetry_are_not_said_to_be_of_those_listed() {
    let made = with(|draft| {
        for user in ["jane", "omar"] {
            let rows = format!("/telemetry/ai/AppTraces/UserId/{user}");
            draft.propose(&delete(&rows, 0)).unwrap();
        }
        draft.listed(Kind::Telemetry, 10);
    });
    let text = shown(&made, None, 120);
    assert!(text.contains("2 telemetry entries"), "{text}");
    assert!(!text.contains("listed"), "{text}");
}

#[test]
fn what_cannot_be_enumerated_is_named() {
    let made = with(|draft| {
        let mut step = delete("/files/x/1", 1);
        step.effects.all_below = vec![
            path("/blobs/a"),
            path("/blobs/b"),
            path("/blobs/c"),
            path("/blobs/d"),
        ];
        step.effects.entries = vec![
            path("/files/x/1?snapshot=s1"),
            path("/files/x/1?snapshot=s2"),
        ];
        step.act = remit_plan::Act::Delete {
            purge: true,
            cancel_first: false,
            detach: false,
            forecast: State::Gone,
        };
        draft.propose(&step).unwrap();
    });
    insta::assert_snapshot!(shown(&made, None, 100), @r#"
    delete    1 file, 1 B
              1 entry for good, with 2 older generations
              everything below /blobs/a, /blobs/b, /blobs/c and 1 more, whatever is there
    outcome   forecast: 1 gone
    ceilings  delete 1/500 entries
    guards    every step is checked: read again just before the act; a small race remains
    policy    no policy, no holds known
    next      remit apply jane.case
    digest    sha256:0000000000000000000000000000000000000000000000000000000000000000
    "#);
}

#[test]
fn entries_one_a_line() {
    let entry = Entry {
        path: path("/files/a b\u{202e}.txt"),
        kind: Kind::File,
        size_bytes: Some(1536),
        version: Version::new("v\u{1b}1"),
        created: None,
        modified: Some(1_799_231_400_000),
        properties: [("tag:who".to_owned(), "jane\u{9b}".to_owned())].into(),
    };
    let unknown = Entry {
        path: path("/runs/x"),
        kind: Kind::Run,
        size_bytes: None,
        modified: None,
        ..entry.clone()
    };
    insta::assert_snapshot!(
        text(|out| {
            list_entry(out, &entry, Style::Plain).unwrap();
            list_entry(out, &unknown, Style::Plain).unwrap();
        }),
        @r#"
    1.5 KiB  2027-01-06 10:30:00Z  file         /files/a%20b%E2%80%AE.txt
          -  -                     run          /runs/x
    "#
    );
    insta::assert_snapshot!(text(|out| entry_json(out, &entry).unwrap()), @r#"{"remit":1,"path":"/files/a%20b%E2%80%AE.txt","kind":"file","size_bytes":1536,"version":"v\u001b1","modified":"2027-01-06T10:30:00.000Z","properties":{"tag:who":"jane\u009b"}}"#);
}

/// Everything that a guest, a service or a file name can put into a plan, on every surface that
/// goes to a terminal.
#[test]
fn hostile_words_reach_no_terminal() {
    let made = hostile();
    let progress = progress(&made.plan, |_| Some(State::Failed(HOSTILE.into())), false);
    let verification = Verification {
        broken: 1,
        findings: vec![Finding {
            step: Some(1),
            path: EntryPath::parse("/runs/b").unwrap(),
            why: HOSTILE.into(),
        }],
        ..Verification::default()
    };
    let everything = StepFilter::default();
    let surfaces = [
        ("show", shown(&made, None, 100)),
        ("show after", shown(&made, Some(progress.clone()), 100)),
        (
            "steps",
            text(|out| {
                show_steps(out, &made.plan, None, &everything, Style::Plain).unwrap();
            }),
        ),
        (
            "outcome",
            text(|out| show_outcome(out, &made.plan, &progress, Style::Plain).unwrap()),
        ),
        (
            "verification",
            text(|out| show_verification(out, &verification, Style::Plain).unwrap()),
        ),
        (
            "plan json",
            text(|out| plan_json(out, &made.plan, Some(&progress)).unwrap()),
        ),
        (
            "steps json",
            text(|out| {
                steps_json(out, &made.plan, Some(&progress), &everything).unwrap();
            }),
        ),
        (
            "outcome json",
            text(|out| outcome_json(out, &made.plan, &progress).unwrap()),
        ),
        (
            "verification json",
            text(|out| verification_json(out, &verification).unwrap()),
        ),
    ];
    for (surface, text) in surfaces {
        for c in text.chars() {
            let is_harmless = c == '\n'
                || (!c.is_control()
                    && !('\u{200b}'..='\u{200f}').contains(&c)
                    && !('\u{202a}'..='\u{202e}').contains(&c)
                    && !('\u{2066}'..='\u{2069}').contains(&c));
            assert!(is_harmless, "{surface} holds {c:?}: {text:?}");
        }
        assert!(
            text.contains("u001b") || text.contains("u{1b}"),
            "{surface} lost the words: {text}"
        );
        let forged = text
            .lines()
            .any(|line| line.starts_with("next      remit apply evil"));
        assert!(!forged, "{surface} has a forged line: {text}");
    }
}

#[test]
fn colours_come_only_from_the_style() {
    let made = person();
    let about = ShowPlan::default();
    let show = |style| text(|out| show_plan(out, &made.plan, &about, style, 100).unwrap());
    assert!(!show(Style::Plain).contains('\u{1b}'));
    let painted = show(Style::Ansi);
    assert!(painted.contains("\u{1b}[1;31mdelete"), "{painted:?}");
    let mut stripped = painted;
    for code in ["1;31", "33", "32", "2", "1", "0"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, show(Style::Plain));
}
