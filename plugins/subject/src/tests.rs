//! What is found, what is not, and that neither the filter nor the chunks change it.

use identifiers::{CHARACTERS_MAX, Kind, spellings};
use proptest::prelude::*;
use remit_guest::testing::Trial;

use super::*;

fn jane() -> Trial {
    Trial::new()
        .param("email", "Jane.Roe@example.com")
        .param("object-id", "0f8fad5b-d9cb-469f-a165-70867728950e")
        .param("user-name", "EXAMPLE\\jroe")
        .param("alias", "ann")
        .param("phone", "+49 30 901820")
        .param("name", "Jane Weiß")
}

fn found(trial: &Trial, text: &[u8]) -> Vec<(String, String)> {
    let found = trial.scan::<SubjectScanner>(text).unwrap();
    let piece = |from: u64, length: u32| {
        let from = from as usize;
        String::from_utf8_lossy(&text[from..from + length as usize]).into_owned()
    };
    found
        .into_iter()
        .map(|finding| (finding.rule, piece(finding.offset, finding.length)))
        .collect()
}

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let found = found(&jane(), text.as_bytes());
    let found: Vec<_> = found
        .iter()
        .map(|(r, t)| (r.as_str(), t.as_str()))
        .collect();
    assert_eq!(found, expected, "in {text:?}");
}

