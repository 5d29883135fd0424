//! Scanning, both ways: having the host scan, and being a scanner.

use rhai::{Array, Dynamic, ImmutableString};

use crate::failure::misuse;
use crate::table::{Vocabulary, Word};
use crate::values::{Answer, Finding, Item, Scan, Scanned, Selection, whole};

pub(super) fn teach(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.kind::<Scan>(
        "scan",
        "What a scanner finds in a selection, an entry at a time.",
    );
    vocabulary.kind::<Scanned>("scanned", "An entry that was scanned.");
    vocabulary.kind::<Finding>("finding", "Where something was found, and what.");
    vocabulary.iterable::<Scan, Scanned>("scan", "scanned");
    vocabulary.add(
        Word::new("selection.scan(scanner: string) -> scan")
            .needs("read")
            .calls(&["scans.start", "scan.next"])
            .doc(
                "Has the host run a scanner over the selection, on all cores; `\"self\"` is the script's own `scan`. \
                 What could not be decoded is a gap of the plan and does not come up here.",
            )
            .example("for s in scope.list(\"/files/**\").scan(\"personal-data\") { if s.total > 0 { log(s.entry.path); } }"),
        |selection: &mut Selection, scanner: &str| Scan {
            scanner: selection.within.scanner(scanner),
            selection: selection.clone(),
        },
    );
    vocabulary.add(
        Word::new("scanned.entry -> entry")
            .doc("The entry, in the version that was scanned.")
            .example(
                "for s in scope.list(\"/files/**\").scan(\"personal-data\") { log(s.entry.path); }",
            ),
        |scanned: &mut Scanned| -> Item { scanned.0.0.clone() },
    );
    vocabulary.add(
        Word::new("scanned.total -> int")
            .doc("How many findings there are.")
            .example("let n = 0; for s in scope.list(\"/files/**\").scan(\"personal-data\") { n += s.total; }"),
        |scanned: &mut Scanned| whole(scanned.0.1),
    );
    vocabulary.add(
        Word::new("scanned.findings -> array")
            .doc("The first thousand of them.")
            .example("for s in scope.list(\"/files/**\").scan(\"personal-data\") { for f in s.findings { log(f.rule); } }"),
        |scanned: &mut Scanned| -> Array {
            scanned.0.2.iter().cloned().map(Dynamic::from).collect()
        },
    );
    finding(vocabulary);
}

fn finding(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("finding(offset: int, length: int, rule: string) -> finding")
            .doc("A finding: the first byte in the text that `scan` was given, how many bytes, and a rule of the header.")
            .example("fn scan(text, entry) { if text.starts_with(\"Key: \") { [finding(5, 8, \"key\")] } else { [] } }"),
        |offset: i64, length: i64, rule: ImmutableString| -> Answer<Finding> {
            let place = u64::try_from(offset).ok().zip(u32::try_from(length).ok());
            match place {
                Some((offset, length)) if length > 0 => Ok(Finding {
                    offset,
                    length,
                    rule,
                }),
                _ => Err(misuse("a finding begins at 0 or later and is at least one byte long")),
            }
        },
    );
    vocabulary.add(
        Word::new("finding.offset -> int")
            .doc("The first byte.")
            .example("log(finding(5, 8, \"key\").offset);"),
        |finding: &mut Finding| whole(finding.offset),
    );
    vocabulary.add(
        Word::new("finding.length -> int")
            .doc("How many bytes.")
            .example("log(finding(5, 8, \"key\").length);"),
        |finding: &mut Finding| i64::from(finding.length),
    );
    vocabulary.add(
        Word::new("finding.rule -> string")
            .doc("The rule that it is a finding of.")
            .example("log(finding(5, 8, \"key\").rule);"),
        |finding: &mut Finding| finding.rule.clone(),
    );
}
