//! Whether a stream is UTF-8.

/// Finds the first byte that is not UTF-8, across pushes.
#[derive(Debug, Default)]
pub(crate) struct Utf8Check {
    offset: u64,
    /// The start of a character whose end has not come yet.
    held: Vec<u8>,
    broken: Option<u64>,
}

impl Utf8Check {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        let mut rest = bytes;
        while !self.held.is_empty() {
            let [byte, tail @ ..] = rest else {
                return;
            };
            rest = tail;
            self.held.push(*byte);
            self.settle_held();
        }
        if self.broken.is_some() {
            return;
        }
        match std::str::from_utf8(rest) {
            Ok(_) => self.offset += rest.len() as u64,
            Err(error) => {
                let (valid, held) = rest.split_at(error.valid_up_to());
                self.offset += valid.len() as u64;
                match error.error_len() {
                    None => self.held.extend_from_slice(held),
                    Some(_) => self.broken = Some(self.offset),
                }
            }
        }
    }

    /// Reads what a decoder made of other bytes: the first U+FFFD is the first error.
    pub(crate) fn push_converted(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            let mark = "\u{fffd}".as_bytes();
            let at = bytes.windows(mark.len()).position(|part| part == mark);
            self.broken = at.map(|at| self.offset + at as u64);
            self.offset += bytes.len() as u64;
        }
    }

    pub(crate) fn finish(&mut self) {
        if !self.held.is_empty() {
            self.broken.get_or_insert(self.offset);
        }
    }

    pub(crate) fn broken(&self) -> Option<u64> {
        self.broken
    }

    fn settle_held(&mut self) {
        match std::str::from_utf8(&self.held) {
            Ok(_) => {
                self.offset += self.held.len() as u64;
                self.held.clear();
            }
            Err(error) if error.error_len().is_none() => {}
            Err(_) => {
                self.broken = Some(self.offset);
                self.held.clear();
            }
        }
    }
}
