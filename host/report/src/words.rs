//! Numbers, sizes, instants and foreign text, as a person reads them.
//!
//! [`escape`] makes any text safe to show: what a terminal or a browser would obey, reorder or hide
//! is written out. It is not a way to quote: an escaped text is for eyes, not for reading back.

use std::fmt::Write as _;

use jiff::Timestamp;
use remit_workspace::{Kind, Millis};

/// `1,234 runs`, `1 run`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), noun(n, one, many))
}

/// The word that goes with a number.
pub(crate) fn noun<'w>(n: u64, one: &'w str, many: &'w str) -> &'w str {
    if n == 1 { one } else { many }
}

/// A number with separators: `4,310`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `512 B`, `8.2 GiB`, `20 GiB`: the largest unit that leaves at least one whole, with one decimal
/// where that says something.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut unit = 0;
    // In tenths of the unit, rounded to the nearest; what rounds up to 1024 is one of the next.
    let tenths = |unit: usize| {
        let divisor = 1_u128 << (10 * (unit + 1));
        (u128::from(bytes) * 10 + divisor / 2) / divisor
    };
    while tenths(unit) >= 10_240 && unit + 1 < UNITS.len() {
        unit += 1;
    }
    let (whole, tenth) = (tenths(unit) / 10, tenths(unit) % 10);
    match tenth {
        0 => format!("{whole} {}", UNITS[unit]),
        _ => format!("{whole}.{tenth} {}", UNITS[unit]),
    }
}

/// `2027-01-06 10:30:00Z`.
pub fn instant(millis: Millis) -> String {
    moment(millis).strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// RFC 3339, to the millisecond: for programs.
pub(crate) fn rfc3339(millis: Millis) -> String {
    moment(millis)
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

/// What no calendar holds is shown as the end of it.
fn moment(millis: Millis) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The text with everything written out that is not plainly visible: control characters, ANSI
/// sequences, line breaks, marks that turn the direction of text, and what takes no room.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        marks = if is_combining(c) { marks + 1 } else { 0 };
        if is_visible(c) && marks <= MARKS_MAX && !(marks > 0 && escaped.is_empty()) {
            escaped.push(c);
            continue;
        }
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c => {
                let _infallible = write!(escaped, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    escaped
}

/// Somebody else's words: escaped, and cut after `chars_max` characters with a sign that they were.
pub(crate) fn hearsay(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", escape(&text[..end])),
        None => escape(text),
    }
}

/// Marks on one letter; more of them paint over the lines above.
const MARKS_MAX: u32 = 2;

/// Whether a character shows as itself and does nothing else.
pub(crate) fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // Letters and marks by their class, but drawn as nothing.
    let is_blank = matches!(c,
        '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}'
        | '\u{E0000}'..='\u{E0FFF}');
    !is_blank && (c.escape_debug().len() == 1 || is_combining(c))
}

/// Whether a character is drawn on the one before it. The standard library knows this only by the
/// way it escapes: such a character alone, and not behind a letter.
fn is_combining(c: char) -> bool {
    !c.is_ascii()
        && c.escape_debug().len() > 1
        && String::from_iter(['a', c]).escape_debug().count() == 2
}

/// Many at once: `12 runs`, `1 metrics`.
pub(crate) fn kinds(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Blob => ("blob", "blobs"),
        Kind::File => ("file", "files"),
        Kind::Workspace => ("workspace", "workspaces"),
        Kind::Experiment => ("experiment", "experiments"),
        Kind::Run => ("run", "runs"),
        Kind::Metrics => ("metrics record", "metrics records"),
        Kind::Model => ("model", "models"),
        Kind::Data => ("data asset", "data assets"),
        Kind::Component => ("component", "components"),
        Kind::Environment => ("environment", "environments"),
        Kind::Code => ("code asset", "code assets"),
        Kind::Datastore => ("datastore", "datastores"),
        Kind::Compute => ("compute", "computes"),
        Kind::Endpoint => ("endpoint", "endpoints"),
        Kind::Service => ("service", "services"),
        Kind::Pipeline => ("pipeline", "pipelines"),
        Kind::Schedule => ("schedule", "schedules"),
        Kind::Resource => ("resource", "resources"),
        Kind::Telemetry => ("telemetry entry", "telemetry entries"),
    }
}

