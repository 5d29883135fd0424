//! Gaps by their numbers: which of them a person accepted.

use std::collections::BTreeSet;
use std::fmt;

/// Numbers of gaps, from 1: written as `1-3,7`, or `none`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GapNumbers(BTreeSet<u64>);

impl GapNumbers {
    /// These numbers.
    pub fn new(numbers: impl IntoIterator<Item = u64>) -> Self {
        Self(numbers.into_iter().collect())
    }

    /// Adds numbers.
    pub fn extend(&mut self, more: &Self) {
        self.0.extend(&more.0);
    }

    /// The numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().copied()
    }

    /// The first of `1..=count` that is not among them.
    pub fn first_missing(&self, count: u64) -> Option<u64> {
        (1..=count).find(|number| !self.0.contains(number))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::default());
        }
        let mut numbers = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            if first == 0 || last < first || last - first > 1_000_000 {
                return None;
            }
            numbers.extend(first..=last);
        }
        Some(Self(numbers))
    }
}

impl fmt::Display for GapNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = self.0.iter().copied().peekable();
        if numbers.peek().is_none() {
            return f.write_str("none");
        }
        let mut separator = "";
        while let Some(first) = numbers.next() {
            let mut last = first;
            while numbers.next_if_eq(&(last + 1)).is_some() {
                last += 1;
            }
            match first == last {
                true => write!(f, "{separator}{first}")?,
                false => write!(f, "{separator}{first}-{last}")?,
            }
            separator = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_ranges_and_read_back() {
        for (numbers, text) in [
            (vec![], "none"),
            (vec![1], "1"),
            (vec![1, 2, 3, 7], "1-3,7"),
            (vec![2, 4], "2,4"),
        ] {
            let gaps = GapNumbers::new(numbers);
            assert_eq!(gaps.to_string(), text);
            assert_eq!(GapNumbers::parse(text), Some(gaps));
        }
        for broken in ["", "0", "3-1", "1,,2", "a", "1-99999999999"] {
            assert_eq!(GapNumbers::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn every_gap_must_be_accepted() {
        assert_eq!(GapNumbers::new([1, 3]).first_missing(3), Some(2));
        assert_eq!(GapNumbers::new([1, 2, 3]).first_missing(3), None);
        assert_eq!(GapNumbers::default().first_missing(0), None);
    }
}
