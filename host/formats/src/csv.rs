//! Counts the fields of comma-separated rows.

use csv_core::{ReadFieldResult, Reader};

use crate::marks::Marks;

/// Reads rows and marks each with its number of fields. Blank lines are no rows.
pub(crate) struct Rows {
    reader: Reader,
    offset: u64,
    row_start: u64,
    n_fields: u64,
    /// Where the reader puts fields, which are of no interest.
    field: [u8; 1024],
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            reader: Reader::new(),
            offset: 0,
            row_start: 0,
            n_fields: 0,
            field: [0; 1024],
        }
    }
}

impl Rows {
    pub(crate) fn push(&mut self, bytes: &[u8], marks: &mut Marks) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let n = self.read(rest, marks);
            rest = &rest[n..];
        }
    }

    /// Ends the last row.
    pub(crate) fn finish(&mut self, marks: &mut Marks) {
        // No input means the end to the reader, which may first hand over a last field.
        self.read(&[], marks);
        self.read(&[], marks);
    }

    fn read(&mut self, bytes: &[u8], marks: &mut Marks) -> usize {
        let (result, n, _) = self.reader.read_field(bytes, &mut self.field);
        self.offset += n as u64;
        match result {
            ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull | ReadFieldResult::End => {}
            ReadFieldResult::Field { record_end } => {
                self.n_fields += 1;
                if record_end {
                    marks.push(self.row_start, self.n_fields);
                    self.n_fields = 0;
                    self.row_start = self.offset;
                }
            }
        }
        n
    }
}
