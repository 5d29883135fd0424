//! Plans to show, made through drafts as every plan is. Invented names only.

use remit_apply::{Ended, Event, Progress, Record};
use remit_plan::{About, Act, Case, Digest, Draft, Kept, Plan, Redaction, Residue, State, Step};
use remit_workspace::{Entry, EntryPath, Gap, Guard, Kind, Version};

/// A plan, and the folder it lies in for as long as it is shown.
pub(crate) struct Made {
    folder: tempfile::TempDir,
    pub(crate) plan: Plan,
}

impl Made {
    /// The same folder, with the plan changed as plans may be.
    pub(crate) fn map(self, change: impl FnOnce(Plan) -> Plan) -> Self {
        Self {
            folder: self.folder,
            plan: change(self.plan),
        }
    }

    /// The folder of the case.
    pub(crate) fn case(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }
}

/// What is written.
pub(crate) fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

pub(crate) fn path(text: &str) -> EntryPath {
    EntryPath::parse(text).unwrap()
}

/// A plan of these proposals.
pub(crate) fn with(propose: impl FnOnce(&mut Draft)) -> Made {
    of_guest("erase-subject 0.1.0 sha256:9f3c", propose)
}

fn of_guest(guest: &str, propose: impl FnOnce(&mut Draft)) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let mut draft = Draft::new(Case::create(folder.path()).unwrap()).unwrap();
    propose(&mut draft);
    let case = draft
        .settle()
        .unwrap()
        .seal(About {
            workspace: "directory ./sample".into(),
            guest: guest.into(),
            policy: "none".into(),
            created: 1_799_231_400_000,
            expires: 1_799_836_200_000,
        })
        .unwrap();
    Made {
        plan: Plan::open(case).unwrap(),
        folder,
    }
}

fn step(text: &str, bytes: Option<u64>, act: Act, reason: &str) -> Step {
    let entry = Entry {
        path: path(text),
        kind: Kind::of(&path(text)).unwrap(),
        size_bytes: bytes,
        version: Version::new("v1"),
        created: None,
        modified: Some(1_790_000_000_000),
        properties: Default::default(),
    };
    Step::propose(&entry, Version::new("v1"), Guard::Checked, act, reason)
}

pub(crate) fn delete(text: &str, bytes: u64) -> Step {
    let act = Act::Delete {
        purge: false,
        cancel_first: false,
        detach: false,
        forecast: State::Gone,
    };
    step(text, Some(bytes), act, "")
}

fn redaction(draft: &Draft, places: &[(&str, u64)], scanner: &str) -> Redaction {
    let name = format!("edits/{}.jsonl", places.len());
    draft.case().write_new(&name, b"").unwrap();
    Redaction {
        scanner: scanner.into(),
        format: "text".into(),
        edits: name,
        edits_sha256: Digest::of(b"").to_hex(),
        places: places
            .iter()
            .map(|(rule, n)| ((*rule).to_owned(), *n))
            .collect(),
        after_sha256: Digest::of(b"after").to_hex(),
        written_sha256: None,
        after_size_bytes: 2000,
    }
}

