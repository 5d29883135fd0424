//! Watches that no object gets two equal keys it did not have.
//!
//! Keys are kept as pairs of 64-bit hashes, of the key before and after. Equal keys always meet;
//! two different keys with one hash would only cause a refusal.

use crate::error::FormatError;
use crate::json::Event;

/// Most keys of open objects that are remembered, 16 bytes each. An object that has more is cut
/// as long as none of its keys is.
pub const MAX_KEYS: usize = 1 << 18;

pub(crate) struct Keys {
    limit: usize,
    seen: Vec<Pair>,
    objects: Vec<Object>,
    current: Option<Current>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    after: u64,
    before: u64,
}

struct Object {
    first_key: usize,
    edited: bool,
    forgotten: bool,
}

struct Current {
    pair: Pair,
    edited: bool,
}

impl Keys {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            seen: Vec::new(),
            objects: Vec::new(),
            current: None,
        }
    }

    /// Text of a key that stays as it is.
    #[inline]
    pub(crate) fn keep(&mut self, text: &[u8]) {
        self.cut(text);
        self.put(text);
    }

    /// Text of a key as it was before an edit.
    pub(crate) fn cut(&mut self, text: &[u8]) {
        if let Some(current) = &mut self.current {
            current.pair.before = hash(current.pair.before, text);
        }
    }

    /// Text that an edit puts into a key.
    pub(crate) fn put(&mut self, text: &[u8]) {
        if let Some(current) = &mut self.current {
            current.pair.after = hash(current.pair.after, text);
        }
    }

    /// An edit reaches into the key, whether or not it puts anything there.
    pub(crate) fn mark_edited(&mut self) {
        if let Some(current) = &mut self.current {
            current.edited = true;
        }
    }

    /// Whether no edit has reached into a key of the objects that are open.
    pub(crate) fn are_untouched(&self) -> bool {
        !self.objects.iter().any(|object| object.edited)
            && self.current.as_ref().is_none_or(|current| !current.edited)
    }

    pub(crate) fn event(&mut self, event: Event, offset: u64) -> Result<(), FormatError> {
        match event {
            Event::ObjectStart => self.objects.push(Object {
                first_key: self.seen.len(),
                edited: false,
                forgotten: false,
            }),
            Event::KeyStart => {
                self.current = Some(Current {
                    pair: Pair {
                        after: SEED,
                        before: SEED,
                    },
                    edited: false,
                });
            }
            Event::KeyEnd => self.end_key(),
            Event::ObjectEnd => return self.end_object(offset),
            Event::LineEnd => self.clear(),
        }
        Ok(())
    }

    /// Forgets everything: what was read is no JSON, and has no keys to keep apart.
    pub(crate) fn clear(&mut self) {
        self.seen.clear();
        self.objects.clear();
        self.current = None;
    }

    fn end_key(&mut self) {
        let (Some(current), Some(object)) = (self.current.take(), self.objects.last_mut()) else {
            return;
        };
        object.edited |= current.edited;
        if self.seen.len() < self.limit {
            self.seen.push(current.pair);
        } else {
            object.forgotten = true;
        }
    }

    fn end_object(&mut self, offset: u64) -> Result<(), FormatError> {
        let Some(object) = self.objects.pop() else {
            return Ok(());
        };
        if object.edited && object.forgotten {
            return Err(FormatError::TooManyKeys { offset });
        }
        let keys = &mut self.seen[object.first_key..];
        if object.edited {
            keys.sort_unstable();
            let merges =
                |pair: &[Pair]| pair[0].after == pair[1].after && pair[0].before != pair[1].before;
            if keys.windows(2).any(merges) {
                return Err(FormatError::EqualKeys { offset });
            }
        }
        self.seen.truncate(object.first_key);
        Ok(())
    }
}

/// FNV-1a. No secret is needed: a forged collision gains its author a refusal.
const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn hash(state: u64, text: &[u8]) -> u64 {
    text.iter().fold(state, |state, &byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One object with `n` keys, the first edited.
    fn end_of_object(limit: usize, n: usize) -> Result<(), FormatError> {
        let mut keys = Keys::new(limit);
        keys.event(Event::ObjectStart, 0).unwrap();
        for i in 0..n {
            keys.event(Event::KeyStart, 1).unwrap();
            keys.keep(&i.to_le_bytes());
            if i == 0 {
                keys.mark_edited();
            }
            keys.event(Event::KeyEnd, 2).unwrap();
        }
        keys.event(Event::ObjectEnd, 3)
    }

    #[test]
    fn an_object_with_too_many_keys_is_refused_only_beyond_the_limit() {
        assert!(end_of_object(5, 5).is_ok());
        let error = end_of_object(5, 6).unwrap_err();
        assert!(matches!(error, FormatError::TooManyKeys { offset: 3 }));
    }
}
