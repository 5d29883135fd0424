//! Finds employee numbers such as `EMP-004711`: copy this to start a detector of your own.
use std::sync::LazyLock;

use regex::bytes::Regex;
use remit_guest::{Content, Entry, Failure, Findings, Scanner};

struct EmployeeNumbers;

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bEMP-\d{6}\b").expect("the pattern is well-formed"));

impl Scanner for EmployeeNumbers {
    fn prepare() {
        // A first search builds the tables that every later one would have to build again.
        NUMBER.is_match(b"signed by EMP-12345 and EMP-000815");
    }

    fn scan(_: &Entry, mut content: Content<'_>, found: &mut Findings<'_>) -> Result<(), Failure> {
        while let Some(line) = content.next_line()? {
            for hit in NUMBER.find_iter(line.bytes) {
                found.report(
                    line.offset + hit.start() as u64,
                    hit.len(),
                    "employee-number",
                )?;
            }
        }
        Ok(())
    }
}

remit_guest::scanner!(EmployeeNumbers);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_numbers_and_nothing_else() {
        let text = b"EMP-004711 signed for EMP-000815, not XEMP-000001 nor EMP-12";
        let found = remit_guest::testing::Trial::new()
            .scan::<EmployeeNumbers>(text)
            .unwrap();
        let offsets: Vec<u64> = found.iter().map(|finding| finding.offset).collect();
        assert_eq!(offsets, [0, 22]);
    }
}
