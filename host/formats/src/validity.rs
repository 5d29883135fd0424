//! Whether content is what its format promises, read as a stream in constant memory.

use crate::csv::Rows;
use crate::decode::Decoder;
use crate::error::FormatError;
use crate::format::Format;
use crate::json::{Event, Mode, Verdict, Walker};
use crate::marks::{LINE_BROKEN, Marks, line_mark};
use crate::utf8::Utf8Check;

/// What a [`Validator`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Nothing speaks against the format.
    Valid,
    /// The content is not what its format promises.
    Invalid {
        /// The first byte that does not fit, or the start of the line that does not. For UTF-16,
        /// counted in the decoded stream.
        offset: u64,
    },
}

/// Reads content and says whether it is valid.
///
/// Text: UTF-8. UTF-16: no half characters. JSON: one or more documents after one another.
/// JSON Lines: one document on each line that is not blank. CSV: UTF-8 (rows may be of any
/// length; only that redaction keeps their lengths is checked). All else of a syntax is not.
pub struct Validator {
    decoder: Option<Decoder>,
    decoded: Vec<u8>,
    encoding: Utf8Check,
    shape: Shape,
    offset: u64,
}

/// The part of a syntax that is watched.
enum Shape {
    /// JSON that must be.
    Json(Box<Walker>),
    /// JSON that the content may happen to be, whatever it is called.
    MaybeJson(Box<Walker>),
    Lines {
        walker: Box<Walker>,
        start: u64,
        first_broken: Option<u64>,
        marks: Marks,
    },
    Rows {
        rows: Box<Rows>,
        marks: Marks,
    },
}

impl Validator {
    /// Fails for [`Format::Binary`].
    pub fn new(format: Format) -> Result<Self, FormatError> {
        let walker = |mode| Box::new(Walker::new(mode));
        let shape = match format {
            Format::Binary => return Err(FormatError::Undecodable),
            Format::Json => Shape::Json(walker(Mode::Document)),
            Format::JsonLines => Shape::Lines {
                walker: walker(Mode::Lines),
                start: 0,
                first_broken: None,
                marks: Marks::default(),
            },
            Format::Csv => Shape::Rows {
                rows: Box::default(),
                marks: Marks::default(),
            },
            Format::Text | Format::Utf16Le | Format::Utf16Be => {
                Shape::MaybeJson(walker(Mode::Document))
            }
        };
        let decoder = match format.utf16_order() {
            Some(_) => Some(Decoder::new(format)?),
            None => None,
        };
        Ok(Self {
            decoder,
            decoded: Vec::new(),
            encoding: Utf8Check::default(),
            shape,
            offset: 0,
        })
    }

    /// Reads on.
    pub fn push(&mut self, raw: &[u8]) {
        self.read(raw, Keep::Nothing);
    }

    /// Ends the content.
    pub fn finish(mut self) -> Validity {
        self.end();
        let json = |walker: &Walker| {
            let verdict = walker.verdict();
            let empty = (verdict.n_values == 0).then_some(self.offset);
            verdict.broken.or(empty)
        };
        let shape = match &self.shape {
            Shape::Json(walker) => json(walker),
            Shape::Lines { first_broken, .. } => *first_broken,
            Shape::MaybeJson(_) | Shape::Rows { .. } => None,
        };
        let offsets = [self.encoding.broken(), shape];
        match offsets.into_iter().flatten().min() {
            Some(offset) => Validity::Invalid { offset },
            None => Validity::Valid,
        }
    }

    fn read(&mut self, raw: &[u8], keep: Keep) {
        let mut decoded = std::mem::take(&mut self.decoded);
        let bytes = match &mut self.decoder {
            None => raw,
            Some(decoder) => {
                decoded.clear();
                decoder.push(raw, &mut decoded);
                &decoded
            }
        };
        self.read_decoded(bytes, keep);
        self.decoded = decoded;
    }

    fn read_decoded(&mut self, bytes: &[u8], keep: Keep) {
        match self.decoder {
            // Half a character has already become U+FFFD, which is valid: look for that instead.
            Some(_) => self.encoding.push_converted(bytes),
            None => self.encoding.push(bytes),
        }
        match &mut self.shape {
            Shape::MaybeJson(walker) if walker.verdict().broken.is_some() => {}
            Shape::Json(walker) | Shape::MaybeJson(walker) => walk(walker, bytes, |_, _| {}),
            Shape::Lines {
                walker,
                start,
                first_broken,
                marks,
            } => {
                let base = self.offset;
                walk(walker, bytes, |line, at| {
                    let mark = line_mark(line);
                    if mark == LINE_BROKEN {
                        first_broken.get_or_insert(*start);
                    }
                    if keep == Keep::Marks {
                        marks.push(*start, mark);
                    }
                    *start = base + at as u64 + 1;
                });
            }
            Shape::Rows { rows, marks } => {
                if keep == Keep::Marks {
                    rows.push(bytes, marks);
                }
            }
        }
        self.offset += bytes.len() as u64;
    }

