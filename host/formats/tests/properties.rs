//! What holds for any content and any findings.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::convert::Infallible;

use bytes::Bytes;
use proptest::prelude::*;
use remit_formats::{
    Decoder, Edit, Format, FormatError, Key, Operator, RawEdits, Validator, Validity,
    blank_credentials, redact_all, top_level_spans,
};
use serde_json::Value;

const FORMATS: [Format; 6] = [
    Format::Text,
    Format::Csv,
    Format::Utf16Le,
    Format::Utf16Be,
    Format::Json,
    Format::JsonLines,
];

fn redact(
    format: Format,
    raw: &[u8],
    edits: &[Edit],
    cuts: &[usize],
) -> Result<Vec<u8>, FormatError> {
    let edits = edits.iter().cloned().map(Ok::<_, Infallible>);
    let chunks = chunked(raw, cuts)
        .into_iter()
        .map(|part| Ok(Bytes::copy_from_slice(part)));
    redact_all(format, edits, &Key::new([3; 32]), chunks).map(|(out, _)| out)
}

/// Cuts `raw` at `cuts`, as far as they lie in it.
fn chunked<'a>(raw: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (raw.len() + 1)).collect();
    cuts.sort_unstable();
    let mut parts = Vec::new();
    let mut start = 0;
    for cut in cuts {
        parts.push(&raw[start..cut]);
        start = cut;
    }
    parts.push(&raw[start..]);
    parts
}

fn operator() -> impl Strategy<Value = Operator> {
    prop::sample::select(vec![
        Operator::Label,
        Operator::Mask,
        Operator::Pseudonym,
        Operator::Remove,
    ])
}

/// Any edits at all: gaps and lengths, mostly in order and mostly within.
fn any_edits() -> impl Strategy<Value = Vec<Edit>> {
    let one = (
        0..9u64,
        0..7u32,
        ".{0,4}",
        operator(),
        prop::bool::weighted(0.05),
    );
    prop::collection::vec(one, 0..6).prop_map(|parts| {
        let mut at = 0;
        let place = |(gap, length, rule, operator, back): (u64, u32, String, Operator, bool)| {
            let offset = if back { at / 2 } else { at + gap };
            at = offset + u64::from(length);
            Edit {
                offset,
                length,
                rule,
                operator,
            }
        };
        parts.into_iter().map(place).collect()
    })
}

fn any_content() -> impl Strategy<Value = Vec<u8>> {
    let alphabet = r#"[ab0\-7e.+"\\u{}\[\]:,\n\r nul]{0,40}"#;
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..48),
        alphabet.prop_map(String::into_bytes),
        "\\PC{0,24}".prop_map(String::into_bytes),
        "\\PC{0,24}".prop_map(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        json().prop_map(|value| value.to_string().into_bytes()),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Strings with needles in them and what JSON escapes.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-z ,:{}\"\\\\\n\u{e9}\u{20ac}\u{1f600}]{0,5}",
        1 => Just(NEEDLE.to_owned()),
    ];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

const NEEDLE: &str = "jo@example.com";

/// What a simple scanner reports: every place of `needle` in the decoded stream.
fn scan(format: Format, raw: &[u8], needle: &str, operators: &[Operator]) -> Vec<Edit> {
    let mut decoder = Decoder::new(format).unwrap();
    let mut decoded = Vec::new();
    decoder.push(raw, &mut decoded);
    decoder.finish(&mut decoded);
    let mut found = Vec::new();
    let mut at = 0;
    while at + needle.len() <= decoded.len() {
        if decoded[at..].starts_with(needle.as_bytes()) {
            found.push(Edit {
                offset: at as u64,
                length: needle.len() as u32,
                rule: "email".to_owned(),
                operator: operators[found.len() % operators.len()],
            });
            at += needle.len();
        } else {
            at += 1;
        }
    }
    raw_edits(format, raw, found).unwrap()
}

fn raw_edits(format: Format, raw: &[u8], edits: Vec<Edit>) -> Result<Vec<Edit>, FormatError> {
    let mut mapper = RawEdits::new(format, edits.into_iter().map(Ok::<_, Infallible>))?;
    let mut out = Vec::new();
    for part in raw.chunks(5) {
        mapper.push(part, &mut out)?;
    }
    mapper.finish(&mut out)?;
    Ok(out)
}

fn is_valid(format: Format, raw: &[u8]) -> bool {
    let mut validator = Validator::new(format).unwrap();
    validator.push(raw);
    validator.finish() == Validity::Valid
}

/// Text in which needles stand between other characters.
fn encode(format: Format, text: &str) -> Vec<u8> {
    match format {
        Format::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Format::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => text.as_bytes().to_vec(),
    }
}

