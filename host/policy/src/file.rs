//! Strict reading of TOML files, with errors that point at the line.
//!
//! A table is taken apart key by key; a key that nobody asked for is an error. Not here: what
//! any key means.

use std::fmt::{self, Display};
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use remit_workspace::Pattern;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::TextError;

/// What is wrong in a file, and where. It stops the program; it is never a warning.
#[derive(Debug)]
pub struct FileError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    message: String,
    label: String,
    help: Option<String>,
    text: NamedSource<String>,
    at: Range<usize>,
    line: usize,
    column: usize,
}

impl FileError {
    /// What somebody says is wrong at a line and a column of a text, both counted from 1, the column
    /// in characters. None where the text has no such place.
    pub fn at(
        name: &str,
        text: &str,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> Option<Self> {
        let mut start = 0;
        for _before in 1..line {
            start += text[start..].find('\n')? + 1;
        }
        let rest = text[start..].lines().next().unwrap_or_default();
        let column = column.checked_sub(1)?;
        if line == 0 || column > rest.chars().count() {
            return None;
        }
        let marked: usize = rest.chars().take(column).map(char::len_utf8).sum();
        let width = rest[marked..].chars().next().map_or(0, char::len_utf8);
        let at = start + marked..start + marked + width;
        Some(File::new(name, text).error(at, message))
    }

    /// The column, counted from 1 in characters.
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// The name of the file, as it was given to the reader.
    pub fn file(&self) -> &str {
        self.0.text.name()
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// What would help, such as the nearest known key.
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Adds what would help.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    fn with_label(mut self, label: impl Into<String>) -> Self {
        self.0.label = label.into();
        self
    }
}

impl Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file(), self.line(), self.0.message)
    }
}

impl std::error::Error for FileError {}

impl Diagnostic for FileError {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.0
            .help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.0.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label =
            LabeledSpan::new_primary_with_span(Some(self.0.label.clone()), self.0.at.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

/// A file's name and text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    /// What errors point into: the same text, before anything in it was blanked out.
    pub(crate) shown: &'a str,
}

impl<'a> File<'a> {
    pub(crate) fn new(name: &'a str, text: &'a str) -> Self {
        let shown = text;
        Self { name, text, shown }
    }

    /// The most bytes a file may have: far more than people write, little enough to be shown whole.
    pub(crate) const BYTES_MAX: usize = 4 * 1024 * 1024;

    /// Bytes that must be UTF-8.
    pub(crate) fn of_bytes(name: &'a str, bytes: &'a [u8]) -> Result<Self, FileError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(File::new(name, "").error(
                0..0,
                format!("the file has more than {} bytes", Self::BYTES_MAX),
            ));
        }
        std::str::from_utf8(bytes)
            .map(|text| File::new(name, text))
            .map_err(|error| {
                let whole = String::from_utf8_lossy(bytes).into_owned();
                let at = error.valid_up_to();
                File::new(name, &whole).error(at..at, "the file is not UTF-8 from here on")
            })
    }

    pub(crate) fn error(&self, at: Range<usize>, message: impl Into<String>) -> FileError {
        let at = at.start.min(self.shown.len())..at.end.min(self.shown.len());
        let before = &self.shown.as_bytes()[..at.start];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        // Bytes, because a place need not be at a character's beginning; those that continue one aside.
        let column = 1 + before[line_start..]
            .iter()
            .filter(|byte| **byte & 0xc0 != 0x80)
            .count();
        FileError(Box::new(Inner {
            message: message.into(),
            label: "here".to_owned(),
            help: None,
            text: NamedSource::new(self.name, visible(self.shown)),
            at,
            line,
            column,
        }))
    }

    /// The whole file as a table, after its `version` was found to be 1.
    pub(crate) fn table(self, version_key: &'static str) -> Result<Table<'a>, FileError> {
        let mut table = self.unversioned()?;
        table.require(version_key)?.version_one(version_key)?;
        Ok(table)
    }

    /// The whole file as a table.
    pub(crate) fn unversioned(self) -> Result<Table<'a>, FileError> {
        let root = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().unwrap_or(0..0);
            self.error(at, error.message().trim_end().replace('\n', "; "))
        })?;
        Ok(Table::new(self, root.span(), root.into_inner()))
    }
}

