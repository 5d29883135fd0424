//! What a script proposes. The number that comes back is the proposal's in the script's own log; steps
//! are numbered when the plan is sealed.

use rhai::Map;

use crate::failure::misuse;
use crate::host::Act;
use crate::options::Options;
use crate::table::{Option as WordOption, Vocabulary, Word};
use crate::values::{Answer, Item};

const fn option(
    name: &'static str,
    of_type: &'static str,
    right: Option<&'static str>,
    call: &'static str,
    doc: &'static str,
) -> WordOption {
    WordOption {
        name,
        of_type,
        right,
        doc,
        call,
    }
}

const DELETE: &[WordOption] = &[
    option(
        "because",
        "string",
        None,
        "deletion.because",
        "Why, for the reader of the plan.",
    ),
    option(
        "purge",
        "bool",
        Some("purge"),
        "deletion.purge",
        "Generations too, for good.",
    ),
    option(
        "keep_parts",
        "bool",
        None,
        "deletion.keep-parts",
        "Leaves a record's owned parts.",
    ),
    option(
        "cancel_first",
        "bool",
        Some("cancel"),
        "deletion.cancel-first",
        "Stops what runs before.",
    ),
    option(
        "detach",
        "bool",
        None,
        "deletion.detach",
        "Forgets a compute target, and leaves what is below it.",
    ),
];

const REDACT: &[WordOption] = &[
    option(
        "scanner",
        "string",
        None,
        "redaction.constructor",
        "Who finds what is cut; `self` is the script's own `scan`.",
    ),
    option(
        "because",
        "string",
        None,
        "redaction.because",
        "Why, for the reader of the plan.",
    ),
    option(
        "operators",
        "map",
        None,
        "redaction.operator",
        "By rule (or `\"*\"`): `label`, `mask`, `pseudonym` or `remove`. Without it: `label`.",
    ),
];

const EXPORT: &[WordOption] = &[
    option(
        "because",
        "string",
        None,
        "exported.because",
        "Why, for the reader of the plan.",
    ),
    option(
        "redacted_by",
        "string",
        None,
        "exported.redacted-by",
        "The copy has this scanner's findings masked.",
    ),
    option(
        "sparing",
        "string",
        None,
        "exported.sparing",
        "Of those, what overlaps a finding of this scanner stays readable.",
    ),
    option(
        "through",
        "string",
        None,
        "exported.through",
        "The package holds what this converter makes of the content.",
    ),
];

pub(super) fn teach(vocabulary: &mut Vocabulary<'_>) {
    delete(vocabulary);
    redact(vocabulary);
    export(vocabulary);
    vocabulary.add(
        Word::new("entry.archive(reason: string) -> int")
            .needs("archive")
            .calls(&["archival.constructor", "archival.because", "archival.propose"])
            .doc("Proposes to archive a record: it stays, and is no longer listed by the service.")
            .example("for m in scope.list(\"/models/*/*\").older_than(days(365)) { m.archive(\"a year old\"); }"),
        |entry: &mut Item, reason: &str| {
            entry.propose(&Act::Archive {
                because: Some(reason.to_owned()),
            })
        },
    );
}

fn delete(vocabulary: &mut Vocabulary<'_>) {
    let calls = &[
        "deletion.constructor",
        "deletion.because",
        "deletion.propose",
    ];
    vocabulary.add(
        Word::new("entry.delete(reason: string) -> int")
            .needs("delete")
            .calls(calls)
            .doc("Proposes to delete the entry, and with a record its owned parts.")
            .example("for run in scope.list(\"/runs/*\").older_than(days(365)) { run.delete(\"retention\"); }"),
        |entry: &mut Item, reason: &str| {
            entry.propose(&Act::Delete {
                because: Some(reason.to_owned()),
                purge: false,
                keep_parts: false,
                cancel_first: false,
                detach: false,
            })
        },
    );
    vocabulary.add(
        Word::new("entry.delete(how: map) -> int")
            .needs("delete")
            .calls(calls)
            .options(DELETE)
            .doc("Proposes to delete the entry, in one of the stronger or weaker ways.")
            .example("scope.stat(\"/runs/x\").delete(#{because: \"stuck\", cancel_first: true});"),
        |entry: &mut Item, how: Map| -> Answer<i64> {
            let mut how = Options::new(how, DELETE)?;
            entry.propose(&Act::Delete {
                because: how.text("because")?,
                purge: how.flag("purge")?,
                keep_parts: how.flag("keep_parts")?,
                cancel_first: how.flag("cancel_first")?,
                detach: how.flag("detach")?,
            })
        },
    );
}

fn redact(vocabulary: &mut Vocabulary<'_>) {
    let calls = &[
        "redaction.constructor",
        "redaction.because",
        "redaction.propose",
    ];
    vocabulary.add(
        Word::new("entry.redact(scanner: string, reason: string) -> int")
            .needs("redact")
            .calls(calls)
            .doc("Proposes to redact what a scanner finds. The host cuts; `\"self\"` is the script's own `scan`.")
            .example("for f in scope.list(\"/files/**\") { f.redact(\"personal-data\", \"shared logs\"); }"),
        |entry: &mut Item, scanner: &str, reason: &str| {
            entry.propose(&Act::Redact {
                scanner: entry.within().scanner(scanner),
                because: Some(reason.to_owned()),
                operators: Vec::new(),
            })
        },
    );
    vocabulary.add(
        Word::new("entry.redact(how: map) -> int")
            .needs("redact")
            .calls(calls)
            .options(REDACT)
            .doc("Proposes to redact what a scanner finds, with an operator for each rule.")
            .example(
                "scope.stat(\"/files/code/a.log\").redact(#{scanner: \"personal-data\", operators: #{email: \"pseudonym\"}});",
            ),
        |entry: &mut Item, how: Map| -> Answer<i64> {
            let mut how = Options::new(how, REDACT)?;
            let scanner = how
                .text("scanner")?
                .ok_or_else(|| misuse("`redact` needs a `scanner`: it says where to cut"))?;
            entry.propose(&Act::Redact {
                scanner: entry.within().scanner(&scanner),
                because: how.text("because")?,
                operators: how.texts("operators")?,
            })
        },
    );
}

fn export(vocabulary: &mut Vocabulary<'_>) {
    let calls = &[
        "exported.constructor",
        "exported.because",
        "exported.propose",
    ];
    vocabulary.add(
        Word::new("entry.export(reason: string) -> int")
            .needs("export")
            .calls(calls)
            .doc("Proposes to put a copy into the case's package.")
            .example(
                "for part in scope.stat(\"/runs/x\").parts() { part.export(\"handed over\"); }",
            ),
        |entry: &mut Item, reason: &str| {
            entry.propose(&Act::Export {
                because: Some(reason.to_owned()),
                redacted_by: None,
                sparing: None,
                through: None,
            })
        },
    );
    vocabulary.add(
        Word::new("entry.export(how: map) -> int")
            .needs("export")
            .calls(calls)
            .options(EXPORT)
            .doc("Proposes to put a copy into the case's package, masked or converted.")
            .example("scope.stat(\"/runs/x\").export(#{because: \"request\", redacted_by: \"personal-data\"});"),
        |entry: &mut Item, how: Map| -> Answer<i64> {
            let mut how = Options::new(how, EXPORT)?;
            let scanner = |name: String| entry.within().scanner(&name);
            let act = Act::Export {
                because: how.text("because")?,
                redacted_by: how.text("redacted_by")?.map(scanner),
                sparing: how.text("sparing")?.map(scanner),
                through: how.text("through")?,
            };
            entry.propose(&act)
        },
    );
}
