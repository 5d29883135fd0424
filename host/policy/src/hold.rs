//! Holds: what must stay as it is, because of a case.
//!
//! A hold wins over every right, and forbids to redact, rewrite, delete and archive. It forbids
//! neither listing, reading nor exporting: whoever holds something wants it to be seen.

use std::fmt;
use std::str::FromStr as _;

use remit_workspace::{EntryPath, Pattern, layout};
use toml::de::DeValue;
use toml_edit::{
    Array, ArrayOfTables, Datetime, DocumentMut, Item as EditItem, Table as EditTable,
};

use crate::cover::{Member, Protection, Subject};
use crate::file::{File, Item};
use crate::manifest::shown;
use crate::{FileError, TextError, cover};

/// Whose hold it is: the id of a case, of 1 to 64 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(Box<str>);

impl CaseId {
    /// Parses a case id.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        if text.is_empty() || text.len() > 64 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TextError::Case(shown(text)));
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    case: CaseId,
    paths: Vec<Protection>,
    reason: String,
    who: String,
    when: String,
}

impl Hold {
    /// A hold of these places. `paths` are patterns as people write them, at least one; `when` is a
    /// date or a date with a time.
    pub fn new<'p>(
        case: CaseId,
        paths: impl IntoIterator<Item = &'p str>,
        reason: &str,
        who: &str,
        when: &str,
    ) -> Result<Self, TextError> {
        let paths = paths
            .into_iter()
            .map(crate::rights::pattern)
            .collect::<Result<Vec<_>, _>>()?;
        let paths = protections(&paths);
        if paths.is_empty() {
            return Err(TextError::Words("the places of a hold"));
        }
        let (reason, who) = (
            words("the reason", reason)?,
            words("the name of who holds", who)?,
        );
        Ok(Self {
            case,
            paths,
            reason,
            who,
            when: date(when)?,
        })
    }

    /// Whose it is.
    pub fn case(&self) -> &CaseId {
        &self.case
    }

    /// What it covers.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &Pattern> {
        self.paths.iter().map(|path| &path.pattern)
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Who set it.
    pub fn who(&self) -> &str {
        &self.who
    }

    /// When it was set: a date, or a date with a time.
    pub fn when(&self) -> &str {
        &self.when
    }

    /// Whether it protects this entry: by name, as an owned part of a held record, or as the record
    /// of a held part.
    pub fn covers(&self, path: &EntryPath) -> bool {
        let subject = Subject::of(path);
        self.paths.iter().any(|path| path.protects(&subject))
    }

    /// Whether it forbids changing this member of an effect set. For a set that could not be
    /// enumerated it is enough that something held might be in it.
    pub(crate) fn forbids(&self, member: &Member<'_>) -> bool {
        match member {
            Member::Entry(subject) => self.paths.iter().any(|path| path.protects(subject)),
            Member::AllBelow(top) => {
                self.covers(top)
                    || self
                        .paths
                        .iter()
                        .any(|path| cover::may_reach(&path.pattern, top))
            }
        }
    }

    fn read(item: Item<'_>) -> Result<Self, FileError> {
        let mut table = item.into_table()?;
        let case = table.require("case")?.parsed(CaseId::parse)?;
        let places = table.require("paths")?;
        let place = places.place();
        let paths = places
            .into_texts()?
            .iter()
            .map(Item::pattern)
            .collect::<Result<Vec<_>, _>>()?;
        let paths = protections(&paths);
        if paths.is_empty() {
            return Err(place.error("a hold covers at least one place"));
        }
        let reason = table.require("reason")?.words()?;
        let who = table.require("who")?.words()?;
        let item = table.require("when")?;
        let when = match item.value() {
            DeValue::Datetime(when) => {
                date(&when.to_string()).map_err(|error| item.error(error.to_string()))?
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => item.parsed(date)?,
        };
        table.finish()?;
        Ok(Self {
            case,
            paths,
            reason,
            who,
            when,
        })
    }
}