/// `(one, many)` for a kind that is known by its word; `entry` for one that is not.
pub(crate) fn kind_words(word: &str) -> (&'static str, &'static str) {
    Kind::parse(word).map_or(("entry", "entries"), kinds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_and_counts() {
        for (bytes, expect) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (20 << 30, "20 GiB"),
            (8_804_682_957, "8.2 GiB"),
            ((1 << 20) - 1, "1 MiB"),
            ((1 << 30) - 1, "1 GiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(size(bytes), expect, "{bytes}");
        }
        for (n, expect) in [
            (0, "0 runs"),
            (1, "1 run"),
            (999, "999 runs"),
            (1000, "1,000 runs"),
            (1_234_567, "1,234,567 runs"),
        ] {
            assert_eq!(count(n, "run", "runs"), expect);
        }
        assert_eq!(instant(1_799_231_400_000), "2027-01-06 10:30:00Z");
        assert_eq!(instant(Millis::MAX), "9999-12-30 22:00:00Z");
    }

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        for (text, expect) in [
            (
                "plain text, “quoted”, naïve, 东京",
                "plain text, “quoted”, naïve, 东京",
            ),
            (r#"C:\x "y" 'z'"#, r#"C:\x "y" 'z'"#),
            ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
            ("\u{9b}31m", "\\u{9b}31m"),
            (
                "\u{1b}]8;;https://example.com\u{7}x",
                "\\u{1b}]8;;https://example.com\\u{7}x",
            ),
            ("a\nb\r\tc\u{8}", "a\\nb\\r\\tc\\u{8}"),
            ("exe\u{202e}txt.\u{2066}", "exe\\u{202e}txt.\\u{2066}"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("line\u{2028}par\u{2029}", "line\\u{2028}par\\u{2029}"),
            ("tag\u{e0041}\u{e0100}", "tag\\u{e0041}\\u{e0100}"),
            ("fill\u{3164}er\u{2800}", "fill\\u{3164}er\\u{2800}"),
            ("e\u{301}", "e\u{301}"),
            ("\u{301}e", "\\u{301}e"),
            ("z\u{301}\u{302}\u{303}", "z\u{301}\u{302}\\u{303}"),
        ] {
            assert_eq!(escape(text), expect);
        }
    }

    #[test]
    fn long_words_are_cut_and_say_so() {
        assert_eq!(hearsay("ééé", 3), "ééé");
        assert_eq!(hearsay("éééé", 3), "ééé…");
        assert_eq!(hearsay("\u{1b}\u{1b}", 1), "\\u{1b}…");
    }

    proptest! {
        #[test]
        fn escaped_text_is_inert(text in "[\\x00-\\x20\\x7f-\\u{a0}\\u{300}-\\u{305}\\u{2000}-\\u{2070}\\u{feff}a-cé]{0,40}") {
            let escaped = escape(&text);
            let is_inert = |c: char| !c.is_control()
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
            prop_assert!(escaped.chars().all(is_inert));
            prop_assert_eq!(escape(&escaped), escaped.clone());
        }

        #[test]
        fn a_size_is_near_the_bytes(bytes in 1024_u64..) {
            let text = size(bytes);
            let (number, unit) = text.split_once(' ').unwrap();
            let power = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].iter().position(|one| *one == unit).unwrap();
            let shown = number.parse::<f64>().unwrap() * 1024_f64.powi(i32::try_from(power).unwrap() + 1);
            prop_assert!((shown / bytes as f64 - 1.0).abs() < 0.051);
        }
    }
}
