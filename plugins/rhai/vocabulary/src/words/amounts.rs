//! Spans of time, points in time and sizes: made, compared, added, and written as text.

use rhai::ImmutableString;

use crate::amount::{Duration, Size};
use crate::failure::misuse;
use crate::instant::Instant;
use crate::table::{Vocabulary, Word};
use crate::values::{Answer, said, whole};

/// The six comparisons of two values.
macro_rules! compare {
    ($vocabulary:expr, $left:ty, $one:literal, $right:ty, $other:literal, $of:expr, $and:expr) => {
        compare!($vocabulary, $left, $one, $right, $other, $of, $and, "<" <, "<=" <=, ">" >, ">=" >=, "==" ==, "!=" !=)
    };
    ($vocabulary:expr, $left:ty, $one:literal, $right:ty, $other:literal, $of:expr, $and:expr,
     $($name:literal $operator:tt),+) => {
        $($vocabulary.add(
            Word::new(concat!($one, " ", $name, " ", $other, " -> bool")),
            move |left: $left, right: $right| $of(left) $operator $and(right),
        );)+
    };
}

/// The rightmost digits of a whole are lost, never its size: what does not fit is a failure.
fn checked<T>(result: Option<T>) -> Answer<T> {
    result.ok_or_else(|| misuse("the result is too large, or below nothing"))
}

pub(super) fn teach(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.kind::<Duration>("duration", "A span of time, to the millisecond.");
    vocabulary.kind::<Instant>(
        "instant",
        "A point in time. In a text it is written as `2025-01-31T12:00:00Z`.",
    );
    vocabulary.kind::<Size>("size", "A number of bytes.");
    durations(vocabulary);
    instants(vocabulary);
    sizes(vocabulary);
}

fn durations(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("days(n: int) -> duration")
            .doc("This many days of 24 hours.")
            .example("let year = days(365);"),
        |n: i64| checked(n.checked_mul(86_400_000).map(Duration)),
    );
    vocabulary.add(
        Word::new("hours(n: int) -> duration")
            .doc("This many hours.")
            .example("let shift = hours(8);"),
        |n: i64| checked(n.checked_mul(3_600_000).map(Duration)),
    );
    vocabulary.add(
        Word::new("minutes(n: int) -> duration")
            .doc("This many minutes.")
            .example("let pause = minutes(5);"),
        |n: i64| checked(n.checked_mul(60_000).map(Duration)),
    );
    vocabulary.add(
        Word::new("duration(text: string) -> duration")
            .doc("A span as people write it: `365 days`, `1.5 h`, `5 min`, `30 s`, `250 ms`.")
            .example("let year = duration(\"365 days\");"),
        |text: &str| said(Duration::parse(text)),
    );
    vocabulary.add(
        Word::new("duration.days -> int")
            .doc("Whole days.")
            .example("log(duration(\"36 h\").days);"),
        |span: &mut Duration| span.0 / 86_400_000,
    );
    vocabulary.add(
        Word::new("duration.millis -> int")
            .doc("Milliseconds.")
            .example("log(minutes(5).millis);"),
        |span: &mut Duration| span.0,
    );
    vocabulary.add(
        Word::new("duration.to_string() -> string")
            .doc("As people write it.")
            .example("log(`older than ${days(365)}`);"),
        |span: &mut Duration| ImmutableString::from(span.to_string()),
    );
    vocabulary.add(
        Word::new("duration + duration -> duration"),
        |a: Duration, b: Duration| checked(a.0.checked_add(b.0).map(Duration)),
    );
    vocabulary.add(
        Word::new("duration - duration -> duration"),
        |a: Duration, b: Duration| checked(a.0.checked_sub(b.0).map(Duration)),
    );
    vocabulary.add(
        Word::new("duration * int -> duration"),
        |a: Duration, n: i64| checked(a.0.checked_mul(n).map(Duration)),
    );
    vocabulary.add(
        Word::new("int * duration -> duration"),
        |n: i64, a: Duration| checked(a.0.checked_mul(n).map(Duration)),
    );
    vocabulary.add(
        Word::new("duration / int -> duration"),
        |a: Duration, n: i64| checked(a.0.checked_div(n).map(Duration)),
    );
    let of = |span: Duration| span.0;
    compare!(
        vocabulary, Duration, "duration", Duration, "duration", of, of
    );
}

