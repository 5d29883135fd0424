//! Where a script may look.

use std::rc::Rc;

use rhai::{Array, ImmutableString};

use crate::amount::Duration;
use crate::failure::{misuse, raise};
use crate::host::What;
use crate::table::{Vocabulary, Word};
use crate::values::{Answer, Item, Scope, Selection, Within};

pub(super) fn teach(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.kind::<Scope>(
        "scope",
        "Where the script may look. `scope` is at hand everywhere, in functions too.",
    );
    vocabulary.kind::<Selection>(
        "selection",
        "What was selected. Nothing is asked of the workspace before a loop goes over it, and then a page at a \
         time: a million entries need no more memory than a thousand.",
    );
    vocabulary.iterable::<Selection, Item>("selection", "entry");
    looking(vocabulary);
    refining(vocabulary);
}

fn looking(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("scope.list(pattern: string) -> selection")
            .needs("list")
            .calls(&["entries.select", "selector.constructor", "listing.next"])
            .doc("Selects the entries whose paths match. `*` stands for one segment of a path, `**` for any number.")
            .example("for run in scope.list(\"/runs/*\") { log(run.path); }"),
        |scope: &mut Scope, pattern: &str| Selection {
            within: Rc::clone(&scope.0),
            what: What {
                pattern: pattern.to_owned(),
                ..What::default()
            },
        },
    );
    vocabulary.add(
        Word::new("scope.stat(path: string) -> entry")
            .needs("list")
            .calls(&["entries.stat"])
            .doc("The entry at a path. Fails with `not-found` where there is none.")
            .example("let workspace = scope.stat(\"/workspace\");"),
        |scope: &mut Scope, path: &str| -> Answer<Item> {
            let entry = scope.0.host.stat(path).map_err(raise)?;
            Ok(Item::new(entry, Rc::clone(&scope.0)))
        },
    );
    vocabulary.add(
        Word::new("scope.exists(path: string) -> bool")
            .needs("list")
            .calls(&["entries.stat"])
            .doc(
                "Whether there is an entry at a path. What could not be found out ends the script.",
            )
            .example("if !scope.exists(\"/runs/baseline\") { note(\"no baseline\"); }"),
        |scope: &mut Scope, path: &str| -> Answer<bool> {
            match scope.0.host.stat(path) {
                Ok(_) => Ok(true),
                Err(failure) if failure.is("not-found") => Ok(false),
                Err(failure) => Err(raise(failure)),
            }
        },
    );
    vocabulary.add(
        Word::new("scope.allows(right: string, path: string) -> bool")
            .calls(&["scope.allows"])
            .doc("Whether the script holds a right on a path. Lets it do less instead of failing.")
            .example("if scope.allows(\"delete\", \"/runs/x\") { log(\"may\"); }"),
        |scope: &mut Scope, right: &str, path: &str| scope.0.host.allows(right, path),
    );
    vocabulary.add(
        Word::new("scope.narrow(pattern: string, rights: array) -> scope")
            .calls(&["scope.narrow"])
            .doc("A scope with no more than these rights, and only where the pattern matches.")
            .example("let logs = scope.narrow(\"/blobs/**\", [\"list\", \"read\"]);"),
        |scope: &mut Scope, pattern: &str, rights: Array| -> Answer<Scope> {
            let rights = rights
                .into_iter()
                .map(|right| right.try_cast::<ImmutableString>().map(String::from))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| misuse("rights are an array of texts, as [\"list\", \"read\"]"))?;
            let host = scope.0.host.narrow(pattern, &rights).map_err(raise)?;
            let run = Rc::clone(&scope.0.run);
            Ok(Scope(Rc::new(Within { host, run })))
        },
    );
}

fn refining(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("selection.kind(kind: string) -> selection")
            .calls(&["selector.kind"])
            .doc("Only entries of this kind: `run`, `model`, `blob`, `file`, …")
            .example("for blob in scope.list(\"/blobs/**\").kind(\"blob\") { log(blob.name); }"),
        |selection: &mut Selection, kind: &str| {
            selection.and(|what| what.kinds.push(kind.to_owned()))
        },
    );
    vocabulary.add(
        Word::new("selection.older_than(age: duration) -> selection")
            .calls(&["selector.older-than-ms"])
            .doc(
                "Only entries last modified (where that is unknown: created) longer ago than this.",
            )
            .example("for run in scope.list(\"/runs/*\").older_than(days(365)) { log(run.path); }"),
        |selection: &mut Selection, age: Duration| -> Answer<Selection> {
            let age = u64::try_from(age.0)
                .map_err(|_| misuse("an age is no span of time that points back"))?;
            Ok(selection.and(|what| what.older_than_ms.push(age)))
        },
    );
    vocabulary.add(
        Word::new("selection.property(name: string, pattern: string) -> selection")
            .needs("read")
            .calls(&["selector.property"])
            .doc("Only entries whose property matches; `*` stands for any text. Tags are called `tag:<name>`.")
            .example("for run in scope.list(\"/runs/*\").property(\"status\", \"Failed\") { log(run.path); }"),
        |selection: &mut Selection, name: &str, pattern: &str| {
            let property = (name.to_owned(), pattern.to_owned());
            selection.and(|what| what.properties.push(property))
        },
    );
    vocabulary.add(
        Word::new("selection.count() -> int")
            .calls(&["listing.next"])
            .doc("How many there are; lists them all.")
            .example("log(scope.list(\"/runs/*\").count());"),
        |selection: &mut Selection| -> Answer<i64> {
            let mut count = 0;
            for entry in selection.clone() {
                entry?;
                count += 1;
            }
            Ok(count)
        },
    );
}
