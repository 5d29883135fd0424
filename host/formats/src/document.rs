//! The JSON documents of records, which are small enough to be held in memory.
//!
//! Before a guest, a plan or a package sees such a document, [`blank_credentials`] overwrites the
//! secrets in it. The result has the same length, so that every offset stays true.

use std::borrow::Cow;
use std::ops::Range;

use crate::credentials::{is_credential, secrets_in};
use crate::error::FormatError;
use crate::tree::{Kind, Member, Node, Text, parse};

/// Longest document of a record, in bytes.
pub const MAX_DOCUMENT: usize = 16 * 1024 * 1024;

/// JSON in a string in JSON in a string: how far that is followed.
const EMBEDDING_MAX: usize = 4;

/// Returns the members of the document's object: each key, unescaped, and where its value lies.
///
/// In the order of the document, equal keys included. Fails if the document is larger than
/// [`MAX_DOCUMENT`], is not JSON, or is not an object.
pub fn top_level_spans(doc: &[u8]) -> Result<Vec<(String, Range<usize>)>, FormatError> {
    let Kind::Object(members) = read(doc)?.kind else {
        return Err(FormatError::NotAnObject);
    };
    let named = |member: Member| {
        let key = Text::of(doc, &member.key);
        (
            String::from_utf8_lossy(&key.bytes).into_owned(),
            member.value.span,
        )
    };
    Ok(members.into_iter().map(named).collect())
}

/// Returns the document, in the same length and as valid JSON, without credentials.
///
/// Overwritten with `*` are: the strings (and the strings inside objects and arrays) of members
/// that are named like a credential; the value of a name-and-value pair whose name is; and, in
/// any string, SAS signatures, secrets of connection strings, JSON Web Tokens, bearer tokens and
/// passwords in URLs, also where the string is itself JSON. Numbers so named become zero.
///
/// It errs on the side of blanking, but a member's name must end in a word for a secret:
/// `keyVault`, `tokenizer` and `primaryKeyColumn` stay. Fails as [`top_level_spans`] does, except
/// that the document need not be an object: what cannot be read cannot be shown.
pub fn blank_credentials(doc: &[u8]) -> Result<Vec<u8>, FormatError> {
    let root = read(doc)?;
    let mut blank = doc.to_vec();
    blank_node(doc, &root, Secrecy::Open, 0, &mut blank);
    Ok(blank)
}

fn read(doc: &[u8]) -> Result<Node, FormatError> {
    if doc.len() > MAX_DOCUMENT {
        return Err(FormatError::DocumentTooLarge { size: doc.len() });
    }
    parse(doc)
}

/// Whether a value belongs to a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Open,
    Secret,
}

fn blank_node(doc: &[u8], node: &Node, secrecy: Secrecy, embedding: usize, out: &mut [u8]) {
    match &node.kind {
        Kind::Object(members) => blank_members(doc, members, secrecy, embedding, out),
        Kind::Array(items) => {
            for item in items {
                blank_node(doc, item, secrecy, embedding, out);
            }
        }
        Kind::String if secrecy == Secrecy::Secret => {
            out[node.span.start + 1..node.span.end - 1].fill(b'*');
        }
        Kind::String => blank_string(doc, &node.span, embedding, out),
        Kind::Number if secrecy == Secrecy::Secret => zero(&mut out[node.span.clone()]),
        Kind::Number | Kind::Word => {}
    }
}

fn blank_members(
    doc: &[u8],
    members: &[Member],
    secrecy: Secrecy,
    embedding: usize,
    out: &mut [u8],
) {
    let keys: Vec<Cow<'_, str>> = members
        .iter()
        .map(|member| text_of(doc, &member.key))
        .collect();
    let is_pair = keys.iter().any(|key| key.eq_ignore_ascii_case("value"));
    // {"name": "DB_PASSWORD", "value": …}: the pair is the member, its name the key.
    let names_secret = |(key, member): (&Cow<'_, str>, &Member)| {
        is_pair_name(key)
            && matches!(member.value.kind, Kind::String)
            && is_credential(&text_of(doc, &member.value.span))
    };
    let is_secret_pair = is_pair && keys.iter().zip(members).any(names_secret);
    for (key, member) in keys.iter().zip(members) {
        let is_value = key.eq_ignore_ascii_case("value");
        let is_secret = if is_pair && is_pair_name(key) {
            false
        } else if secrecy == Secrecy::Secret {
            // `secretsType` says how one signs in, not with what.
            !key.to_ascii_lowercase().ends_with("type")
        } else {
            is_credential(key) || (is_value && is_secret_pair)
        };
        let secrecy = if is_secret {
            Secrecy::Secret
        } else {
            Secrecy::Open
        };
        blank_string(doc, &member.key, embedding, out);
        blank_node(doc, &member.value, secrecy, embedding, out);
    }
}