fn instants(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("instant(text: string) -> instant")
            .doc("A point in time, in UTC: `2025-01-31` or `2025-01-31T12:00:00Z`.")
            .example("for run in scope.list(\"/runs/*\") { if run.created < instant(\"2025-01-01\") { log(run.path); } }"),
        |text: &str| said(Instant::parse(text)),
    );
    vocabulary.add(
        Word::new("instant.year -> int")
            .doc("The year, in UTC.")
            .example("log(now().year);"),
        |at: &mut Instant| at.date().0,
    );
    vocabulary.add(
        Word::new("instant.month -> int")
            .doc("The month, from 1.")
            .example("log(now().month);"),
        |at: &mut Instant| at.date().1,
    );
    vocabulary.add(
        Word::new("instant.day -> int")
            .doc("The day of the month, from 1.")
            .example("log(now().day);"),
        |at: &mut Instant| at.date().2,
    );
    vocabulary.add(
        Word::new("instant.to_string() -> string")
            .doc("As `2025-01-31T12:00:00Z`.")
            .example("note(`planned at ${now()}`);"),
        |at: &mut Instant| ImmutableString::from(at.to_string()),
    );
    vocabulary.add(
        Word::new("instant - instant -> duration"),
        |a: Instant, b: Instant| checked(a.0.checked_sub(b.0).map(Duration)),
    );
    vocabulary.add(
        Word::new("instant + duration -> instant"),
        |a: Instant, b: Duration| checked(a.0.checked_add(b.0).map(Instant)),
    );
    vocabulary.add(
        Word::new("instant - duration -> instant"),
        |a: Instant, b: Duration| checked(a.0.checked_sub(b.0).map(Instant)),
    );
    let of = |at: Instant| at.0;
    compare!(vocabulary, Instant, "instant", Instant, "instant", of, of);
}

fn sizes(vocabulary: &mut Vocabulary<'_>) {
    vocabulary.add(
        Word::new("size(text: string) -> size")
            .doc("A size as people write it: `20 GiB`, `5 KB`, `512 B`.")
            .example("let large = size(\"20 GiB\");"),
        |text: &str| said(Size::parse(text)),
    );
    vocabulary.add(
        Word::new("size(bytes: int) -> size")
            .doc("This many bytes.")
            .example("let total = size(0); for b in scope.list(\"/blobs/**\") { if b.size != () { total += b.size; } }"),
        |bytes: i64| checked(u64::try_from(bytes).ok().map(Size)),
    );
    vocabulary.add(
        Word::new("size.bytes -> int")
            .doc("The bytes.")
            .example("log(size(\"5 KB\").bytes);"),
        |size: &mut Size| whole(size.0),
    );
    vocabulary.add(
        Word::new("size.to_string() -> string")
            .doc("As people write it.")
            .example("log(`more than ${size(\"20 GiB\")}`);"),
        |size: &mut Size| ImmutableString::from(size.to_string()),
    );
    vocabulary.add(Word::new("size + size -> size"), |a: Size, b: Size| {
        checked(a.0.checked_add(b.0).map(Size))
    });
    vocabulary.add(Word::new("size - size -> size"), |a: Size, b: Size| {
        checked(a.0.checked_sub(b.0).map(Size))
    });
    vocabulary.add(Word::new("size * int -> size"), |a: Size, n: i64| {
        checked(
            u64::try_from(n)
                .ok()
                .and_then(|n| a.0.checked_mul(n))
                .map(Size),
        )
    });
    vocabulary.add(Word::new("size / int -> size"), |a: Size, n: i64| {
        checked(
            u64::try_from(n)
                .ok()
                .and_then(|n| a.0.checked_div(n))
                .map(Size),
        )
    });
    let of = |size: Size| i128::from(size.0);
    compare!(vocabulary, Size, "size", Size, "size", of, of);
    compare!(vocabulary, Size, "size", i64, "int", of, i128::from);
}