/// Whether a character is drawn as nothing, or changes how those around it are drawn.
pub(crate) fn hides(c: char) -> bool {
    let is_drawn_as_nothing = matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}');
    is_drawn_as_nothing || (c.is_control() && !matches!(c, '\t' | '\n'))
}

/// A stranger's text as it may be shown around an error: byte for byte as long, so that places in it
/// stay where they are.
fn visible(text: &str) -> String {
    text.split_inclusive('\n')
        .flat_map(|line| {
            let end = line.len() - if line.ends_with("\r\n") { 2 } else { 0 };
            line.char_indices().map(move |(at, c)| (c, at >= end))
        })
        .fold(
            String::with_capacity(text.len()),
            |mut shown, (c, is_end)| {
                match hides(c) && !is_end {
                    true => shown.extend(std::iter::repeat_n('?', c.len_utf8())),
                    false => shown.push(c),
                }
                shown
            },
        )
}

/// A table that is being taken apart.
pub(crate) struct Table<'a> {
    file: File<'a>,
    at: Range<usize>,
    left: Vec<(Spanned<DeString<'a>>, Spanned<DeValue<'a>>)>,
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    fn new(file: File<'a>, at: Range<usize>, table: DeTable<'a>) -> Self {
        Self {
            file,
            at,
            left: table.into_iter().collect(),
            known: Vec::new(),
        }
    }

    /// The value of a key, if it is there.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Item<'a>> {
        self.known.push(key);
        let index = self
            .left
            .iter()
            .position(|(found, _)| found.get_ref() == key)?;
        let (_, value) = self.left.swap_remove(index);
        Some(Item {
            file: self.file,
            value,
        })
    }

    /// The value of a key that must be there.
    pub(crate) fn require(&mut self, key: &'static str) -> Result<Item<'a>, FileError> {
        self.take(key).ok_or_else(|| {
            let at = self.at.start..self.at.start;
            let error = self.file.error(at, format!("`{key}` is missing"));
            let meant = self.left.iter().map(|(found, _)| &**found.get_ref());
            match nearest(key, meant) {
                Some(found) => {
                    error.with_help(format!("is `{}` meant to be `{key}`?", shown(found)))
                }
                None => error,
            }
            .with_label(format!("this wants `{key}`"))
        })
    }

    /// A yes or no of a key; no when it is absent.
    pub(crate) fn flag(&mut self, key: &'static str) -> Result<bool, FileError> {
        self.take(key).map_or(Ok(false), |item| item.boolean())
    }

    /// Keys of the writer's own choosing, with their values. Nothing is left.
    pub(crate) fn into_named(self) -> impl Iterator<Item = (Item<'a>, Item<'a>)> {
        let file = self.file;
        self.left.into_iter().map(move |(key, value)| {
            let at = key.span();
            let key = Item {
                file,
                value: Spanned::new(at, DeValue::String(key.into_inner())),
            };
            (key, Item { file, value })
        })
    }

    /// Nothing may be left: a key that nobody knows is an error, because what it was to forbid or
    /// to allow would be lost in silence.
    pub(crate) fn finish(mut self) -> Result<(), FileError> {
        // The first in the file, whatever order the parser keeps.
        self.left.sort_by_key(|(key, _)| key.span().start);
        let Some((key, _)) = self.left.first() else {
            return Ok(());
        };
        let error = self
            .file
            .error(
                key.span(),
                format!("unknown key `{}`", shown(key.get_ref())),
            )
            .with_label("not known here");
        Err(match nearest(key.get_ref(), self.known.iter().copied()) {
            Some(known) => error.with_help(format!("did you mean `{known}`?")),
            None => error.with_help(format!("known here: {}", self.known.join(", "))),
        })
    }
}

/// A value, with its place.
pub(crate) struct Item<'a> {
    file: File<'a>,
    value: Spanned<DeValue<'a>>,
}

