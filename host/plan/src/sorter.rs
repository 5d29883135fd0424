//! Sorts more lines than fit in memory: sorted runs on disk, merged when read.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _};
use std::path::PathBuf;

use itertools::Itertools as _;

/// Lines with their keys, in memory until they are many: then in sorted runs on disk.
pub struct Sorter {
    scratch: PathBuf,
    buffer: Vec<Keyed>,
    buffered_bytes: usize,
    run_bytes_max: usize,
    runs: Vec<File>,
}

/// A line and what it is sorted by. Lines with equal keys come in no promised order.
struct Keyed {
    key: String,
    line: String,
}

impl Sorter {
    /// Bytes of lines and keys held in memory before they go to disk.
    const RUN_BYTES_MAX: usize = 16 * 1024 * 1024;

    /// A sorter that keeps its runs in files without a name in the folder `scratch`.
    pub fn new(scratch: PathBuf) -> Self {
        Self {
            scratch,
            buffer: Vec::new(),
            buffered_bytes: 0,
            run_bytes_max: Self::RUN_BYTES_MAX,
            runs: Vec::new(),
        }
    }

    #[cfg(test)]
    fn with_run_bytes_max(scratch: PathBuf, run_bytes_max: usize) -> Self {
        Self {
            run_bytes_max,
            ..Self::new(scratch)
        }
    }

    /// Takes a line; neither it nor its key may hold a line feed.
    pub fn push(&mut self, key: String, line: String) -> io::Result<()> {
        debug_assert!(
            !key.contains('\n') && !line.contains('\n'),
            "BUG: a line feed inside a line"
        );
        self.buffered_bytes += key.len() + line.len();
        self.buffer.push(Keyed { key, line });
        if self.buffered_bytes < self.run_bytes_max {
            return Ok(());
        }
        self.buffer.sort_by(|a, b| a.key.cmp(&b.key));
        let mut run = BufWriter::new(tempfile::tempfile_in(&self.scratch)?);
        for Keyed { key, line } in self.buffer.drain(..) {
            writeln!(run, "{key}\n{line}")?;
        }
        let mut run = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        run.rewind()?;
        self.runs.push(run);
        self.buffered_bytes = 0;
        Ok(())
    }

    /// The lines in order of their keys.
    pub fn sorted(mut self) -> impl Iterator<Item = io::Result<String>> {
        self.buffer.sort_by(|a, b| a.key.cmp(&b.key));
        let in_memory: Box<dyn Iterator<Item = io::Result<Keyed>>> =
            Box::new(self.buffer.into_iter().map(Ok));
        self.runs
            .into_iter()
            .map(|run| Box::new(read_run(run)) as Box<dyn Iterator<Item = io::Result<Keyed>>>)
            .chain([in_memory])
            // An error sorts first, so that it is met and not passed over.
            .kmerge_by(|a, b| match (a, b) {
                (Ok(a), Ok(b)) => a.key.cmp(&b.key) == Ordering::Less,
                (Err(_), _) => true,
                (Ok(_), Err(_)) => false,
            })
            .map_ok(|keyed| keyed.line)
    }
}

fn read_run(run: File) -> impl Iterator<Item = io::Result<Keyed>> {
    let mut lines = BufReader::new(run).lines();
    std::iter::from_fn(move || {
        let key = lines.next()?;
        Some(key.and_then(|key| {
            let line = lines
                .next()
                .unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))?;
            Ok(Keyed { key, line })
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// However many lines come, what waits in memory stays within its bound.
    #[test]
    fn what_waits_in_memory_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::with_run_bytes_max(folder.path().to_owned(), 1000);
        for n in 0..10_000 {
            sorter.push(format!("{n}"), format!("line {n}")).unwrap();
            assert!(sorter.buffered_bytes < 1000 && sorter.buffer.len() < 1000);
        }
        assert!(sorter.runs.len() > 10);
        assert_eq!(sorter.sorted().count(), 10_000);
    }

    proptest! {
        #[test]
        fn sorts_like_memory_does(keys in prop::collection::vec("[a-c/]{0,4}", 0..200), run_bytes_max in 1..400_usize) {
            let folder = tempfile::tempdir().unwrap();
            let mut sorter = Sorter::with_run_bytes_max(folder.path().to_owned(), run_bytes_max);
            for (index, key) in keys.iter().enumerate() {
                sorter.push(key.clone(), format!("{key} {index}")).unwrap();
            }
            let mut expect: Vec<(String, usize)> = keys.iter().cloned().zip(0..).collect();
            expect.sort_by(|a, b| a.0.cmp(&b.0));
            let sorted: Vec<String> = sorter.sorted().map(Result::unwrap).collect();
            let keys_only = |lines: &[String]| lines.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>();
            let expect: Vec<String> = expect.into_iter().map(|(key, index)| format!("{key} {index}")).collect();
            prop_assert_eq!(keys_only(&sorted), keys_only(&expect));
            let (mut a, mut b) = (sorted, expect);
            a.sort();
            b.sort();
            prop_assert_eq!(a, b);
        }
    }
}
