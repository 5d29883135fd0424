//! A script's header: the `//!` lines at its top, which say what a plugin's manifest says.
//!
//! What is no TOML is blanked out rather than cut, so that every error points at the script's own line.
//! Not here: what the keys mean (`manifest`), and anything about the script below its header.

use std::path::Path;

use toml::de::DeTable;

use crate::file::{File, hides};
use crate::{FileError, Name};

/// What a script without a header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headless {
    /// Nothing: a file that may come from anybody says what it wants.
    AsksNothing,
    /// Whatever it is granted: who types a script at the keyboard need not ask himself.
    TakesWhatIsGranted,
}

/// The version of a script that does not say one.
pub(crate) const VERSION: &str = "0";

/// A header, taken apart.
#[derive(Debug)]
pub(crate) struct Header {
    /// The first paragraph, as one line.
    pub(crate) description: String,
    /// As long as the header's part of the script, with everything but the TOML blank.
    pub(crate) toml: String,
}

/// What stands for the file of a script that was typed.
const TYPED: &str = "-e";

/// How every line of a header begins.
const MARK: &str = "//!";

/// The most characters of a description: what a person will read.
const DESCRIPTION_CHARS_MAX: usize = 1000;

/// Where a line of the top of a script stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Before,
    Description,
    Toml,
}

/// The header of a script; none where it has none.
///
/// Nothing in it may be hidden from whoever reads it, and what looks like a header is one or is refused.
pub(crate) fn header(file: File<'_>) -> Result<Option<Header>, FileError> {
    let mut header = Header {
        description: String::new(),
        toml: String::new(),
    };
    let mut part = Part::Before;
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let at = start..start + line.trim_end_matches(['\r', '\n']).len();
        start += line.len();
        let is_first = at.start == 0;
        let Some(said) = line.strip_prefix(MARK) else {
            if part != Part::Before {
                break;
            }
            if line
                .trim_start_matches(|c: char| c.is_whitespace() || hides(c))
                .starts_with(MARK)
            {
                return Err(file.error(
                    at,
                    "a header's lines begin with `//!`, and nothing stands before it",
                ));
            }
            let is_passed = (is_first && line.starts_with("#!")) || line.trim_ascii().is_empty();
            if !is_passed {
                break;
            }
            refuse_hidden(file, at.start, line)?;
            blank(&mut header.toml, line);
            continue;
        };
        refuse_hidden(file, at.start, line)?;
        let said_in_full = said.trim_ascii();
        match (part, said_in_full.is_empty()) {
            (Part::Toml, _) => {
                blank(&mut header.toml, MARK);
                header.toml.push_str(said);
                continue;
            }
            (_, true) => part = Part::Toml,
            (_, false)
                if DeTable::parse(said_in_full).is_ok_and(|table| !table.get_ref().is_empty()) =>
            {
                let error = file.error(
                    at,
                    "this stands in the description and would ask for nothing",
                );
                return Err(error.with_help(format!("put a line `{MARK}` before it")));
            }
            (_, false) => {
                part = Part::Description;
                let space = if header.description.is_empty() {
                    ""
                } else {
                    " "
                };
                header.description.push_str(space);
                header.description.push_str(said_in_full);
                if header.description.chars().count() > DESCRIPTION_CHARS_MAX {
                    let message =
                        format!("the description has more than {DESCRIPTION_CHARS_MAX} characters");
                    return Err(file.error(at, message));
                }
            }
        }
        blank(&mut header.toml, line);
    }
    Ok((part != Part::Before).then_some(header))
}

/// Refuses what a reader of the line does not see, or sees in another order.
fn refuse_hidden(file: File<'_>, start: usize, line: &str) -> Result<(), FileError> {
    let text = line.strip_suffix("\r\n").unwrap_or(line);
    // A line break that is one to some readers only would be found here too.
    match text.char_indices().find(|(_, c)| hides(*c)) {
        Some((at, c)) => {
            let at = start + at;
            let message = format!(
                "a header holds nothing hidden, and this is U+{:04X}",
                u32::from(c)
            );
            Err(file.error(at..at + c.len_utf8(), message))
        }
        None => Ok(()),
    }
}

/// As many bytes of nothing, line ends aside.
fn blank(toml: &mut String, text: &str) {
    toml.extend(text.bytes().map(|byte| match byte {
        b'\n' => '\n',
        _ => ' ',
    }));
}

/// A safe name after the file: `Clean up.rhai` is `clean-up`.
pub(crate) fn name_of(file: &str) -> Name {
    if file == TYPED {
        return Name::script();
    }
    let stem = Path::new(file)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let safe: String = stem
        .to_ascii_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .skip_while(|c| !c.is_ascii_lowercase())
        .take(64)
        .collect();
    Name::parse(safe.trim_end_matches('-')).unwrap_or_else(|_nothing_left| Name::script())
}
