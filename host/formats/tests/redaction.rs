//! What comes of given content and findings, as tables.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::convert::Infallible;

use bytes::Bytes;
use remit_formats::Operator::{Label, Mask, Pseudonym, Remove};
use remit_formats::{
    Edit, Format, FormatError, Key, MAX_DEPTH, MAX_SCALAR, Operator, Redaction, Validator,
    Validity, pseudonym, redact_all,
};

const KEY: [u8; 32] = [7; 32];

fn edit(offset: usize, length: usize, operator: Operator) -> Edit {
    Edit {
        offset: offset as u64,
        length: length as u32,
        rule: "email".to_owned(),
        operator,
    }
}

fn redact(
    format: Format,
    raw: &[u8],
    edits: &[Edit],
    chunk: usize,
) -> Result<Vec<u8>, FormatError> {
    let edits = edits.iter().cloned().map(Ok::<_, Infallible>);
    let n = edits.len() as u64;
    let chunks = raw
        .chunks(chunk)
        .map(|part| Ok(Bytes::copy_from_slice(part)));
    let (out, done) = redact_all(format, edits, &Key::new(KEY), chunks)?;
    assert_eq!(done, n);
    Ok(out)
}

/// Cuts every place between `«` and `»` and expects `expect`, however the bytes arrive.
fn check(format: Format, marked: &str, operator: Operator, expect: &str) {
    let (raw, edits) = unmark(marked, operator);
    for chunk in [1, 2, 3, 7, raw.len().max(1)] {
        let out = redact(format, raw.as_bytes(), &edits, chunk);
        let out = out.unwrap_or_else(|error| panic!("{marked}: {error}"));
        assert_eq!(
            String::from_utf8_lossy(&out),
            expect,
            "{marked} in chunks of {chunk}"
        );
    }
}

fn check_error(format: Format, marked: &str, operator: Operator, expect: &str) {
    let (raw, edits) = unmark(marked, operator);
    for chunk in [1, 3, raw.len()] {
        let error = redact(format, raw.as_bytes(), &edits, chunk).unwrap_err();
        assert_eq!(
            format!("{error:?}"),
            expect,
            "{marked} in chunks of {chunk}"
        );
    }
}

fn unmark(marked: &str, operator: Operator) -> (String, Vec<Edit>) {
    let mut raw = String::new();
    let mut edits = Vec::new();
    let mut start = 0;
    for character in marked.chars() {
        match character {
            '«' => start = raw.len(),
            '»' => edits.push(edit(start, raw.len() - start, operator)),
            other => raw.push(other),
        }
    }
    (raw, edits)
}

#[test]
fn text_is_cut_at_characters() {
    let text = Format::Text;
    check(
        text,
        "to «jo@example.com», ok",
        Label,
        "to REDACTED-email, ok",
    );
    check(text, "to «jo@é.com»\n", Mask, "to XXXXXXXX\n");
    check(text, "«a\r\nb»", Mask, "X\r\nX");
    check(text, "«jo»«ann»", Remove, "");
    check(text, "«jo»«ann»", Label, "REDACTED-emailREDACTED-email");
    check(text, "no finding", Label, "no finding");
    check(text, "", Label, "");
}

#[test]
fn an_edit_inside_a_character_takes_all_of_it() {
    let raw = "aé€b".as_bytes();
    for chunk in 1..=raw.len() {
        let cut = |edits: &[Edit]| redact(Format::Text, raw, edits, chunk).unwrap();
        assert_eq!(cut(&[edit(2, 1, Mask)]), "aX€b".as_bytes());
        assert_eq!(cut(&[edit(2, 2, Mask)]), "aXXb".as_bytes());
        assert_eq!(
            cut(&[edit(3, 1, Label), edit(4, 1, Label)]),
            "aéREDACTED-emailb".as_bytes()
        );
        assert_eq!(
            cut(&[edit(3, 1, Mask), edit(4, 2, Mask)]),
            "aéXb".as_bytes()
        );
        assert_eq!(
            cut(&[edit(3, 1, Mask), edit(4, 3, Mask)]),
            "aéXX".as_bytes()
        );
    }
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    let raw = b"\xffjo\xfe\xe2\x82 jo \xe2";
    let edits = [edit(1, 2, Remove), edit(7, 2, Mask)];
    for chunk in 1..=raw.len() {
        let out = redact(Format::Text, raw, &edits, chunk).unwrap();
        assert_eq!(out, b"\xff\xfe\xe2\x82 XX \xe2");
    }
}

