//! Where a scanner's findings go.

use crate::bindings::remit::workspace::scanning;
use crate::{Failure, Finding};

/// Findings sent at once; a call costs about a microsecond, a finding some forty bytes.
const BATCH: usize = 512;

/// The findings of one entry, in order of offset and without overlap.
pub struct Findings<'a> {
    sink: Sink<'a>,
    batch: Vec<Finding>,
}

enum Sink<'a> {
    Host(&'a scanning::Findings),
    /// For tests.
    List(&'a mut Vec<Finding>),
}

impl<'a> Findings<'a> {
    pub(crate) fn of_host(findings: &'a scanning::Findings) -> Self {
        Self {
            sink: Sink::Host(findings),
            batch: Vec::new(),
        }
    }

    /// Makes findings that go into a list: for tests.
    pub fn of_list(list: &'a mut Vec<Finding>) -> Self {
        Self {
            sink: Sink::List(list),
            batch: Vec::new(),
        }
    }

    /// Reports `length` bytes from `offset` (counted in the stream) for `rule`, which the manifest
    /// declares.
    pub fn report(&mut self, offset: u64, length: usize, rule: &str) -> Result<(), Failure> {
        let length = u32::try_from(length)
            .map_err(|_| Failure::new("invalid", "a finding is longer than 4 GiB"))?;
        self.batch.push(Finding {
            offset,
            length,
            rule: rule.to_owned(),
        });
        if self.batch.len() >= BATCH {
            self.flush()?;
        }
        Ok(())
    }

    /// Sends what was reported so far. The macro does so after the scan.
    pub fn flush(&mut self) -> Result<(), Failure> {
        if self.batch.is_empty() {
            return Ok(());
        }
        match &mut self.sink {
            Sink::Host(findings) => findings.report(&self.batch)?,
            Sink::List(list) => list.append(&mut self.batch),
        }
        self.batch.clear();
        Ok(())
    }
}
