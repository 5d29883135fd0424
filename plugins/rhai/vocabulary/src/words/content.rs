//! What an entry holds.

use rhai::{Array, Dynamic, ImmutableString};

use crate::json;
use crate::table::{Vocabulary, Word};
use crate::values::{Answer, Item, Lines};

pub(super) fn teach(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.kind::<Lines>(
        "lines",
        "The lines of a content, read as a loop goes over them.",
    );
    vocabulary.iterable::<Lines, ImmutableString>("lines", "string");
    vocabulary.add(
        Word::new("entry.document() -> any")
            .needs("read")
            .calls(&["contents.open", "reader.read"])
            .doc("A record's JSON document, or a JSON file: maps, arrays, texts, numbers; null is `()`.")
            .example("log(scope.stat(\"/runs/x\").document().display_name);"),
        |entry: &mut Item| -> Answer<Dynamic> { Ok(json::value(&json::parse(&entry.text()?)?)) },
    );
    vocabulary.add(
        Word::new("entry.json(path: string) -> array")
            .needs("read")
            .calls(&["contents.open", "reader.read"])
            .doc("All that a JSON path (RFC 9535) finds in the document, without its function extensions.")
            .example("for key in scope.stat(\"/runs/x\").json(\"$.tags.*\") { log(key); }"),
        |entry: &mut Item, path: &str| -> Answer<Array> {
            json::find(&json::parse(&entry.text()?)?, path)
        },
    );
    vocabulary.add(
        Word::new("entry.text() -> string")
            .needs("read")
            .calls(&["contents.open", "reader.read"])
            .doc("All of a content of at most 16 MiB, as stored. A byte that is no UTF-8 reads as U+001A.")
            .example("if scope.stat(\"/files/code/notes.txt\").text().contains(\"secret\") { note(\"found\"); }"),
        |entry: &mut Item| entry.text(),
    );
    vocabulary.add(
        Word::new("entry.lines() -> lines")
            .needs("read")
            .calls(&["contents.open", "reader.read"])
            .doc("The lines of a content of any length. A line longer than 1 MiB comes in pieces.")
            .example("for line in scope.stat(\"/files/code/a.log\").lines() { if line.contains(\"ERROR\") { log(line); } }"),
        |entry: &mut Item| Lines(entry.clone()),
    );
}