impl<'a> Item<'a> {
    pub(crate) fn error(&self, message: impl Into<String>) -> FileError {
        self.file.error(self.value.span(), message)
    }

    pub(crate) fn place(&self) -> Place<'a> {
        Place {
            file: self.file,
            at: self.value.span(),
        }
    }

    pub(crate) fn value(&self) -> &DeValue<'a> {
        self.value.get_ref()
    }

    fn wanted(&self, what: &str) -> FileError {
        self.error(format!(
            "{what} is wanted here, not {}",
            self.value().type_str()
        ))
    }

    pub(crate) fn str(&self) -> Result<&str, FileError> {
        self.value()
            .as_str()
            .ok_or_else(|| self.wanted("a text in quotes"))
    }

    /// A text that a person will be shown: one line, without control characters.
    pub(crate) fn words(&self) -> Result<String, FileError> {
        let text = self.str()?;
        if text.trim().is_empty() {
            return Err(self.error("this text is empty"));
        }
        if text.chars().count() > WORDS_MAX {
            return Err(self.error(format!("this text has more than {WORDS_MAX} characters")));
        }
        if text.chars().any(char::is_control) {
            return Err(self.error("this text holds a control character"));
        }
        Ok(text.to_owned())
    }

    pub(crate) fn boolean(&self) -> Result<bool, FileError> {
        self.value()
            .as_bool()
            .ok_or_else(|| self.wanted("`true` or `false`"))
    }

    pub(crate) fn integer(&self) -> Result<u64, FileError> {
        let number = self
            .value()
            .as_integer()
            .ok_or_else(|| self.wanted("a whole number"))?;
        u64::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| self.error("a whole number from 0 up is wanted here"))
    }

    /// The version of the file's form: this program knows one.
    pub(crate) fn version_one(&self, key: &'static str) -> Result<(), FileError> {
        match self.integer()? {
            1 => Ok(()),
            found => Err(self.error(format!("this program reads {key} 1, not {found}"))),
        }
    }

    /// Parses a text by its own rules.
    pub(crate) fn parsed<T>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Result<T, FileError> {
        parse(self.str()?).map_err(|error| self.error(error.to_string()))
    }

    pub(crate) fn pattern(&self) -> Result<Pattern, FileError> {
        self.parsed(crate::rights::pattern)
    }

    pub(crate) fn into_array(self) -> Result<Vec<Self>, FileError> {
        let place = self.place();
        let value = self.value.into_inner();
        let found = value.type_str();
        let DeValue::Array(array) = value else {
            return Err(place.error(format!("a list is wanted here, not {found}")));
        };
        let file = place.file;
        Ok(array
            .into_iter()
            .map(|value| Self { file, value })
            .collect())
    }

    /// A list of texts, or one text alone.
    pub(crate) fn into_texts(self) -> Result<Vec<Self>, FileError> {
        if self.value().is_str() {
            Ok(vec![self])
        } else {
            self.into_array()
        }
    }

    pub(crate) fn into_table(self) -> Result<Table<'a>, FileError> {
        let place = self.place();
        let value = self.value.into_inner();
        let found = value.type_str();
        let DeValue::Table(table) = value else {
            return Err(place.error(format!("a table is wanted here, not {found}")));
        };
        Ok(Table::new(place.file, place.at, table))
    }
}

/// Where a value was, for an error that is known only after it was taken apart.
pub(crate) struct Place<'a> {
    file: File<'a>,
    at: Range<usize>,
}

impl Place<'_> {
    pub(crate) fn error(&self, message: impl Into<String>) -> FileError {
        self.file.error(self.at.clone(), message)
    }
}

/// The most characters of a text that a person will be shown.
const WORDS_MAX: usize = 1000;

/// The known word that was probably meant.
pub(crate) fn nearest<'k>(
    found: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(found, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 6)
        .min()
        .map(|(_, word)| word)
}

/// A key as it may be shown: a quoted TOML key can hold anything.
fn shown(key: &str) -> String {
    key.chars().take(60).flat_map(char::escape_debug).collect()
}

/// A text as a TOML string.
pub(crate) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