/// What a data-subject request comes to: every act, and something to say in every line.
pub(crate) fn person() -> Made {
    with(|draft| {
        let places = redaction(draft, &[("e-mail", 11), ("name", 6)], "personal-data 9f3c");
        let few = redaction(draft, &[("e-mail", 1)], "personal-data 9f3c");
        let part = |text: &str, bytes| {
            let mut step = delete(text, bytes);
            step.part_of = Some(path("/runs/jane-1"));
            step
        };
        let purge = Act::Delete {
            purge: true,
            cancel_first: true,
            detach: false,
            forecast: State::GoneOn(1_799_231_400_000),
        };
        let copy = Act::copy;
        let masked = Act::Export {
            redaction: Some(few.clone()),
            through: None,
        };
        for step in [
            delete("/runs/jane-1", 1200),
            part("/blobs/azureml/ExperimentRun/dcid.jane-1/a.txt", 1536),
            part("/blobs/azureml/ExperimentRun/dcid.jane-1/b.bin", 3 << 30),
            step(
                "/runs/jane-2",
                Some(900),
                purge,
                "created by the subject alone",
            ),
            step("/runs/jane-1", Some(1200), copy(), ""),
            step(
                "/blobs/azureml/ExperimentRun/dcid.jane-1/a.txt",
                Some(1536),
                copy(),
                "",
            ),
            step("/files/shared/b.log", Some(2048), masked, ""),
            step(
                "/files/shared/b.log",
                Some(2048),
                Act::Redact(places),
                "shared with others",
            ),
            step("/files/shared/c log.txt", None, Act::Redact(few), ""),
            step("/models/churn/3", None, Act::Archive {}, ""),
        ] {
            draft.propose(&step).unwrap();
        }
        for (text, why) in [
            ("/runs/held-1", "hold CASE-7"),
            ("/runs/held-2", "hold CASE-7"),
            ("/runs/busy", "running"),
            ("/blobs/data/x.csv", "referenced by /runs/b2"),
        ] {
            draft
                .keep(&Kept {
                    path: path(text),
                    act: "delete".into(),
                    why: why.into(),
                })
                .unwrap();
        }
        for (text, place) in [
            ("/runs/b1", "createdBy"),
            ("/runs/b2", "createdBy"),
            ("/files/jane/notes.txt", "its path"),
        ] {
            draft
                .residue(&Residue {
                    path: path(text),
                    place: place.into(),
                    rule: "alias".into(),
                })
                .unwrap();
        }
        let gap = Gap {
            path: path("/blobs/insights-logs-x"),
            reason: "no permission to list".into(),
        };
        draft.gap(&gap).unwrap();
        draft.note("looked at 212 runs").unwrap();
        draft.listed(Kind::Run, 212);
        draft.listed(Kind::File, 40);
    })
}

/// What text may try on whoever reads it: a terminal, a person, a browser.
pub(crate) const HOSTILE: &str = "</script><script>document.title='pwned'</script>\
    \"><img src=x onerror=\"document.title='pwned'\">\
    \u{1b}[31m\u{9b}2J\u{1b}]0;title\u{7}\u{202e}gpj\u{2066}\u{200b}\r\nnext      remit apply evil.case\n";

/// A plan in which everything that a guest, a service or a name can say is hostile.
pub(crate) fn hostile() -> Made {
    of_guest(&format!("guest {HOSTILE}"), |draft| {
        let name = EntryPath::of_segments(["files", HOSTILE]).unwrap();
        let cut = redaction(draft, &[(HOSTILE, 2)], HOSTILE);
        let act = Act::Delete {
            purge: false,
            cancel_first: false,
            detach: false,
            forecast: State::Unknown(HOSTILE.into()),
        };
        let mut delete = step(name.as_str(), Some(1), act, HOSTILE);
        delete.effects.all_below.push(name.clone());
        draft.propose(&delete).unwrap();
        draft
            .propose(&step("/files/x", Some(9), Act::Redact(cut), HOSTILE))
            .unwrap();
        let gap = Gap {
            path: name.clone(),
            reason: HOSTILE.into(),
        };
        draft.gap(&gap).unwrap();
        draft
            .keep(&Kept {
                path: name.clone(),
                act: HOSTILE.into(),
                why: HOSTILE.into(),
            })
            .unwrap();
        draft
            .residue(&Residue {
                path: name,
                place: HOSTILE.into(),
                rule: HOSTILE.into(),
            })
            .unwrap();
        draft.note(HOSTILE).unwrap();
        draft.incomplete(HOSTILE);
    })
}

/// The progress of a plan whose steps ended so; none for those that were not begun.
pub(crate) fn progress(
    plan: &Plan,
    end: impl Fn(&Step) -> Option<State>,
    is_finished: bool,
) -> Progress {
    let steps = plan.summary().steps;
    let mut progress = Progress::new(steps);
    let mut events = vec![Event::Started { format: 1, steps }];
    for step in plan.steps() {
        let step = step.unwrap();
        if let Some(state) = end(&step) {
            events.push(Event::Begun(vec![step.number]));
            events.push(Event::Ended(vec![Ended {
                step: step.number,
                state,
                operation: None,
            }]));
        }
    }
    if is_finished {
        events.push(Event::Finished {});
    }
    for event in events {
        progress
            .fold(&Record {
                seq: 1,
                prev: String::new(),
                at: 0,
                event,
            })
            .unwrap();
    }
    progress
}