/// Found by the property below, once in many runs: what is skipped must not lose count of a run.
#[test]
fn a_run_of_high_surrogates_is_cut_alike_in_any_chunks() {
    for highs in 1..8 {
        let raw = [[0xd8, 0].repeat(highs), [0; 6].to_vec()].concat();
        for offset in 0..raw.len() as u64 {
            let edits = [Edit {
                offset,
                length: 1,
                rule: "r".into(),
                operator: Operator::Label,
            }];
            let whole = redact(Format::Utf16Be, &raw, &edits, &[]);
            let bytes = redact(
                Format::Utf16Be,
                &raw,
                &edits,
                &(0..raw.len()).collect::<Vec<_>>(),
            );
            assert_eq!(whole.ok(), bytes.ok(), "{highs} in a row, cut at {offset}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_chunks_do_not_matter(
        raw in any_content(),
        edits in any_edits(),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        for format in FORMATS {
            let whole = redact(format, &raw, &edits, &[]);
            let parts = redact(format, &raw, &edits, &cuts);
            let bytes = redact(format, &raw, &edits, &(0..raw.len()).collect::<Vec<_>>());
            prop_assert_eq!(whole.as_ref().ok(), parts.as_ref().ok(), "{:?}", format);
            prop_assert_eq!(whole.as_ref().ok(), bytes.as_ref().ok(), "{:?}", format);
            if let Ok(out) = whole {
                prop_assert!(!is_valid(format, &raw) || is_valid(format, &out), "{:?}", format);
            }
            let mapped = raw_edits(format, &raw, edits.clone());
            if let Ok(mapped) = mapped {
                let ends = mapped.iter().map(|edit| edit.offset + u64::from(edit.length));
                prop_assert!(ends.max().unwrap_or(0) <= raw.len() as u64);
            }
        }
    }

    #[test]
    fn without_edits_nothing_changes(raw in any_content(), cuts in prop::collection::vec(any::<usize>(), 0..6)) {
        for format in FORMATS {
            prop_assert_eq!(&redact(format, &raw, &[], &cuts).unwrap(), &raw);
        }
    }

    /// The text between two edits is the same before and after, and found text is gone.
    #[test]
    fn found_text_goes_and_the_rest_stays(
        parts in prop::collection::vec("[a-z .é€😀]{0,9}", 1..6),
        operator in operator(),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        for format in [Format::Text, Format::Utf16Le, Format::Utf16Be] {
            let raw = encode(format, &parts.join(NEEDLE));
            let edits = scan(format, &raw, NEEDLE, &[operator]);
            prop_assert_eq!(edits.len(), parts.len() - 1);
            let replacement = match operator {
                Operator::Label => remit_formats::label("email"),
                Operator::Mask => "X".repeat(NEEDLE.len()),
                Operator::Pseudonym => remit_formats::pseudonym(&Key::new([3; 32]), "email", NEEDLE),
                Operator::Remove => String::new(),
            };
            let out = redact(format, &raw, &edits, &cuts).unwrap();
            prop_assert_eq!(&out, &encode(format, &parts.join(&replacement)));
            let again = scan(format, &out, NEEDLE, &[operator]);
            prop_assert_eq!(again, vec![]);
        }
    }

    /// Findings in strings are cut inside them; the document keeps its shape and its other values.
    #[test]
    fn json_stays_json(
        value in json(),
        pretty in any::<bool>(),
        operators in prop::collection::vec(operator(), 1..4),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let raw = match pretty {
            true => serde_json::to_string_pretty(&value).unwrap(),
            false => value.to_string(),
        };
        // The parser rounds some floats; both sides must have gone through it.
        let value: Value = serde_json::from_str(&raw).unwrap();
        let format = if pretty { Format::Json } else { Format::JsonLines };
        let edits = scan(format, raw.as_bytes(), NEEDLE, &operators);
        match redact(format, raw.as_bytes(), &edits, &cuts) {
            Ok(out) => {
                let after: Value = serde_json::from_slice(&out).unwrap();
                prop_assert!(same_shape(&value, &after), "{} {}", value, after);
                prop_assert_eq!(scan(format, &out, NEEDLE, &operators), vec![]);
            }
            Err(error) => prop_assert!(matches!(error, FormatError::EqualKeys { .. }), "{}", error),
        }
    }

    /// A line is cut as if it stood alone, whatever stands around it.
    #[test]
    fn lines_are_cut_one_by_one(
        lines in prop::collection::vec(prop_oneof![
            4 => json().prop_map(|value| value.to_string()),
            1 => Just(format!("{{\"{NEEDLE}\":1,\"REDACTED-email\":2}}")),
            1 => Just(format!("{{\"at\": \"{NEEDLE}")),
            1 => "[ {}:,a]{0,6}",
        ], 1..6),
        operators in prop::collection::vec(operator(), 1..2),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let cut = |text: &[u8], cuts: &[usize]| {
            let edits = scan(Format::JsonLines, text, NEEDLE, &operators);
            redact(Format::JsonLines, text, &edits, cuts)
        };
        let each: Result<Vec<_>, _> = lines.iter().map(|line| cut(line.as_bytes(), &[])).collect();
        let all = cut(lines.join("\n").as_bytes(), &cuts);
        prop_assert_eq!(all.ok(), each.ok().map(|lines| lines.join(&b'\n')));
    }

    /// Random places: refused, or still a document with every object's keys apart.
    #[test]
    fn json_is_never_broken(
        value in json(),
        edits in any_edits(),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        let raw = value.to_string();
        let Ok(out) = redact(Format::Json, raw.as_bytes(), &edits, &cuts) else {
            return Ok(());
        };
        let after: Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(count(&value), count(&after));
    }

    /// A blanked document has the length, the shape and the keys it had, and is blanked for good.
    #[test]
    fn blanking_keeps_offsets(
        value in json(),
        names in prop::collection::vec("password|secret|sasToken|body|u", 1..4),
        secret in "[a-z\"\\\\é]{1,8}",
    ) {
        let secret = format!("<{secret}>");
        let mut inner = serde_json::json!({"password": &secret, "n": [value.clone()]});
        for name in names {
            inner = match name.as_str() {
                "body" => serde_json::json!({"body": inner.to_string(), "v": &value}),
                "u" => serde_json::json!({"u": "https://a/?sv=1&sig=a%2Bb+c/d&x=1", "v": inner}),
                other => serde_json::json!({other: {"pin": 1234, "v": inner}}),
            };
        }
        let doc = inner.to_string();
        let blank = blank_credentials(doc.as_bytes()).unwrap();
        prop_assert_eq!(blank.len(), doc.len());
        let after: Value = serde_json::from_slice(&blank).unwrap();
        prop_assert_eq!(count(&inner), count(&after));
        prop_assert!(!after.to_string().contains("%2Bb"));
        let shown = String::from_utf8(blank.clone()).unwrap();
        prop_assert!(!shown.contains(&secret), "{}", shown);
        prop_assert_eq!(&blank_credentials(&blank).unwrap(), &blank);
        let places = |doc: &[u8]| {
            let spans = top_level_spans(doc).unwrap();
            spans.into_iter().map(|(_, span)| span).collect::<Vec<_>>()
        };
        prop_assert_eq!(places(doc.as_bytes()), places(&blank));
    }

    #[test]
    fn documents_never_panic(doc in any_content()) {
        let is_json = serde_json::from_slice::<Value>(&doc).is_ok();
        let blank = blank_credentials(&doc);
        prop_assert!(blank.is_ok() || !is_json);
        prop_assert!(top_level_spans(&doc).is_err() || blank.is_ok());
    }

    /// A number's pseudonym, a string's and an escaped string's are one.
    #[test]
    fn pseudonyms_are_stable(text in "[a-z@.é]{1,12}", other in "[a-z@.é]{1,12}") {
        let make = |raw: &str| {
            let edit = Edit {
                offset: 2,
                length: (raw.len() - 4) as u32,
                rule: "name".to_owned(),
                operator: Operator::Pseudonym,
            };
            redact(Format::Json, raw.as_bytes(), &[edit], &[3]).unwrap()
        };
        let plain = make(&format!("[\"{text}\"]"));
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        prop_assert_eq!(&make(&format!("[\"{escaped}\"]")), &plain);
        prop_assert_eq!(&make(&format!("[\"{}\"]", text.to_uppercase())), &plain);
        let differs = make(&format!("[\"{other}\"]")) != plain;
        prop_assert_eq!(differs, text != other);
    }
}

/// Values and members, which redaction neither adds nor takes away.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn same_shape(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(a, b)| same_shape(a, b))
        }
        // Sorted by key, so edited keys may move: those that were not are compared by name.
        (Value::Object(before), Value::Object(after)) => {
            let kept = before.iter().filter(|(key, _)| !key.contains(NEEDLE));
            before.len() == after.len()
                && kept.clone().all(|(key, value)| {
                    after.get(key).is_some_and(|after| same_shape(value, after))
                })
        }
        (Value::String(before), Value::String(after)) => before.contains(NEEDLE) || before == after,
        (before, after) => before == after,
    }
}