fn is_pair_name(key: &str) -> bool {
    ["key", "name", "keyName"]
        .iter()
        .any(|name| key.eq_ignore_ascii_case(name))
}

/// What the string at `span` says: as it is written, unless something in it is escaped.
fn text_of<'a>(doc: &'a [u8], span: &Range<usize>) -> Cow<'a, str> {
    match plain(doc, span) {
        Some(plain) => String::from_utf8_lossy(plain),
        None => String::from_utf8_lossy(&Text::of(doc, span).bytes)
            .into_owned()
            .into(),
    }
}

/// The bytes between the quotes, if nothing in them is escaped.
fn plain<'a>(doc: &'a [u8], span: &Range<usize>) -> Option<&'a [u8]> {
    let inside = &doc[span.start + 1..span.end - 1];
    memchr::memchr(b'\\', inside).is_none().then_some(inside)
}

fn is_document(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Blanks what looks like a secret inside a string.
fn blank_string(doc: &[u8], span: &Range<usize>, embedding: usize, out: &mut [u8]) {
    // Nearly every string is one of these.
    let is_open = |text: &[u8]| !is_document(text) && secrets_in(text).is_empty();
    if plain(doc, span).is_some_and(is_open) {
        return;
    }
    let text = Text::of(doc, span);
    for at in secrets_in(&text.bytes).into_iter().flatten() {
        out[text.origin(at)].fill(b'*');
    }
    if !is_document(&text.bytes) || embedding == EMBEDDING_MAX {
        return;
    }
    if let Ok(inner) = parse(&text.bytes) {
        let mut blank = text.bytes.clone();
        blank_node(
            &text.bytes,
            &inner,
            Secrecy::Open,
            embedding + 1,
            &mut blank,
        );
        let changed = blank.iter().zip(&text.bytes).enumerate();
        for (at, (new, _)) in changed.filter(|(_, (new, old))| new != old) {
            out[text.origin(at)].fill(*new);
        }
    }
}

/// Writes a number of the same length that is zero.
fn zero(number: &mut [u8]) {
    number.fill(b'0');
    match number {
        [sign, _] => *sign = b'-',
        [_, point, _, ..] => *point = b'.',
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_in_the_order_of_the_document() {
        let doc = br#" { "b" : [1, {"x": 2}] ,"\u0061\n":"v","b":-1.5e3,"":{} } "#;
        let spans = top_level_spans(doc).unwrap();
        let shown: Vec<_> = spans
            .iter()
            .map(|(key, span)| {
                (
                    key.as_str(),
                    std::str::from_utf8(&doc[span.clone()]).unwrap(),
                )
            })
            .collect();
        let expect = [
            ("b", r#"[1, {"x": 2}]"#),
            ("a\n", r#""v""#),
            ("b", "-1.5e3"),
            ("", "{}"),
        ];
        assert_eq!(shown, expect);
        assert_eq!(top_level_spans(b"{}").unwrap(), []);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let error = |doc: &[u8]| format!("{:?}", top_level_spans(doc).unwrap_err());
        assert_eq!(error(b"[1]"), "NotAnObject");
        assert_eq!(error(b"{\"a\":}"), "NotJson { offset: 5 }");
        assert_eq!(error(b"{} {}"), "NotJson { offset: 5 }");
        assert_eq!(error(b""), "NotJson { offset: 0 }");
        assert_eq!(error(&[b'['; 5000]), "TooDeep { offset: 1024 }");
        assert_eq!(
            error(&[vec![b'['; 900], vec![b']'; 900]].concat()),
            "TooDeep { offset: 257 }"
        );
        let size = MAX_DOCUMENT + 1;
        assert_eq!(
            error(&vec![b' '; size]),
            format!("DocumentTooLarge {{ size: {size} }}")
        );
    }

    fn check(doc: &str, expect: &str) {
        let blank = blank_credentials(doc.as_bytes()).unwrap();
        assert_eq!(String::from_utf8_lossy(&blank), expect);
        assert_eq!(blank.len(), doc.len());
        serde_json::from_slice::<serde_json::Value>(&blank).unwrap();
        assert_eq!(blank_credentials(&blank).unwrap(), blank);
    }

    #[test]
    fn named_credentials_are_blanked() {
        check(
            r#"{"credentials":{"secretsType":"AccountKey","key":"ab=="},"keyVault":"/v","tokenizer":"bert"}"#,
            r#"{"credentials":{"secretsType":"AccountKey","key":"****"},"keyVault":"/v","tokenizer":"bert"}"#,
        );
        check(
            r#"{"\u0070assword" : "a\u00e9\"b"}"#,
            r#"{"\u0070assword" : "**********"}"#,
        );
        check(
            r#"{"secrets":{"secretsType":"Sas","a":["x",{"b":"y"}]}}"#,
            r#"{"secrets":{"secretsType":"Sas","a":["*",{"b":"*"}]}}"#,
        );
        check(
            r#"{"pwd":1234,"password":12,"secret":-1e5,"key":7}"#,
            r#"{"pwd":0.00,"password":-0,"secret":0.00,"key":0}"#,
        );
        check(
            r#"{"token":null,"secret":true,"primaryKeyColumn":"id"}"#,
            r#"{"token":null,"secret":true,"primaryKeyColumn":"id"}"#,
        );
        check("[{\"key\":\"é\"}]", "[{\"key\":\"**\"}]");
    }

    #[test]
    fn pairs_go_by_their_name() {
        check(
            r#"[{"key":"owner","value":"jo"},{"name":"DB_PASSWORD","value":"jo"},{"keyName":"key1","value":"k"}]"#,
            r#"[{"key":"owner","value":"jo"},{"name":"DB_PASSWORD","value":"**"},{"keyName":"key1","value":"*"}]"#,
        );
    }

    #[test]
    fn secrets_inside_strings_are_blanked_at_any_depth() {
        check(
            r#"{"u":"https://a/?sv=1\u0026sig=ab\u002B\/c\u0026x=jo"}"#,
            r#"{"u":"https://a/?sv=1\u0026sig=***********\u0026x=jo"}"#,
        );
        let inner = r#"{"pin":{"password":"hun\"ter"},"u":"?sig=a+b&c=1","n":1}"#;
        let blank = inner
            .replace(r#"hun\"ter"#, "********")
            .replace("a+b", "***");
        let once = |text: &str| serde_json::to_string(text).unwrap();
        let quoted = once(inner)
            .replace(r#"hun\\\"ter"#, "**********")
            .replace("a+b", "***");
        check(
            &format!("{{\"body\":{}}}", once(inner)),
            &format!("{{\"body\":{quoted}}}"),
        );
        // Twice quoted: the same places, each a little longer.
        let doc = format!("[{}]", once(&format!("[{}]", once(inner))));
        let out = blank_credentials(doc.as_bytes()).unwrap();
        let text: Vec<String> = serde_json::from_slice(&out).unwrap();
        let text: Vec<String> = serde_json::from_str(&text[0]).unwrap();
        let shrunk = |text: &str| {
            text.replace("**", "*")
                .replace("**", "*")
                .replace("**", "*")
                .replace("**", "*")
        };
        assert_eq!(shrunk(&text[0]), shrunk(&blank));
    }

    #[test]
    fn personal_data_stays() {
        let doc = r#"{"createdBy":{"userName":"Jo Doe","email":"jo@example.com"},"uri":"https://a/b?x=jo"}"#;
        check(doc, doc);
    }
}
