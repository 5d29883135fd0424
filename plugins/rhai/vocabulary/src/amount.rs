//! Spans of time and sizes, written as everywhere in Remit: `90 days`, `20 GiB`.
//!
//! The same forms as the host's `Duration` and `Size`; a test holds the units against its.

use std::fmt;

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

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(pub(crate) u64);

/// A span of time to the millisecond; one that points back in time is below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Duration(pub(crate) i64);

impl Size {
    /// Reads `20 GiB`, `1.5 GB`, `512 B` or `512`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        amount(text, SIZE_UNITS, Some(1))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no size such as `20 GiB` or `512 B`"))
    }
}

impl Duration {
    /// Reads `5 min`, `90 days`, `30 s`, `250 ms` or `1.5 h`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        amount(text, TIME_UNITS, None)
            .and_then(|millis| i64::try_from(millis).ok())
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no span of time such as `90 days` or `1.5 h`"))
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
        f.write_str(if self.0 < 0 { "-" } else { "" })?;
        write_amount(f, self.0.unsigned_abs(), TIME_UNITS, "ms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_and_write_as_in_the_host() {
        assert_eq!(Size::parse("20 GiB"), Ok(Size(20 << 30)));
        assert_eq!(Size::parse("1.5 KiB"), Ok(Size(1536)));
        assert_eq!(Size::parse("512"), Ok(Size(512)));
        assert!(Size::parse("5 gib").is_err());
        assert_eq!(Duration::parse("90 days"), Ok(Duration(7_776_000_000)));
        assert_eq!(Duration::parse("1.5 h"), Ok(Duration(5_400_000)));
        assert!(Duration::parse("5").is_err());
        assert_eq!(Size(20 << 30).to_string(), "20 GiB");
        assert_eq!(Duration(7_776_000_000).to_string(), "90 days");
        assert_eq!(Duration(-60_000).to_string(), "-1 min");
    }

    #[test]
    fn the_units_are_the_hosts() {
        let host = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../host/policy/src/amount.rs"
        );
        let host = std::fs::read_to_string(host).unwrap();
        let own = include_str!("amount.rs");
        for table in ["const SIZE_UNITS", "const TIME_UNITS"] {
            let units = |source: &str| {
                let (_, rest) = source.split_once(table).unwrap();
                rest.split_once("];").unwrap().0.to_owned()
            };
            assert_eq!(units(own), units(&host), "{table}");
        }
    }
}
