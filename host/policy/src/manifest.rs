//! What a guest says of itself and asks for.

use std::collections::BTreeMap;
use std::fmt;

use toml::de::DeValue;

use crate::file::{File, Item, Table, nearest};
use crate::script::{self, Headless};
use crate::{Duration, FileError, Rights, Size, TextError};

/// A name that is safe on a command line, in a file name and on a terminal.
///
/// A lower-case letter, then at most 63 of `a-z`, `0-9`, `-` and `_`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

impl Name {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let safe =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        let starts = text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_lowercase());
        if !starts || text.len() > 64 || !text.bytes().all(safe) {
            return Err(TextError::Name(shown(text)));
        }
        Ok(Self(text.into()))
    }

    /// The name of a script that has none.
    pub(crate) fn script() -> Self {
        Self("script".into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Which of the three kinds of guest it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum World {
    /// Runs once and proposes.
    Workflow,
    /// Finds places in content.
    Scanner,
    /// Turns bytes into bytes.
    Converter,
}

impl World {
    /// Every world.
    pub const ALL: [Self; 3] = [Self::Workflow, Self::Scanner, Self::Converter];

    /// The word for it, which is also the world's name in WIT.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Scanner => "scanner",
            Self::Converter => "converter",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What the values of a parameter must look like. They reach the guest as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParamType {
    /// Any text.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// `90 days`.
    Duration,
    /// `20 GiB`.
    Size,
}

impl ParamType {
    /// Every type.
    pub const ALL: [Self; 5] = [
        Self::String,
        Self::Integer,
        Self::Boolean,
        Self::Duration,
        Self::Size,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Duration => "duration",
            Self::Size => "size",
        }
    }

    /// Whether a value is of this type.
    pub fn check(self, value: &str) -> Result<(), TextError> {
        let fits = match self {
            Self::String => true,
            Self::Integer => value.parse::<i64>().is_ok(),
            Self::Boolean => ["true", "false"].contains(&value),
            Self::Duration => Duration::parse(value).is_ok(),
            Self::Size => Size::parse(value).is_ok(),
        };
        if fits {
            Ok(())
        } else {
            Err(TextError::Type {
                found: shown(value),
                wanted: self.as_str(),
            })
        }
    }
}

/// A parameter that the operator gives values to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// What it is for.
    pub description: String,
    /// Whether the guest does not start without it.
    pub required: bool,
    /// Whether it may have several values.
    pub many: bool,
    /// Whether its values identify a person: then not from the command line, and never shown in evidence.
    pub personal: bool,
    /// What its values look like.
    pub of_type: ParamType,
    /// The values when none are given.
    pub default: Vec<String>,
}

/// A guest's manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its name.
    pub name: Name,
    /// Its version, as its author counts.
    pub version: String,
    /// Which kind of guest it is.
    pub world: World,
    /// What it does, in its author's words. Only a script may leave it empty.
    pub description: String,
    /// Rights without which it does not start.
    pub required: Rights,
    /// Rights without which it does less.
    pub optional: Rights,
    /// Scanners it names.
    pub scanners: Vec<Name>,
    /// Converters it names.
    pub converters: Vec<Name>,
    /// Its parameters.
    pub params: BTreeMap<Name, Param>,
    /// The rules its findings use, each with its description.
    pub rules: BTreeMap<Name, String>,
}

impl Manifest {
    /// Parses a manifest; `name` is what errors call it.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, FileError> {
        let mut table = File::of_bytes(name, text)?.table("manifest")?;
        let name = table.require("name")?.parsed(Name::parse)?;
        let version = table.require("version")?.parsed(version)?;
        let world = one_of(
            &table.require("world")?,
            &World::ALL.map(|world| (world.as_str(), world)),
        )?;
        let description = table.require("description")?.words()?;
        Self::of_parts(table, name, version, world, description)
    }

    /// Reads the header of a script; `file` is the name of its file, `-` or `-e`, from which it is named.
    ///
    /// The header says what a plugin's manifest says, and is the only thing that asks for anything.
    pub fn of_script(file: &str, text: &[u8], headless: Headless) -> Result<Self, FileError> {
        let file = File::of_bytes(file, text)?;
        let Some(header) = script::header(file)? else {
            return Ok(Self::headless(script::name_of(file.name), headless));
        };
        let mut table = File {
            text: &header.toml,
            ..file
        }
        .unversioned()?;
        if let Some(item) = table.take("manifest") {
            item.version_one("manifest")?;
        }
        let name = match table.take("name") {
            Some(item) => item.parsed(Name::parse)?,
            None => script::name_of(file.name),
        };
        let version = match table.take("version") {
            Some(item) => item.parsed(version)?,
            None => script::VERSION.to_owned(),
        };
        // What turns bytes into bytes is not written in a script.
        let worlds = [World::Workflow, World::Scanner].map(|world| (world.as_str(), world));
        let world = match table.take("world") {
            Some(item) => one_of(&item, &worlds)?,
            None => World::Workflow,
        };
        let description = match table.take("description") {
            Some(item) => item.words()?,
            None => header.description,
        };
        Self::of_parts(table, name, version, world, description)
    }

    fn headless(name: Name, asks: Headless) -> Self {
        Self {
            name,
            version: script::VERSION.to_owned(),
            world: World::Workflow,
            description: String::new(),
            required: Rights::none(),
            optional: match asks {
                Headless::AsksNothing => Rights::none(),
                Headless::TakesWhatIsGranted => Rights::all(),
            },
            scanners: Vec::new(),
            converters: Vec::new(),
            params: BTreeMap::new(),
            rules: BTreeMap::new(),
        }
    }

    /// The rest of the table, which nothing else may follow.
    fn of_parts(
        mut table: Table<'_>,
        name: Name,
        version: String,
        world: World,
        description: String,
    ) -> Result<Self, FileError> {
        let (required, optional) = asks(&mut table, world)?;
        let (mut scanners, mut converters) = (Vec::new(), Vec::new());
        if let Some(item) = table.take("uses") {
            let mut uses = item.into_table()?;
            scanners = names(&mut uses, "scanners")?;
            converters = names(&mut uses, "converters")?;
            uses.finish()?;
        }
        let params = named(&mut table, "params", param)?;
        let rules = named(&mut table, "rules", |item| {
            let mut rule = item.into_table()?;
            let description = rule.require("description")?.words()?;
            rule.finish()?;
            Ok(description)
        })?;
        table.finish()?;
        Ok(Self {
            name,
            version,
            world,
            description,
            required,
            optional,
            scanners,
            converters,
            params,
            rules,
        })
    }

    /// Everything it asks for, required or not.
    pub fn asks(&self) -> Rights {
        self.required.clone().and(&self.optional)
    }
}

