//! The twins of the probes: an exhaustive `match`, so that one that is forgotten does not compile.
//!
//! What a script cannot even say (a handle's number, an import) has no twin, and the list says why.

use super::*;

const TOO_LONG_RUNNING: Ends = Ends::Stopped("time", "the guest ran for more than 2 s");
const TOO_MUCH_MEMORY: Ends =
    Ends::Stopped("memory", "the guest asked for more than 64 MiB of memory");

pub(super) fn twins(probe: Probe) -> Twins {
    use Twins::{None, Of};
    match probe {
        Probe::Spin => Of(vec![
            twin("spin", "loop {}", TOO_LONG_RUNNING),
            twin(
                "spin-counting",
                "let n = 0; loop { n += 1; }",
                TOO_LONG_RUNNING,
            ),
            twin(
                "spin-caught",
                "loop { try { loop {} } catch {} }",
                TOO_LONG_RUNNING,
            ),
            twin(
                "spin-calling",
                "fn f() { 1 } loop { f(); }",
                TOO_LONG_RUNNING,
            ),
        ]),
        Probe::Allocate => Of(vec![
            // The engine's own limit ends one large value, and with a line; the sandbox the sum of many.
            twin(
                "double-a-text",
                r#"let s = "x"; for n in 0..28 { s += s; }"#,
                TOO_LONG,
            ),
            twin(
                "double-a-text-by-template",
                r#"let s = "x"; for n in 0..28 { s = `${s}${s}`; }"#,
                TOO_MUCH_MEMORY,
            ),
            twin(
                "pad-a-text",
                r#"let s = "x"; s.pad(1000000000, "y");"#,
                TOO_LONG,
            ),
            twin(
                "fill-an-array",
                "let a = []; loop { a.push(1); }",
                Ends::Told("script", "Size of array/BLOB too large"),
            ),
            twin(
                "double-an-array",
                "let a = [1]; for n in 0..28 { a += a; }",
                Ends::Told("script", "Size of array/BLOB too large"),
            ),
            twin(
                "pad-an-array",
                "let a = [1]; a.pad(1000000000, 1);",
                Ends::Told("script", "Size of array/BLOB too large"),
            ),
            twin(
                "fill-a-map",
                r#"let all = #{};
                   for a in 0..150 { let part = #{}; for b in 0..150 { part[`${a}-${b}`] = 1; } all += part; }"#,
                Ends::Told("script", "Size of object map too large"),
            ),
            twin(
                "fill-a-set",
                r#"let long = "x"; for n in 0..20 { long += long; }
                   let s = set(); let n = 0; loop { s.add(`${n}${long}`); n += 1; }"#,
                TOO_MUCH_MEMORY,
            ),
        ]),
        Probe::Recurse => Of(vec![
            twin(
                "recurse",
                "fn deeper(n) { deeper(n + 1) } deeper(1);",
                Ends::Told("script", "Stack overflow"),
            ),
            twin(
                "recurse-in-turn",
                "fn a(n) { b(n + 1) } fn b(n) { a(n + 1) } a(1);",
                Ends::Told("script", "Stack overflow"),
            ),
            twin(
                "recurse-by-pointer",
                r#"fn deeper(n) { Fn("deeper").call(n + 1) } deeper(1);"#,
                Ends::Told("script", "Stack overflow"),
            ),
            twin(
                "nest-brackets",
                "let a = {DEEP};",
                Ends::Told("script", "complex"),
            ),
        ]),
        Probe::FloodListings => Of(vec![twin(
            "flood-listings",
            r#"fn open(n) {
                   for a in scope.list("/**") { for b in scope.list("/**") { for c in scope.list("/**") { open(n + 1); } } }
               }
               open(1);"#,
            Ends::Told("limit", "at most 64 open listings"),
        )]),
        Probe::FloodHandles => Of(vec![twin(
            "flood-handles",
            r#"let kept = []; loop { kept.push(scope.narrow("/files/**", ["list"])); }"#,
            Ends::Stopped("handles", "the guest holds more than 1000 handles at once"),
        )]),
        Probe::FloodProposals => Of(vec![twin(
            "flood-proposals",
            r#"let e = first("/files/open/*"); loop { e.export("once more"); }"#,
            Ends::Told("limit", "at most 500 proposals"),
        )]),
        Probe::FloodNotes => Of(vec![twin(
            "flood-notes",
            r#"let long = "note "; for n in 0..14 { long += long; } for n in 0..2000 { note(`${n} ${long}`); }"#,
            Ends::Well,
        )]),
        Probe::FloodLog => Of(vec![twin(
            "flood-log",
            r#"let long = "log "; for n in 0..14 { long += long; }
               for n in 0..700 { log(`${n} ${long}`); print(long); debug(long); }"#,
            Ends::Well,
        )]),
        Probe::ForgeScope => Of(vec![twin(
            "forge-scope",
            r#"let scope = 4711; for e in scope.list("/**") {}"#,
            NO_SUCH_WORD,
        )]),
        Probe::ForgeListing => Of(vec![twin(
            "forge-listing",
            "for e in 4711 {}",
            Ends::Told("script", "iterable"),
        )]),
        Probe::MistakeListingForScope => Of(vec![twin(
            "mistake-listing-for-scope",
            r#"scope.list("/**").stat("/files/open/a.txt");"#,
            NO_SUCH_WORD,
        )]),
        Probe::DropTwice => None("a script gives nothing back: the interpreter does, once"),
        Probe::Panic => Of(vec![twin(
            "panic",
            r#"throw "the probe fell over on purpose";"#,
            Ends::Told("script", "thrown: the probe fell over on purpose"),
        )]),
        Probe::TrapMidway => Of(vec![twin(
            "throw-midway",
            r#"let e = first("/files/open/*"); e.export("one"); e.delete("two"); throw "after two proposals";"#,
            Ends::Told("script", "thrown: after two proposals"),
        )]),
        Probe::HostileWords => Of(vec![twin("hostile-words", HOSTILE_WORDS, Ends::Well)]),
        Probe::HostileFailure => Of(vec![
            twin(
                "hostile-failure",
                r#"let all = ""; for text in {HOSTILE} { all += text; } for n in 0..9 { all += all; } throw all;"#,
                Ends::Told("script", "thrown: "),
            ),
            twin(
                "hostile-word",
                "\u{1b}[2J\u{202e}",
                Ends::Told("script", REFUSED),
            ),
        ]),
        Probe::EscapePaths => Of(vec![
            twin("escape-paths", ESCAPE_PATHS, Ends::Well),
            // An entry is what was listed or looked up: its path is to be read.
            twin(
                "escape-by-an-entry",
                r#"let e = first("/files/open/*"); e.path = "/files/closed/c.txt"; e.delete("x");"#,
                Ends::Told("script", REFUSED),
            ),
        ]),
        Probe::OutsideScope => Of(vec![twin(
            "outside-scope",
            r#"let open = scope.narrow("/files/open/**", ["list", "delete"]);
               open.stat(first("/files/closed/*").path).delete("outside");"#,
            Ends::Told("out-of-scope", REFUSED),
        )]),
        Probe::AfterNarrowing => Of(vec![twin(
            "after-narrowing",
            r#"let open = scope.narrow("/files/open/**", ["list"]);
               for e in open.list("/files/open/*") {
                   if open.allows("delete", e.path) { throw "the scope says that it may delete"; }
                   e.delete("given up");
               }"#,
            Ends::Told("out-of-scope", REFUSED),
        )]),
        Probe::Widen => Of(vec![twin(
            "widen",
            r#"let other = first("/files/closed/*");
               let open = scope.narrow("/files/open/**", ["list"]);
               let widened = open.narrow("/**", ["list", "read", "delete"]);
               if widened.allows("list", other.path) || widened.list("/files/closed/**").count() > 0 {
                   throw "a narrowed scope was widened";
               }
               widened.stat(other.path).delete("widened");"#,
            Ends::Told("out-of-scope", REFUSED),
        )]),
        Probe::WithoutRight => Of(vec![twin(
            "without-right",
            r#"let e = first("/files/closed/*");
               if scope.allows("delete", e.path) { throw "the scope says that it may delete"; }
               e.delete("not granted");"#,
            Ends::Told("denied", REFUSED),
        )]),
        Probe::Held => Of(vec![twin(
            "held",
            r#"first("/files/held/*").delete("held");"#,
            Ends::Told("denied", REFUSED),
        )]),
        Probe::HeldPart => Of(vec![twin(
            "held-part",
            r#"scope.stat("/runs/part-held").delete("a part is held");"#,
            Ends::Told("denied", REFUSED),
        )]),
        Probe::OverCeiling => Of(vec![twin(
            "over-ceiling",
            r#"for e in scope.list("/files/open/**") { e.delete("all of them"); } throw "more than the ceiling";"#,
            Ends::Told("over-ceiling", REFUSED),
        )]),
        Probe::AnotherVersion => Of(vec![twin(
            "another-version",
            r#"let e = first("/files/open/*"); e.version = e.version + "0"; e.delete("another version");"#,
            Ends::Told("script", REFUSED),
        )]),
        Probe::AnothersEntry => Of(vec![twin(
            "anothers-entry",
            r#"let one = first("/files/open/*"); for e in scope.list("/files/open/*") { e.path = one.path; e.delete("mixed"); }"#,
            Ends::Told("script", REFUSED),
        )]),
        Probe::UnseenEntry => Of(vec![
            twin(
                "unseen-entry",
                r#"scope.stat("/files/open/invented.txt").delete("not there");"#,
                Ends::Told("not-found", REFUSED),
            ),
            twin(
                "invented-entry",
                r#"#{path: "/files/open/a.txt", kind: "file", version: "invented"}.delete("invented");"#,
                NO_SUCH_WORD,
            ),
        ]),
        Probe::Reserved => Of(vec![twin("reserved", RESERVED, Ends::Well)]),
        Probe::PurgeWithoutWord => Of(vec![twin(
            "purge-without-word",
            r#"first("/files/open/*").delete(#{because: "for good", purge: true});"#,
            Ends::Told("denied", REFUSED),
        )]),
        Probe::ForeignScanner => Of(vec![twin(
            "foreign-scanner",
            r#"for s in scope.list("/files/open/*").scan("personal-data") { throw "a scanner that was not named"; }"#,
            Ends::Told("invalid", REFUSED),
        )]),
        Probe::ScanSpin => Of(vec![scanner(
            "scan-spin",
            "fn scan(text, entry) { loop {} }",
            Ends::Gap("the guest ran for more than 2 s"),
        )]),
        Probe::ScanAllocate => Of(vec![scanner(
            "scan-allocate",
            r#"fn scan(text, entry) {
                   let long = "x"; for n in 0..20 { long += long; }
                   let s = set(); let n = 0; loop { s.add(`${n}${long}`); n += 1; }
               }"#,
            Ends::Gap("the guest asked for more than 64 MiB of memory"),
        )]),
        Probe::ScanPanic => Of(vec![scanner(
            "scan-panic",
            r#"fn scan(text, entry) { throw "the probe fell over on purpose"; }"#,
            Ends::Gap("thrown: the probe fell over on purpose"),
        )]),
        Probe::ScanTrapMidway => Of(vec![scanner(
            "scan-throw-midway",
            r#"fn scan(text, entry) { if text.contains("the last line") { throw "after one finding"; } [finding(0, 1, "declared")] }"#,
            Ends::Gap("thrown: after one finding"),
        )]),
        Probe::ScanBeyondEnd => Of(vec![scanner(
            "scan-beyond-end",
            r#"fn scan(text, entry) { [finding(text.len - 1, 2, "declared")] }"#,
            Ends::Gap("outside of the text"),
        )]),
        Probe::ScanOverflow => Of(vec![
            scanner(
                "scan-overflow",
                r#"fn scan(text, entry) { [finding(9223372036854775807, 4294967295, "declared")] }"#,
                Ends::Gap("outside of the text"),
            ),
            scanner(
                "scan-below-nothing",
                r#"fn scan(text, entry) { [finding(-1, 1, "declared")] }"#,
                Ends::Gap("a finding begins at 0"),
            ),
        ]),
        Probe::ScanUndeclaredRule => Of(vec![scanner(
            "scan-undeclared-rule",
            r#"fn scan(text, entry) { [finding(0, 1, "undeclared")] }"#,
            Ends::Gap("is not declared"),
        )]),
        Probe::ScanHostileRule => Of(vec![scanner(
            "scan-hostile-rule",
            r#"fn scan(text, entry) { [finding(0, 1, {HOSTILE}[0])] }"#,
            Ends::Gap("is not declared"),
        )]),
        // The interpreter brings them into order and makes one of what overlaps.
        Probe::ScanOutOfOrder => Of(vec![scanner(
            "scan-out-of-order",
            r#"fn scan(text, entry) { [finding(2, 1, "declared"), finding(0, 1, "declared")] }"#,
            Ends::Well,
        )]),
        Probe::ScanOverlap => Of(vec![scanner(
            "scan-overlap",
            r#"fn scan(text, entry) { [finding(0, 2, "declared"), finding(1, 2, "declared")] }"#,
            Ends::Well,
        )]),
        Probe::ScanEmptyFinding => Of(vec![scanner(
            "scan-empty-finding",
            r#"fn scan(text, entry) { [finding(0, 0, "declared")] }"#,
            Ends::Gap("at least one byte"),
        )]),
        Probe::ScanFloodFindings => Of(vec![scanner(
            "scan-flood-findings",
            r#"fn scan(text, entry) { let all = []; for n in 0..text.len { all.push(finding(n, 1, "declared")); } all }"#,
            Ends::Gap("at most 100 findings"),
        )]),
        Probe::ScanCarryOver => Of(vec![
            scanner(
                "scan-carry-over",
                r#"fn scan(text, entry) {
                       if is_def_var("before") { throw "what was left is still there"; }
                       let before = entry.path;
                   }"#,
                Ends::Well,
            ),
            scanner(
                "scan-carry-over-by-this",
                "let before = []; fn scan(text, entry) { before.push(entry.path); [] }",
                Ends::Gap("Undefined variable: before"),
            ),
        ]),
        Probe::ScanForgeFindings => Of(vec![
            scanner(
                "scan-forge-findings",
                r#"fn scan(text, entry) { [#{offset: 0, length: 1, rule: "declared"}] }"#,
                Ends::Gap("returns an array of findings"),
            ),
            scanner(
                "scan-forge-array",
                "fn scan(text, entry) { 4711 }",
                Ends::Gap("returns an array of findings"),
            ),
        ]),
        Probe::ScanHostileFailure => Of(vec![scanner(
            "scan-hostile-failure",
            r#"fn scan(text, entry) { let all = ""; for text in {HOSTILE} { all += text; } throw all; }"#,
            Ends::Gap("thrown: "),
        )]),
        Probe::ConvertSpin
        | Probe::ConvertAllocate
        | Probe::ConvertPanic
        | Probe::ConvertTrapMidway
        | Probe::ConvertFloodOutput
        | Probe::ConvertCarryOver
        | Probe::ConvertForgeSink
        | Probe::ConvertHostileFailure => {
            None("a script is a workflow or a scanner, never a converter")
        }
        // What a system would offer.
        Probe::ImportWasi => Of(vec![
            twin("sleep", "sleep(1);", NO_SUCH_WORD),
            twin("sleep-by-pointer", r#"Fn("sleep").call(1);"#, NO_SUCH_WORD),
            twin("open-a-file", r#"open_file("/etc/passwd");"#, NO_SUCH_WORD),
            twin("read-the-environment", r#"env("HOME");"#, NO_SUCH_WORD),
            twin("look-at-a-clock", "timestamp();", NO_SUCH_WORD),
            twin("throw-dice", "rand();", NO_SUCH_WORD),
        ]),
        Probe::ImportUnknown => Of(vec![
            twin(
                "import",
                r#"import "fs" as fs;"#,
                Ends::Told("script", REFUSED),
            ),
            twin("eval", r#"eval("1");"#, Ends::Told("script", REFUSED)),
            twin(
                "eval-by-pointer",
                r#"let f = Fn("ev" + "al"); f.call("1");"#,
                Ends::Told("script", REFUSED),
            ),
        ]),
        Probe::ImportNewer => Of(vec![Twin {
            header: "//! A twin.\n//!\n//! manifest = 2\n",
            ..twin(
                "a-newer-header",
                "",
                Ends::Refused("this program reads manifest 1, not 2"),
            )
        }]),
        Probe::ImportFunction => Of(vec![
            twin(
                "a-word-that-is-none",
                r#"scope.obliterate("/**");"#,
                NO_SUCH_WORD,
            ),
            twin(
                "a-fact-that-is-none",
                r#"first("/files/open/*").secret;"#,
                Ends::Told("script", REFUSED),
            ),
        ]),
        Probe::ImportNotAsked => Of(vec![
            Twin {
                header: "//! A twin.\n//!\n//! [asks]\n//! list = \"/**\"\n",
                ..twin(
                    "not-asked",
                    r#"first("/files/open/*").delete("not asked");"#,
                    Ends::Told("denied", REFUSED),
                )
            },
            Twin {
                header: "",
                ..twin(
                    "no-header",
                    r#"first("/files/open/*").delete("not asked");"#,
                    Ends::Told("denied", REFUSED),
                )
            },
        ]),
        Probe::ImportNotGranted => Of(vec![Twin {
            header: "//! A twin.\n//!\n//! [asks]\n//! archive = \"/**\"\n",
            ..twin("not-granted", "", Ends::Refused("not granted: "))
        }]),
        Probe::ImportNotOffered => Of(vec![
            scanner(
                "scan-with-a-scope",
                r#"fn scan(text, entry) { for e in scope.list("/**") {} }"#,
                Ends::Gap("scope"),
            ),
            scanner(
                "scan-and-delete",
                r#"fn scan(text, entry) { entry.delete("a scanner's wish"); [] }"#,
                Ends::Gap("reaches nothing else"),
            ),
            scanner(
                "scan-and-read-another",
                "fn scan(text, entry) { for part in entry.parts() { part.text(); } [] }",
                Ends::Gap("reaches nothing else"),
            ),
        ]),
        Probe::ManyMemories => Of(vec![twin(
            "many-values",
            r#"fn hold(n, s) { let mine = s + "x"; hold(n + 1, mine) + mine }
               let s = "x"; for n in 0..23 { s += s; } hold(1, s);"#,
            TOO_MUCH_MEMORY,
        )]),
        Probe::LargeTable => {
            None("the interpreter's tables are what they are: nothing that a script says grows one")
        }
        Probe::KeepBorrow => Of(vec![twin(
            "keep-the-scope",
            r#"let kept = [scope, scope.list("/**"), first("/files/open/*")]; let again = kept + kept;"#,
            Ends::Well,
        )]),
    }
}

const HOSTILE_WORDS: &str = r#"
    let entry = first("/files/open/*");
    let all = "";
    for text in {HOSTILE} {
        all += text;
        note(text);
        log(text);
        entry.delete(text);
        entry.export(#{because: text});
        let operators = #{};
        operators[text] = text;
        // As a pattern, a kind, a property, a right, a path, an option: refused or empty, never believed.
        try { scope.list(text).count(); } catch {}
        try { scope.list("/**").kind(text).count(); } catch {}
        try { scope.list("/**").property(text, text).count(); } catch {}
        try { scope.list("/**").scan(text).count(); } catch {}
        try { scope.narrow(text, [text]); } catch {}
        try { scope.stat(text); } catch {}
        try { scope.allows(text, text); } catch {}
        try { entry.redact(#{scanner: text, because: text, operators: operators}); } catch {}
        try { entry.redact(#{scanner: "probe-scanner", operators: operators}); } catch {}
        try { entry.export(#{through: text, because: text}); } catch {}
        try { entry.export(#{redacted_by: text, sparing: text}); } catch {}
        try { entry.archive(text); } catch {}
        try { entry.json(text); } catch {}
        try { param(text); } catch {}
        try { regex(text); } catch {}
        try { parse_json(text); } catch {}
    }
    for n in 0..12 { all += all; }
    note(all);
"#;

const ESCAPE_PATHS: &str = r#"
    let open = scope.narrow("/files/open/**", ["list", "read", "export", "redact", "delete", "archive"]);
    let long = "a/";
    for n in 0..17 { long += long; }
    let paths = {PATHS};
    paths.push("/files/open/" + long);
    for path in paths {
        let seen = [];
        try { seen.push(open.stat(path)); } catch {}
        try { open.stat(path).delete("escaped"); seen.push("deleted"); } catch {}
        try { if open.exists(path) { seen.push("exists"); } } catch {}
        if seen.len > 0 { throw `${seen} by ${path.sub_string(0, 60)}`; }
        try { for e in open.list(path) { seen.push(e.path); } } catch {}
        try { for e in open.narrow(path, ["list", "delete"]).list("/**") { seen.push(e.path); } } catch {}
        for found in seen { if !found.starts_with("/files/open/") { throw `${found} by ${path}`; } }
    }
"#;

const RESERVED: &str = r#"
    for place in ["/files/.remit/**", "/blobs/remit/**"] {
        if scope.list(place).count() > 0 { throw "the policy's folder is listed"; }
    }
    for path in ["/files/.remit/policy.toml", "/blobs/remit/policy.toml"] {
        let reached = false;
        try { scope.stat(path).text(); reached = true; } catch {}
        try { scope.stat(path).delete("the policy"); reached = true; } catch {}
        try { scope.stat(path).redact("probe-scanner", "the policy"); reached = true; } catch {}
        try { scope.stat(path).export("the policy"); reached = true; } catch {}
        if reached { throw "the policy is reached"; }
    }
"#;