#[test]
fn identifiers_are_found_however_they_are_written() {
    check(
        "mail jane.roe@example.com.",
        &[("email", "jane.roe@example.com")],
    );
    check("JANE.ROE@EXAMPLE.COM", &[("email", "JANE.ROE@EXAMPLE.COM")]);
    check(
        "?u=jane.roe%40example.com&x",
        &[("email", "jane.roe%40example.com")],
    );
    check(
        r#""jane.roe\u0040example.com""#,
        &[("email", r"jane.roe\u0040example.com")],
    );
    check(
        r#"\"jane.roe\\u0040example.com\""#,
        &[("email", r"jane.roe\\u0040example.com")],
    );
    check(
        r"line\njane.roe@example.com\n",
        &[("email", "jane.roe@example.com")],
    );
    check(
        "%6Aane.roe@example.com",
        &[("email", "%6Aane.roe@example.com")],
    );
    check(
        r"\u006aane.roe@example.com",
        &[("email", r"\u006aane.roe@example.com")],
    );
    check(
        "x=%20jane.roe@example.com",
        &[("email", "jane.roe@example.com")],
    );
    check(
        "jane.roe+azure@example.com",
        &[("email", "jane.roe+azure@example.com")],
    );
    let guid = "0F8FAD5B-D9CB-469F-A165-70867728950E";
    check(&format!("oid:{guid}"), &[("object-id", guid)]);
    let bare = "0f8fad5bd9cb469fa16570867728950e";
    check(&format!("/u/{bare}/"), &[("object-id", bare)]);
    check(r#""EXAMPLE\\jroe""#, &[("user-name", r"EXAMPLE\\jroe")]);
    check(r"example\jroe", &[("user-name", r"example\jroe")]);
    check("/files/code/Users/ann/a.py", &[("alias", "ann")]);
    check("ann_run_1, Ann", &[("alias", "ann"), ("alias", "Ann")]);
    for phone in [
        "+4930901820",
        "+49 30 901820",
        "+49 (0)30 90 18 20",
        "0049-30-901820",
        "030/901820",
        "(030) 90 18 20",
        "+49%2030%20901820",
    ] {
        let all = found(&jane(), format!("tel {phone} x").as_bytes());
        let whole = phone.strip_prefix('(').unwrap_or(phone);
        assert_eq!(all, [("phone".to_owned(), whole.to_owned())]);
    }
    for name in [
        "Jane Weiß",
        "JANE WEISS",
        "jane%20wei%C3%9F",
        "jane+weiß",
        "Weiß, Jane",
    ] {
        check(&format!("by {name};"), &[("name", name)]);
    }
    check(r#""Jane Wei\u00df""#, &[("name", r"Jane Wei\u00df")]);
}

#[test]
fn others_are_not_taken_for_the_person() {
    for text in [
        "banner planning hannah",
        "ann2 and annx",
        r"b\u0061ann",
        "mary-jane.roe@example.com",
        "mary%2Djane.roe@example.com",
        "jane.roe@example.common",
        "10f8fad5b-d9cb-469f-a165-70867728950e",
        "0f8fad5b-d9cb-469f-a165-70867728950f",
        "0.4930901820",
        "1030901820",
        "14930901820",
        "Jane, the Weiss",
        "OTHER\\jroe",
    ] {
        check(text, &[]);
    }
}

#[test]
fn utf_16_is_found_without_a_mark() {
    for text in ["x jane.roe@example.com y", "Jane Weiß", "tel +49 30 901820"] {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            for pad in [&b""[..], b"\x01", b"\x01\0\0"] {
                let all = [pad, &bytes].concat();
                assert_eq!(found(&jane(), &all).len(), 1, "{text} after {pad:?}");
            }
        }
    }
    let banner: Vec<u8> = "banner".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(found(&jane(), &banner).is_empty());
}

#[test]
fn unfit_values_are_refused_without_repeating_them() {
    for (name, value) in [("alias", "q"), ("phone", "12345"), ("name", " ")] {
        let failure = Trial::new()
            .param(name, value)
            .scan::<SubjectScanner>(b"")
            .unwrap_err();
        assert!(failure.message.contains(name), "{failure:?}");
        assert!(!failure.message.contains("12345"));
    }
    let failure = Trial::new().scan::<SubjectScanner>(b"").unwrap_err();
    assert!(failure.is("invalid"));
    let long = "x".repeat(CHARACTERS_MAX + 1);
    assert!(
        Trial::new()
            .param("alias", &long)
            .scan::<SubjectScanner>(b"")
            .is_err()
    );
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "jane.roe@example.com", "JANE.ROE%40EXAMPLE.COM", "ann", "Ann", "b", "+49 30 901820",
            "030 901820", "Jane Weiß", "jane weiss", "JANE  WEI\u{1e9e}", "0f8fad5bd9cb469fa16570867728950e",
            "0f8fad5b-d9cb-469f-a165-70867728950e", "example\\jroe", "\\u0061nn", "%61nn", "an\\u006e",
            "a%6en", "\u{fc}", "k", "\u{212a}im", "kim", "li", "\u{17f}i", "si", "\\n", "\\\\n", "%",
        ]).prop_map(|text: &str| text.as_bytes().to_vec()),
        1 => prop::sample::select(vec![" ", "\n", "\"", "\\", "-", ".", "+", "x", "7", "\0"])
            .prop_map(|text: &str| text.as_bytes().to_vec()),
        1 => prop::sample::select(vec!["ann", "jane weiß", "kim"]).prop_map(|text: &str| {
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        }),
        1 => prop::sample::select(vec!["ann", "+49 30 901820", "si"]).prop_map(|text: &str| {
            text.encode_utf16().flat_map(u16::to_be_bytes).collect()
        }),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn neither_filter_nor_chunks_change_what_is_found(bytes in pieces(), chunk in 1_usize..64) {
        // Longer than a window looks ahead, or there would be one window only.
        let bytes = bytes.repeat(8_000 / bytes.len().max(1));
        let trial = jane().param("alias", "kim").param("alias", "si");
        let mut needles = Vec::new();
        for (kind, value) in [
            (Kind::Email, "Jane.Roe@example.com"),
            (Kind::ObjectId, "0f8fad5b-d9cb-469f-a165-70867728950e"),
            (Kind::UserName, "EXAMPLE\\jroe"),
            (Kind::Alias, "ann"),
            (Kind::Alias, "kim"),
            (Kind::Alias, "si"),
            (Kind::Phone, "+49 30 901820"),
            (Kind::Name, "Jane Weiß"),
        ] {
            needles.extend(spellings(kind, value).unwrap());
        }
        let expected: Vec<_> = Identifiers::new(needles).find_slowly(&bytes)
            .into_iter()
            .map(|hit| (hit.start as u64, (hit.end - hit.start) as u32, hit.kind.rule().to_owned()))
            .collect();
        let found = trial.chunk(chunk).scan::<SubjectScanner>(&bytes).unwrap();
        let found: Vec<_> = found.into_iter().map(|f| (f.offset, f.length, f.rule)).collect();
        prop_assert_eq!(found, expected);
    }
}