/// The rights asked for. Scanners and converters are handed what they need and ask for none.
fn asks(table: &mut Table<'_>, world: World) -> Result<(Rights, Rights), FileError> {
    let Some(item) = table.take("asks") else {
        return Ok((Rights::none(), Rights::none()));
    };
    let place = item.place();
    let mut inner = item.into_table()?;
    let optional = match inner.take("optional") {
        Some(item) => {
            let mut table = item.into_table()?;
            let rights = Rights::take(&mut table)?;
            table.finish()?;
            rights
        }
        None => Rights::none(),
    };
    let required = Rights::take(&mut inner)?;
    inner.finish()?;
    match world {
        World::Workflow => Ok((required, optional)),
        World::Scanner | World::Converter if required.is_empty() && optional.is_empty() => {
            Ok((required, optional))
        }
        World::Scanner | World::Converter => Err(place.error(format!(
            "a {world} is handed the content of one entry and asks for no right"
        ))),
    }
}

fn names(table: &mut Table<'_>, key: &'static str) -> Result<Vec<Name>, FileError> {
    let Some(item) = table.take(key) else {
        return Ok(Vec::new());
    };
    item.into_texts()?
        .iter()
        .map(|item| item.parsed(Name::parse))
        .collect()
}

/// A table of the author's own names.
fn named<T>(
    table: &mut Table<'_>,
    key: &'static str,
    mut read: impl FnMut(Item<'_>) -> Result<T, FileError>,
) -> Result<BTreeMap<Name, T>, FileError> {
    let Some(item) = table.take(key) else {
        return Ok(BTreeMap::new());
    };
    let mut all = BTreeMap::new();
    for (key, value) in item.into_table()?.into_named() {
        all.insert(key.parsed(Name::parse)?, read(value)?);
        if all.len() > NAMES_MAX {
            return Err(key.error(format!("more than {NAMES_MAX} names")));
        }
    }
    Ok(all)
}

/// The most parameters, or rules, of one guest: what a person can be shown.
const NAMES_MAX: usize = 256;

fn param(item: Item<'_>) -> Result<Param, FileError> {
    let mut table = item.into_table()?;
    let description = table.require("description")?.words()?;
    let (required, many, personal) = (
        table.flag("required")?,
        table.flag("many")?,
        table.flag("personal")?,
    );
    let types = ParamType::ALL.map(|one| (one.as_str(), one));
    let of_type = table
        .take("type")
        .map(|item| one_of(&item, &types))
        .transpose()?
        .unwrap_or_default();
    let mut default = Vec::new();
    if let Some(item) = table.take("default") {
        if required {
            return Err(item.error("a required parameter has no default"));
        }
        let items = match (many, item.value().is_array()) {
            (true, true) => item.into_array()?,
            (false, true) => return Err(item.error("several values need `many = true`")),
            (_, false) => vec![item],
        };
        for item in items {
            let text = match item.value() {
                DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
                DeValue::Boolean(flag) => flag.to_string(),
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Datetime(_)
                | DeValue::Array(_)
                | DeValue::Table(_) => item.words()?,
            };
            of_type
                .check(&text)
                .map_err(|error| item.error(error.to_string()))?;
            default.push(text);
        }
    }
    table.finish()?;
    Ok(Param {
        description,
        required,
        many,
        personal,
        of_type,
        default,
    })
}

/// One of a few words.
pub(crate) fn one_of<T: Copy>(
    item: &Item<'_>,
    words: &[(&'static str, T)],
) -> Result<T, FileError> {
    let found = item.str()?;
    words
        .iter()
        .find(|(word, _)| *word == found)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let error = item.error(format!(
                "`{}` is none of {}",
                shown(found),
                known.join(", ")
            ));
            match nearest(found, known) {
                Some(word) => error.with_help(format!("did you mean `{word}`?")),
                None => error,
            }
        })
}

fn version(text: &str) -> Result<String, TextError> {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
    if text.is_empty() || text.len() > 64 || !text.bytes().all(safe) {
        return Err(TextError::Version(shown(text)));
    }
    Ok(text.to_owned())
}

/// Text of a stranger as it may be shown in a message.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}