    fn end(&mut self) {
        let mut decoded = std::mem::take(&mut self.decoded);
        decoded.clear();
        if let Some(decoder) = &mut self.decoder {
            decoder.finish(&mut decoded);
        }
        self.read_decoded(&decoded, Keep::Marks);
        self.encoding.finish();
        match &mut self.shape {
            Shape::Json(walker) | Shape::MaybeJson(walker) => {
                walker.finish();
            }
            Shape::Lines {
                walker,
                start,
                first_broken,
                marks,
            } => {
                let mark = line_mark(walker.finish());
                if mark == LINE_BROKEN {
                    first_broken.get_or_insert(*start);
                }
                marks.push(*start, mark);
            }
            Shape::Rows { rows, marks } => rows.finish(marks),
        }
    }
}

/// Whether lines and rows are to be compared later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    Marks,
}

/// Runs the walker over `bytes`; `line` is told of each line that ends, and where.
fn walk(walker: &mut Walker, bytes: &[u8], mut line: impl FnMut(Verdict, usize)) {
    let mut at = 0;
    while at < bytes.len() {
        if let Some(n) = walker.plain_line(&bytes[at..]) {
            at += n;
            line(walker.last_line(), at - 1);
            continue;
        }
        at += walker.plain_run(&bytes[at..]);
        let Some(&byte) = bytes.get(at) else {
            return;
        };
        if walker.step(byte).event == Some(Event::LineEnd) {
            line(walker.last_line(), at);
        }
        at += 1;
    }
}

/// The same content before and after, compared: what was valid must stay so.
pub(crate) struct Kept {
    before: Validator,
    after: Validator,
    depth_matters: bool,
}

impl Kept {
    pub(crate) fn new(format: Format) -> Result<Self, FormatError> {
        Ok(Self {
            before: Validator::new(format)?,
            after: Validator::new(format)?,
            depth_matters: matches!(format, Format::Json | Format::JsonLines),
        })
    }

    /// Reads on, in step: `after` is what has come of the content up to the end of `before`.
    pub(crate) fn push(&mut self, before: &[u8], after: &[u8]) -> Result<(), FormatError> {
        self.before.read(before, Keep::Marks);
        self.after.read(after, Keep::Marks);
        self.compare_marks()?;
        self.check_depth()
    }

    pub(crate) fn finish(mut self, after: &[u8]) -> Result<(), FormatError> {
        self.after.read(after, Keep::Marks);
        self.before.end();
        self.after.end();
        self.compare_marks()?;
        self.check_depth()?;
        if self.before.encoding.broken().is_none()
            && let Some(offset) = self.after.encoding.broken()
        {
            return Err(FormatError::WouldBreak {
                syntax: "text",
                offset,
            });
        }
        let end = self.after.offset;
        match (&mut self.before.shape, &mut self.after.shape) {
            (Shape::Json(before), Shape::Json(after)) => {
                same_json(before.verdict(), after.verdict(), end)
            }
            (Shape::MaybeJson(before), Shape::MaybeJson(after)) => {
                let before = before.verdict();
                // A text of one number is no document.
                if before.n_values == 0 || before.n_scalars > 0 {
                    return Ok(());
                }
                same_json(before, after.verdict(), end)
            }
            (Shape::Lines { marks: before, .. }, Shape::Lines { marks: after, .. }) => {
                before.same_number("JSON Lines", after, end)
            }
            (Shape::Rows { marks: before, .. }, Shape::Rows { marks: after, .. }) => {
                before.same_number("CSV", after, end)
            }
            _ => unreachable!("both sides were made for one format"),
        }
    }

    fn compare_marks(&mut self) -> Result<(), FormatError> {
        match (&mut self.before.shape, &mut self.after.shape) {
            (Shape::Lines { marks: before, .. }, Shape::Lines { marks: after, .. }) => before
                .compare("JSON Lines", after, |before, after| {
                    before == LINE_BROKEN || before == after
                }),
            (Shape::Rows { marks: before, .. }, Shape::Rows { marks: after, .. }) => {
                before.compare("CSV", after, |before, after| before == after)
            }
            _ => Ok(()),
        }
    }

    /// Beyond the deepest nesting nothing can be said about a document, so it is refused.
    fn check_depth(&self) -> Result<(), FormatError> {
        let (Shape::Json(walker) | Shape::Lines { walker, .. }) = &self.before.shape else {
            return Ok(());
        };
        match walker.verdict().too_deep {
            Some(offset) if self.depth_matters => Err(FormatError::TooDeep { offset }),
            _ => Ok(()),
        }
    }
}

fn same_json(before: Verdict, after: Verdict, end: u64) -> Result<(), FormatError> {
    if before.broken.is_some() {
        return Ok(());
    }
    let changed = (before.n_values != after.n_values).then_some(end);
    match after.broken.or(changed) {
        Some(offset) => Err(FormatError::WouldBreak {
            syntax: "JSON",
            offset,
        }),
        None => Ok(()),
    }
}
