//! A container whose names are computed, not stored: a million of them cost a bit each.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;

use crate::blob::state::{Generation, Http, Kind, Name};
use crate::content::Content;
use crate::lease::Lease;

/// Blobs `<prefix>000000000`, `<prefix>000000001`, … of one size.
#[derive(Clone, Debug)]
pub(crate) struct Generated {
    prefix: String,
    count: u64,
    size: u64,
    piece: Bytes,
    made: Timestamp,
    /// One bit a name: whether it was touched and lies among the stored ones, or nowhere.
    taken: Vec<u64>,
}

impl Generated {
    pub(crate) fn new(prefix: String, count: u64, size: u64, made: Timestamp) -> Self {
        let pattern: Vec<u8> = (0..size.min(1 << 20))
            .map(|at| b"0123456789abcdefghijklmnopqrstuvwxyz\n"[(at % 37) as usize])
            .collect();
        let words = usize::try_from(count.div_ceil(64)).unwrap_or(usize::MAX);
        Self {
            prefix,
            count,
            size,
            piece: pattern.into(),
            made,
            taken: vec![0; words],
        }
    }

    fn spelled(&self, at: u64) -> String {
        format!("{}{at:09}", self.prefix)
    }

    fn number(&self, name: &str) -> Option<u64> {
        let digits = name.strip_prefix(self.prefix.as_str())?;
        if digits.len() < 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let at = digits.parse().ok()?;
        (at < self.count && self.spelled(at) == name).then_some(at)
    }

    fn is_taken(&self, at: u64) -> bool {
        usize::try_from(at / 64)
            .ok()
            .and_then(|word| self.taken.get(word))
            .is_none_or(|word| word & (1 << (at % 64)) != 0)
    }

    /// From now on this name is stored, or gone.
    pub(crate) fn take(&mut self, name: &str) {
        if let Some(at) = self.number(name)
            && let Ok(word) = usize::try_from(at / 64)
            && let Some(word) = self.taken.get_mut(word)
        {
            *word |= 1 << (at % 64);
        }
    }

    /// What lies under a computed name.
    pub(crate) fn find(&self, name: &str) -> Option<Name> {
        let at = self.number(name)?;
        (!self.is_taken(at)).then(|| Name {
            base: Some(self.generation(at)),
            ..Name::default()
        })
    }

    /// The first computed name at or after another, by order of names.
    pub(crate) fn from(&self, start: &str) -> Option<(String, Name)> {
        // Binary search: the names are in the order of their numbers.
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.spelled(middle).as_str() < start {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        while low < self.count {
            if !self.is_taken(low) {
                let name = Name {
                    base: Some(self.generation(low)),
                    ..Name::default()
                };
                return Some((self.spelled(low), name));
            }
            low += 1;
        }
        None
    }

    fn generation(&self, at: u64) -> Generation {
        Generation {
            kind: Kind::Block,
            content: Content::repeated(&self.piece, self.size),
            etag: format!("\"0x8C{at:013X}\""),
            created: self.made,
            modified: self.made,
            http: Http {
                content_type: "application/octet-stream".into(),
                ..Http::default()
            },
            metadata: BTreeMap::new(),
            tags: BTreeMap::new(),
            tier: None,
            lease: Lease::default(),
            immutability: None,
            legal_hold: false,
            sequence_number: 0,
            blocks: Vec::new(),
            appended: 0,
            version: None,
            snapshot: None,
            deleted: None,
        }
    }
}
