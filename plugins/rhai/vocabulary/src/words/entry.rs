//! What is known of an entry.

use rhai::{Dynamic, ImmutableString};

use crate::amount::{Duration, Size};
use crate::instant::Instant;
use crate::table::{Vocabulary, Word};
use crate::values::{Item, Parts, optional};

pub(super) fn teach(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.kind::<Item>(
        "entry",
        "One thing in the workspace, in the version that was listed. What is unknown is `()`: compare with `== ()`, \
         and mind that no comparison with `()` but `!=` is true.",
    );
    vocabulary.kind::<Parts>("parts", "What a record is made of, or points to.");
    vocabulary.iterable::<Parts, Item>("parts", "entry");
    facts(vocabulary);
    properties(vocabulary);
    parts(vocabulary);
}

fn facts(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("entry.path -> string")
            .doc("The canonical path, which is unique.")
            .example("for run in scope.list(\"/runs/*\") { log(run.path); }"),
        |entry: &mut Item| ImmutableString::from(entry.entry().path.as_str()),
    );
    vocabulary.add(
        Word::new("entry.name -> string")
            .doc("The last segment of the path, as written there.")
            .example("for file in scope.list(\"/files/**\") { log(file.name); }"),
        |entry: &mut Item| {
            let path = entry.entry().path.as_str();
            ImmutableString::from(path.rsplit('/').next().unwrap_or(path))
        },
    );
    vocabulary.add(
        Word::new("entry.kind -> string")
            .doc("`run`, `model`, `blob`, `file`, …")
            .example(
                "let n = 0; for e in scope.list(\"/**\") { if e.kind == \"run\" { n += 1; } }",
            ),
        |entry: &mut Item| ImmutableString::from(entry.entry().kind.as_str()),
    );
    vocabulary.add(
        Word::new("entry.size -> size?")
            .doc("Bytes of content, where the service says.")
            .example("for e in scope.list(\"/blobs/**\") { if e.size > size(\"1 GiB\") { note(e.path); } }"),
        |entry: &mut Item| optional(entry.entry().size_bytes.map(|bytes| Dynamic::from(Size(bytes)))),
    );
    vocabulary.add(
        Word::new("entry.version -> string")
            .doc("What the entry was when it was listed. A step acts on this version only.")
            .example("log(scope.stat(\"/workspace\").version);"),
        |entry: &mut Item| ImmutableString::from(entry.entry().version.as_str()),
    );
    vocabulary.add(
        Word::new("entry.created -> instant?")
            .doc("When it was made, where the service says.")
            .example("for run in scope.list(\"/runs/*\") { log(`${run.path} ${run.created}`); }"),
        |entry: &mut Item| {
            optional(
                entry
                    .entry()
                    .created_ms
                    .map(|at| Dynamic::from(Instant(at))),
            )
        },
    );
    vocabulary.add(
        Word::new("entry.modified -> instant?")
            .doc("When it was last changed, where the service says.")
            .example(
                "let e = scope.stat(\"/workspace\"); if e.modified != () { log(e.modified); }",
            ),
        |entry: &mut Item| {
            optional(
                entry
                    .entry()
                    .modified_ms
                    .map(|at| Dynamic::from(Instant(at))),
            )
        },
    );
    vocabulary.add(
        Word::new("entry.age -> duration?")
            .doc("How long before the plan's instant it was last modified (where that is unknown: created).")
            .example("for run in scope.list(\"/runs/*\") { if run.age > days(30) { log(run.path); } }"),
        |entry: &mut Item| {
            let at = entry.entry().modified_ms.or(entry.entry().created_ms);
            let age = entry.within().run.now_ms.zip(at);
            optional(age.map(|(now, at)| Dynamic::from(Duration(now.saturating_sub(at)))))
        },
    );
    vocabulary.add(
        Word::new("entry.to_string() -> string")
            .doc("The path: an entry in a text is its path.")
            .example("for run in scope.list(\"/runs/*\") { log(`${run}`); }"),
        |entry: &mut Item| ImmutableString::from(entry.entry().path.as_str()),
    );
}

fn properties(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("entry.owner -> string?")
            .needs("read")
            .doc("Who made it.")
            .example(
                "for run in scope.list(\"/runs/*\") { if run.owner == () { note(run.path); } }",
            ),
        |entry: &mut Item| entry.property("owner"),
    );
    vocabulary.add(
        Word::new("entry.status -> string?")
            .needs("read")
            .doc("A run's or a job's status: `Completed`, `Failed`, `Canceled`, `Running`, …")
            .example("for run in scope.list(\"/runs/*\") { if run.status == \"Failed\" { note(run.path); } }"),
        |entry: &mut Item| entry.property("status"),
    );
    vocabulary.add(
        Word::new("entry.tier -> string?")
            .needs("read")
            .doc("A blob's access tier: `Hot`, `Cool`, `Archive`, …")
            .example(
                "for b in scope.list(\"/blobs/**\") { if b.tier == \"Archive\" { log(b.path); } }",
            ),
        |entry: &mut Item| entry.property("tier"),
    );
    vocabulary.add(
        Word::new("entry.content_type -> string?")
            .needs("read")
            .doc("What the service says that the content is.")
            .example("for b in scope.list(\"/blobs/**\") { if b.content_type == \"text/plain\" { log(b.path); } }"),
        |entry: &mut Item| entry.property("content-type"),
    );
    vocabulary.add(
        Word::new("entry.tag(name: string) -> string?")
            .needs("read")
            .doc("The value of a tag.")
            .example("for run in scope.list(\"/runs/*\") { if run.tag(\"keep\") != () { log(run.path); } }"),
        |entry: &mut Item, name: &str| optional(entry.entry().tag(name)),
    );
    vocabulary.add(
        Word::new("entry.property(name: string) -> string?")
            .needs("read")
            .doc("The first value of any property: `owner`, `status`, `tag:<name>`, …")
            .example(
                "for run in scope.list(\"/runs/*\") { log(`${run.property(\"experiment\")}`); }",
            ),
        |entry: &mut Item, name: &str| entry.property(name),
    );
}

fn parts(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("entry.parts() -> parts")
            .needs("list")
            .calls(&["entries.owned-parts"])
            .doc("What the service laid out under the record's own id. A step on the record reaches these.")
            .example("for part in scope.stat(\"/runs/x\").parts() { log(part.path); }"),
        |entry: &mut Item| Parts {
            record: entry.clone(),
            owned: true,
        },
    );
    vocabulary.add(
        Word::new("entry.references() -> parts")
            .needs("list")
            .calls(&["entries.referenced-parts"])
            .doc("What the record only points to. Each needs a step of its own.")
            .example("for part in scope.stat(\"/models/m/1\").references() { log(part.path); }"),
        |entry: &mut Item| Parts {
            record: entry.clone(),
            owned: false,
        },
    );
    vocabulary.add(
        Word::new("parts.count() -> int")
            .doc("How many there are; lists them all.")
            .example("if scope.stat(\"/runs/x\").parts().count() == 0 { note(\"nothing left\"); }"),
        |parts: &mut Parts| -> crate::values::Answer<i64> {
            let mut count = 0;
            for part in parts.clone() {
                part?;
                count += 1;
            }
            Ok(count)
        },
    );
}
