//! `bag-info.txt`, and what the caller says about the package as a whole.

use std::fmt::Write as _;

/// What the package is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The case, in its owner's words.
    pub title: String,
    /// Where the entries come from.
    pub workspace: String,
    /// Something outside that names this package: the plan's digest.
    pub identifier: Option<String>,
    /// The instant the package is dated with, in milliseconds since 1970; the caller's, so
    /// that a run that was stopped and begun again gives the same bytes.
    pub created_ms: i64,
    /// Further lines for a reader of `index.html`, in this order: what, and how much.
    pub facts: Vec<(String, String)>,
}

/// Returns the text of `bag-info.txt`.
pub(crate) fn text(summary: &Summary, files: u64, bytes: u64) -> String {
    let mut out = String::new();
    let mut field = |label: &str, value: &str| {
        let value = one_line(value);
        if !value.is_empty() {
            // Writing to a string does not fail.
            let _ = writeln!(out, "{label}: {value}");
        }
    };
    field(
        "Bag-Software-Agent",
        concat!("remit ", env!("CARGO_PKG_VERSION")),
    );
    field("Bagging-Date", &date(summary.created_ms));
    field("External-Description", &summary.title);
    field(
        "External-Identifier",
        summary.identifier.as_deref().unwrap_or_default(),
    );
    field("Internal-Sender-Description", &summary.workspace);
    field("Bag-Size", &size(bytes));
    field("Payload-Oxum", &format!("{bytes}.{files}"));
    out
}

/// Returns the value of a field of `bag-info.txt`.
pub(crate) fn value<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(label).then(|| value.trim())
    })
}

/// A field is a line; a line that begins with white space would continue the one before.
fn one_line(text: &str) -> String {
    let flat: String = text
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .collect();
    flat.trim().to_owned()
}

/// Returns the day of an instant, in UTC.
pub(crate) fn date(ms: i64) -> String {
    instant(ms).map_or_else(String::new, |i| i.strftime("%Y-%m-%d").to_string())
}

/// Returns an instant to the minute, in UTC.
pub(crate) fn minute(ms: i64) -> String {
    instant(ms).map_or_else(String::new, |i| {
        i.strftime("%Y-%m-%d %H:%M UTC").to_string()
    })
}

fn instant(ms: i64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(ms).ok()
}

/// Returns a size for a person.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "one decimal of a rounded size; the exact size stands in Payload-Oxum"
    )]
    let mut shown = bytes as f64 / 1024.0;
    let mut unit = 0;
    while shown >= 1023.95 && unit + 1 < UNITS.len() {
        shown /= 1024.0;
        unit += 1;
    }
    format!("{shown:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::{Summary, size, text, value};

    #[test]
    fn a_hostile_title_cannot_add_a_field() {
        let summary = Summary {
            title: "  x\r\nPayload-Oxum: 0.0\u{2028}y".to_owned(),
            created_ms: 1_763_856_000_000,
            ..Summary::default()
        };
        let text = text(&summary, 2, 30);
        assert_eq!(
            value(&text, "External-Description"),
            Some("x  Payload-Oxum: 0.0 y")
        );
        assert_eq!(value(&text, "payload-oxum"), Some("30.2"));
        assert_eq!(value(&text, "Bagging-Date"), Some("2025-11-23"));
        assert_eq!(value(&text, "External-Identifier"), None);
    }

    #[test]
    fn a_size_is_short() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (8_804_682_957, "8.2 GiB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }
}
