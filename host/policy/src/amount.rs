//! Sizes and durations as people write them: `20 GiB`, `5 min`.

use std::fmt;
use std::str::FromStr;

use crate::TextError;

/// A number of bytes, written `20 GiB`, `5 KB` or `512 B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u64);

/// A span of time to the millisecond, written `5 min` or `90 days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

const SIZE_UNITS: &[(&str, u64)] = &[
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("kB", 1_000),
    ("B", 1),
];

const TIME_UNITS: &[(&str, u64)] = &[
    ("days", 86_400_000),
    ("h", 3_600_000),
    ("min", 60_000),
    ("s", 1_000),
    ("ms", 1),
    ("day", 86_400_000),
    ("d", 86_400_000),
    ("hours", 3_600_000),
    ("hour", 3_600_000),
    ("minutes", 60_000),
    ("minute", 60_000),
    ("seconds", 1_000),
    ("second", 1_000),
];

impl Size {
    /// This many bytes.
    pub const fn of_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Parses `20 GiB`, `1.5 GB`, `512 B` or `512`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        amount(text, SIZE_UNITS, Some(1))
            .map(Self)
            .ok_or_else(|| TextError::Size(text.to_owned()))
    }
}

impl Duration {
    /// This many milliseconds.
    pub const fn of_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The milliseconds.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Parses `5 min`, `90 days`, `30 s`, `250 ms` or `1.5 h`. A number alone has no unit and is refused.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        amount(text, TIME_UNITS, None)
            .map(Self)
            .ok_or_else(|| TextError::Duration(text.to_owned()))
    }
}

/// A number with up to three decimals and a unit; the whole must be a whole number of the smallest.
fn amount(text: &str, units: &[(&str, u64)], without_unit: Option<u64>) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit.trim_start() {
        "" => without_unit?,
        unit => units.iter().find(|(name, _)| *name == unit)?.1,
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || decimals.is_empty() || decimals.len() > 3 || decimals.contains('.') {
        return None;
    }
    let thousandths = u128::from(whole.parse::<u64>().ok()?) * 1000
        + format!("{decimals:0<3}").parse::<u128>().ok()?;
    let scaled = thousandths.checked_mul(u128::from(factor))?;
    (scaled % 1000 == 0).then(|| u64::try_from(scaled / 1000).ok())?
}

/// The amount in the largest unit that needs no decimals, so that it reads back as it was.
fn write_amount(
    f: &mut fmt::Formatter<'_>,
    amount: u64,
    units: &[(&str, u64)],
    smallest: &str,
) -> fmt::Result {
    let fits = |(_, factor): &&(&str, u64)| amount >= *factor && amount.is_multiple_of(*factor);
    let (name, factor) = units.iter().find(fits).copied().unwrap_or((smallest, 1));
    write!(f, "{} {name}", amount / factor)
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_amount(f, self.0, SIZE_UNITS, "B")
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_amount(f, self.0, TIME_UNITS, "ms")
    }
}

impl FromStr for Size {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::parse(text)
    }
}

impl FromStr for Duration {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_write() {
        for (text, bytes) in [
            ("20 GiB", Some(20 << 30)),
            ("20GiB", Some(20 << 30)),
            ("5 KB", Some(5_000)),
            ("1.5 KiB", Some(1536)),
            ("512", Some(512)),
            ("0 B", Some(0)),
            ("1.0001 GB", None),
            ("0.5 B", None),
            ("-1 B", None),
            ("5 gib", None),
            ("99999999999 TiB", None),
            ("", None),
            ("GiB", None),
            (".5 GiB", None),
            ("1.2.3 GiB", None),
        ] {
            assert_eq!(Size::parse(text).ok().map(Size::bytes), bytes, "{text}");
        }
        for (text, millis) in [
            ("5 min", Some(300_000)),
            ("90 days", Some(7_776_000_000)),
            ("1.5 h", Some(5_400_000)),
            ("250 ms", Some(250)),
            ("5", None),
            ("5 m", None),
        ] {
            assert_eq!(
                Duration::parse(text).ok().map(Duration::millis),
                millis,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn written_amounts_read_back(amount: u64, shift in 0_u32..64) {
            let amount = amount >> shift;
            prop_assert_eq!(Size::parse(&Size(amount).to_string()).unwrap(), Size(amount));
            prop_assert_eq!(Duration::parse(&Duration(amount).to_string()).unwrap(), Duration(amount));
        }
    }
}