/// Reads a list of holds. `version` may be left out.
pub(crate) fn read_holds(name: &str, text: &[u8]) -> Result<Vec<Hold>, FileError> {
    let mut table = File::of_bytes(name, text)?.unversioned()?;
    if let Some(version) = table.take("version")
        && version.integer()? != 1
    {
        return Err(version.error("this program reads version 1"));
    }
    let holds = match table.take("hold") {
        Some(item) => item
            .into_array()?
            .into_iter()
            .map(Hold::read)
            .collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    table.finish()?;
    Ok(holds)
}

/// The text of a hold list with one hold more; the text around it stays as it was.
///
/// Fails when the list as it is cannot be read.
pub fn add_hold(name: &str, text: Option<&[u8]>, hold: &Hold) -> Result<String, FileError> {
    let mut document = editable(name, text)?;
    let mut table = EditTable::new();
    table["case"] = toml_edit::value(hold.case.as_str());
    table["paths"] = toml_edit::value(hold.paths().map(Pattern::as_str).collect::<Array>());
    table["reason"] = toml_edit::value(&hold.reason);
    table["who"] = toml_edit::value(&hold.who);
    table["when"] = toml_edit::value(&hold.when);
    match document.get_mut("hold") {
        Some(EditItem::ArrayOfTables(tables)) => tables.push(table),
        Some(EditItem::Value(toml_edit::Value::Array(array))) => {
            array.push(table.into_inline_table())
        }
        Some(EditItem::None | EditItem::Table(_) | EditItem::Value(_)) | None => {
            let mut tables = ArrayOfTables::new();
            tables.push(table);
            document["hold"] = EditItem::ArrayOfTables(tables);
        }
    }
    checked(name, document.to_string())
}

/// The text of a hold list without the holds of one case, and how many those were.
pub fn remove_holds(
    name: &str,
    text: Option<&[u8]>,
    case: &CaseId,
) -> Result<(String, usize), FileError> {
    let before = read_holds(name, text.unwrap_or_default())?.len();
    let mut document = editable(name, text)?;
    let other = |found: Option<&str>| found != Some(case.as_str());
    match document.get_mut("hold") {
        Some(EditItem::ArrayOfTables(tables)) => {
            tables.retain(|table| other(table.get("case").and_then(EditItem::as_str)));
        }
        Some(EditItem::Value(toml_edit::Value::Array(array))) => array.retain(|value| {
            let table = value.as_inline_table();
            other(table.and_then(|table| table.get("case")?.as_str()))
        }),
        Some(EditItem::None | EditItem::Table(_) | EditItem::Value(_)) | None => {}
    }
    let text = checked(name, document.to_string())?;
    let after = read_holds(name, text.as_bytes())?.len();
    Ok((text, before - after))
}

fn editable(name: &str, text: Option<&[u8]>) -> Result<DocumentMut, FileError> {
    let bytes = text.unwrap_or_default();
    read_holds(name, bytes)?;
    let file = File::of_bytes(name, bytes)?;
    file.text
        .parse::<DocumentMut>()
        .map_err(|error| file.error(error.span().unwrap_or(0..0), error.message()))
}

/// What is written is read again: a list that cannot be read would stop every later run.
fn checked(name: &str, text: String) -> Result<String, FileError> {
    read_holds(name, text.as_bytes())?;
    Ok(text)
}

/// What these patterns, as people write them, protect.
fn protections(paths: &[Pattern]) -> Vec<Protection> {
    let meant = paths.iter().flat_map(layout::resolve);
    meant.map(Protection::of).collect()
}

fn words(what: &'static str, text: &str) -> Result<String, TextError> {
    let broken =
        text.trim().is_empty() || text.chars().count() > 1000 || text.chars().any(char::is_control);
    if broken {
        Err(TextError::Words(what))
    } else {
        Ok(text.to_owned())
    }
}

/// A text with a date in it; a time alone is none.
fn date(text: &str) -> Result<String, TextError> {
    match Datetime::from_str(text) {
        Ok(when) if when.date.is_some() => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err(TextError::When(shown(text))),
    }
}