#[test]
fn pseudonyms_are_the_same_in_every_format() {
    let name = pseudonym(&Key::new(KEY), "email", "zoë@example.com");
    let quoted = |text: &str| text.replace("NAME", &name);
    check(
        Format::Text,
        "<«Zoë@example.com»>",
        Pseudonym,
        &quoted("<NAME>"),
    );
    check(
        Format::Text,
        "?q=«zo%C3%AB%40example.com»",
        Pseudonym,
        &quoted("?q=NAME"),
    );
    check(
        Format::Json,
        r#"["«zo\u00EB\u0040example.com»"]"#,
        Pseudonym,
        &quoted(r#"["NAME"]"#),
    );
    check(
        Format::JsonLines,
        "\n[\"«zoë@EXAMPLE.com»\"]\n",
        Pseudonym,
        &quoted("\n[\"NAME\"]\n"),
    );
    let number = pseudonym(&Key::new(KEY), "email", "5550100");
    check(
        Format::Json,
        "[-«5550100»]",
        Pseudonym,
        &format!("[\"{number}\"]"),
    );
    check(
        Format::Csv,
        "1,«5550100»\n",
        Pseudonym,
        &format!("1,{number}\n"),
    );
}

#[test]
fn utf16_stays_utf16() {
    let le = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let be = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    let text = "\u{feff}a😀b\r\nc";
    for chunk in 1..16 {
        // The edit covers the second half of the smiley, and b.
        let edits = [edit(6, 4, Mask)];
        let out = redact(Format::Utf16Le, &le(text), &edits, chunk).unwrap();
        assert_eq!(out, le("\u{feff}aXX\r\nc"));
        let out = redact(Format::Utf16Be, &be(text), &[edit(8, 2, Label)], chunk).unwrap();
        assert_eq!(out, be("\u{feff}a😀REDACTED-email\r\nc"));
        let out = redact(Format::Utf16Le, &le("jo"), &[edit(0, 3, Pseudonym)], chunk).unwrap();
        assert_eq!(out, le(&pseudonym(&Key::new(KEY), "email", "jo")));
    }
}

#[test]
fn json_keeps_everything_else() {
    let json = Format::Json;
    check(
        json,
        "{\"b\" : 1.50e+3,\t\"a\":\"x «jo» y\" , \"a\": -0 }\r\n",
        Label,
        "{\"b\" : 1.50e+3,\t\"a\":\"x REDACTED-email y\" , \"a\": -0 }\r\n",
    );
    check(json, "\u{feff}[\"«jo»\"]", Mask, "\u{feff}[\"XX\"]");
    check(json, r#"{"«jo»":1}"#, Remove, r#"{"":1}"#);
    check(
        json,
        "{\"a\":\"«jo»\"}\n{\"a\":\"«al»\"}\n",
        Mask,
        "{\"a\":\"XX\"}\n{\"a\":\"XX\"}\n",
    );
}

#[test]
fn json_tokens_are_replaced_whole() {
    let json = Format::Json;
    check(
        json,
        "[1,-4«111»1e2 ,3]",
        Label,
        "[1,\"REDACTED-email\" ,3]",
    );
    check(json, "[«4111»]", Mask, "[\"XXXX\"]");
    check(json, "{\"a\":«tru»e}", Remove, "{\"a\":null}");
    check(json, "«42»", Label, "\"REDACTED-email\"");
    check(json, "[«4»1«11»]", Mask, "[\"XXXX\"]");
    check(Format::JsonLines, "[«4»]\n7\n", Remove, "[null]\n7\n");
}

#[test]
fn json_escapes_are_cut_whole() {
    let raw = r#"["a\u00e9\ud83d\ude00\n\"b"]"#;
    let cut = |offset, length| {
        let results: Vec<_> = (1..raw.len())
            .map(|chunk| {
                redact(
                    Format::Json,
                    raw.as_bytes(),
                    &[edit(offset, length, Mask)],
                    chunk,
                )
            })
            .map(|out| String::from_utf8(out.unwrap()).unwrap())
            .collect();
        assert!(results.iter().all(|out| *out == results[0]));
        results[0].clone()
    };
    assert_eq!(cut(4, 1), r#"["aX\ud83d\ude00\n\"b"]"#);
    assert_eq!(cut(9, 1), r#"["a\u00e9X\n\"b"]"#);
    assert_eq!(cut(18, 4), r#"["a\u00e9XX\"b"]"#);
    assert_eq!(cut(24, 1), r#"["a\u00e9\ud83d\ude00\nXb"]"#);
}

#[test]
fn json_structure_is_never_cut() {
    let json = Format::Json;
    let at = |offset: u64| format!("CrossesStructure {{ offset: {offset} }}");
    check_error(json, r#"["«a","b»"]"#, Label, &at(3));
    check_error(json, r#"[«"a"»]"#, Label, &at(1));
    check_error(json, "[«1,2»]", Label, &at(2));
    check_error(json, "[1«, »2]", Label, &at(2));
    check_error(json, "[1«]»", Label, &at(2));
    check_error(json, r#"{"a"«:»1}"#, Label, &at(4));
    check_error(Format::JsonLines, "\"a\"«\n»\"b\"", Label, &at(3));
    check_error(Format::Csv, "1,«\"a»b\"\n", Label, &at(2));
}

#[test]
fn keys_do_not_become_equal() {
    let json = Format::Json;
    let at = |offset: u64| format!("EqualKeys {{ offset: {offset} }}");
    check_error(json, r#"{"«jo»":1,"«al»":2}"#, Label, &at(14));
    check_error(
        json,
        r#"{"«jo»":1,"x":{"REDACTED-email":1},"REDACTED-email":2}"#,
        Label,
        &at(51),
    );
    check_error(json, r#"{"REDACTED-email":2,"«jo»":1}"#, Label, &at(26));
    check_error(
        Format::JsonLines,
        "{\"a\":1}\n{\"«jo»\":1,\"REDACTED-email\":2}\n{}\n",
        Label,
        &at(34),
    );
    check_error(
        Format::JsonLines,
        "{\"«jo»\":[\"«al»\"],\"REDACTED-email\":2}\n",
        Label,
        &at(31),
    );
    check_error(
        json,
        r#"{"REDACTED\u002demail":2,"«jo»":1}"#,
        Label,
        &at(31),
    );
    check_error(json, "\n{\"«jo»\":1,\"\":2}\n", Remove, &at(13));
    check(
        json,
        r#"[{"«jo»":1},{"«al»":2}]"#,
        Mask,
        r#"[{"XX":1},{"XX":2}]"#,
    );
    check(
        json,
        r#"{"a":{"«jo»":1},"«al»":2}"#,
        Mask,
        r#"{"a":{"XX":1},"XX":2}"#,
    );
    // Equal before is no news, and neither are equal keys elsewhere.
    check(json, r#"{"«jo»":1,"«jo»":2}"#, Mask, r#"{"XX":1,"XX":2}"#);
    check(
        json,
        r#"{"a":1,"a":2,"«jo»":2}"#,
        Mask,
        r#"{"a":1,"a":2,"XX":2}"#,
    );
    check(
        Format::JsonLines,
        "{\"«jo»\":1}\n{\"«al»\":1}",
        Mask,
        "{\"XX\":1}\n{\"XX\":1}",
    );
}

#[test]
fn csv_rows_keep_their_fields() {
    let csv = Format::Csv;
    check(
        csv,
        "a,b\n\"Doe, «Jo»\",«2»\n",
        Label,
        "a,b\n\"Doe, REDACTED-email\",REDACTED-email\n",
    );
    check(csv, "a,b\n«jo»,2", Remove, "a,b\n,2");
    check(
        csv,
        "a,b\r\n\"«Doe, Jo»\",2\r\n",
        Mask,
        "a,b\r\n\"XXXXXXX\",2\r\n",
    );
    let at = |offset: u64| format!("WouldBreak {{ syntax: \"CSV\", offset: {offset} }}");
    check_error(csv, "a,b\n«1,2»\n", Label, &at(4));
    check_error(csv, "a,b\n1,«2\n3»,4\n5,6\n", Remove, &at(4));
    check_error(csv, "a\n«jo»\nb\n", Remove, &at(5));
    check_error(csv, "a,b\n«jo,1»", Remove, &at(4));
}

#[test]
fn text_that_is_json_stays_json() {
    check(
        Format::Text,
        "{\"a\": \"«jo»\", \"b\": 5}",
        Label,
        "{\"a\": \"REDACTED-email\", \"b\": 5}",
    );
    let refused = "WouldBreak { syntax: \"JSON\", offset: 19 }";
    check_error(Format::Text, "{\"a\":«5550100»}\n", Label, refused);
    check(
        Format::Text,
        "{\"a\":«5550100»\n",
        Label,
        "{\"a\":REDACTED-email\n",
    );
    check(Format::Text, "«5550100»\n", Label, "REDACTED-email\n");
}

#[test]
fn what_was_not_json_may_be_redacted_too() {
    check(
        Format::Json,
        "{'a': «jo@example.com», b",
        Label,
        "{'a': \"REDACTED-email\", b",
    );
    check(
        Format::JsonLines,
        "{\"a\": \"«jo»\n{\"«b»\":1}\n",
        Mask,
        "{\"a\": \"XX\n{\"X\":1}\n",
    );
    check(
        Format::Json,
        "\"\\x«jo»\\u12\" \"«al»",
        Mask,
        "\"\\xXX\\u12\" \"XX",
    );
}

#[test]
fn edits_must_be_in_order_and_within() {
    let fails = |edits: &[Edit]| {
        let error = redact(Format::Text, b"0123456789", edits, 4).unwrap_err();
        format!("{error:?}")
    };
    assert_eq!(
        fails(&[edit(5, 1, Label), edit(2, 1, Label)]),
        "OutOfOrder { offset: 2 }"
    );
    assert_eq!(
        fails(&[edit(5, 2, Label), edit(6, 1, Label)]),
        "Overlap { offset: 6 }"
    );
    assert_eq!(fails(&[edit(5, 0, Label)]), "EmptyEdit { offset: 5 }");
    assert_eq!(fails(&[edit(8, 3, Label)]), "BeyondEnd { offset: 8 }");
    assert_eq!(fails(&[edit(10, 1, Label)]), "BeyondEnd { offset: 10 }");
    assert_eq!(
        fails(&[edit(usize::MAX, 9, Label)]),
        format!("BeyondEnd {{ offset: {} }}", u64::MAX)
    );
}

#[test]
fn a_source_of_edits_that_fails_is_an_error() {
    let edits = [Ok(edit(0, 1, Label)), Err("the file is gone")].into_iter();
    let error = redact_all(
        Format::Text,
        edits,
        &Key::new(KEY),
        [Ok(Bytes::from("abc"))],
    );
    assert!(matches!(error, Err(FormatError::Edits(_))));
}

#[test]
fn after_an_error_nothing_more_comes() {
    let edits = [Ok::<_, Infallible>(edit(0, 1, Label))].into_iter();
    let mut redaction = Redaction::new(Format::Json, edits, &Key::new(KEY)).unwrap();
    assert!(redaction.push(b"[]").is_err());
    assert!(matches!(redaction.push(b"[]"), Err(FormatError::Stopped)));
    assert!(matches!(redaction.finish(), Err(FormatError::Stopped)));
}

#[test]
fn binary_has_no_decoder() {
    let result = redact(Format::Binary, b"x", &[], 1);
    assert!(matches!(result, Err(FormatError::Undecodable)));
}

#[test]
fn depth_and_tokens_are_bounded() {
    let deep = "[".repeat(MAX_DEPTH + 1) + "\"«jo»\"" + &"]".repeat(MAX_DEPTH + 1);
    let refused = format!("TooDeep {{ offset: {MAX_DEPTH} }}");
    check_error(Format::Json, &deep, Mask, &refused);
    check_error(Format::JsonLines, &format!("{deep}\n"), Mask, &refused);

    let long = "7".repeat(MAX_SCALAR + 9);
    check(
        Format::Json,
        &format!("[{long},«7»]"),
        Mask,
        &format!("[{long},\"X\"]"),
    );
    let refused = |offset: usize| format!("TokenTooLong {{ offset: {offset} }}");
    check_error(Format::Json, &format!("[«7»{long}]"), Mask, &refused(1));
    check_error(
        Format::Json,
        &format!("[{long}«7»,1]"),
        Mask,
        &refused(long.len() + 1),
    );
    check_error(
        Format::Json,
        &format!("{long}«7»"),
        Mask,
        &refused(long.len()),
    );
}

#[test]
fn validators_say_where() {
    let check = |format, text: &[u8], expect: Option<u64>| {
        for chunk in [1, 2, text.len().max(1)] {
            let mut validator = Validator::new(format).unwrap();
            text.chunks(chunk).for_each(|part| validator.push(part));
            let expect = expect.map_or(Validity::Valid, |offset| Validity::Invalid { offset });
            assert_eq!(validator.finish(), expect, "{format:?} {text:?}");
        }
    };
    check(Format::Text, "aé€😀".as_bytes(), None);
    check(Format::Text, b"a\xc3", Some(1));
    check(Format::Text, b"ab\xe2\x82x", Some(2));
    check(Format::Csv, b"a,b\n1\n", None);
    check(Format::Json, b"{\"a\":1}\n{}", None);
    check(Format::Json, b"{\"a\":1,}", Some(7));
    check(Format::Json, b" ", Some(1));
    check(Format::Json, b"[\"\xff\"]", Some(2));
    check(Format::JsonLines, b"{}\n\n[]\n", None);
    check(Format::JsonLines, b"{}\n{\n}", Some(3));
    check(Format::JsonLines, b"{}\n1 2", Some(3));
    check(Format::Utf16Le, b"a\0b\0", None);
    check(Format::Utf16Le, b"a\0b", Some(1));
    check(Format::Utf16Be, b"\0a\xd8\0\0b", Some(1));
}
