//! Finds one person's identifiers, which the operator gives as parameters. It does not guess: what
//! was not given is not looked for. How they may be written, the crate `identifiers` knows.

use identifiers::{BEFORE, Identifiers};
use remit_guest::{Content, Entry, Failure, Findings, Scanner};

struct SubjectScanner;

impl Scanner for SubjectScanner {
    fn scan(_: &Entry, mut content: Content<'_>, found: &mut Findings<'_>) -> Result<(), Failure> {
        let subject = Identifiers::of_params()?;
        let mut covered = 0;
        while let Some(window) = content.next_window(BEFORE, subject.after())? {
            let done =
                usize::try_from(u64::saturating_sub(covered, window.offset)).unwrap_or(usize::MAX);
            subject.find(window.bytes, window.start, window.end, done, |hit| {
                covered = window.offset + hit.end as u64;
                let start = window.offset + hit.start as u64;
                found.report(start, hit.end - hit.start, hit.kind.rule())
            })?;
        }
        Ok(())
    }
}

remit_guest::scanner!(SubjectScanner);

#[cfg(test)]
mod tests;
