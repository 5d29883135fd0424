//! Rights as somebody wrote them down: each right with its places.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use remit_workspace::{Pattern, layout};
use toml::de::DeValue;

use crate::cover::Member;
use crate::file::{File, Item, Table, nearest, quoted};
use crate::{FileError, Right, Strength, TextError, cover};

/// Rights with the patterns on which they hold, less the exceptions.
///
/// A right on a record covers its owned parts; only `archive`, which objects do not know, does not.
/// A stronger form of delete holds where a line grants it by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    lines: BTreeMap<Right, Vec<Line>>,
    except: Vec<Pattern>,
}

/// One pattern on which a right holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where.
    pub pattern: Pattern,
    /// How strongly, for `delete`; nothing for every other right.
    pub strength: Strength,
}

/// What [`Rights::shortfall`] found wanting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shortfall {
    /// No line of the right covers it.
    Right,
    /// The right holds, but not as strongly.
    Strength(Strength),
    /// This exception takes it out.
    Excepted(Pattern),
}

impl Rights {
    /// No rights at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// All rights, as strong as they are, on everything.
    pub fn all() -> Self {
        let everything = Pattern::everything();
        Right::ALL.into_iter().fold(Self::none(), |rights, right| {
            rights.with(right, everything.clone(), Strength::ALL)
        })
    }

    /// With this right on these places as well. A strength is dropped from every right but delete.
    #[must_use]
    pub fn with(mut self, right: Right, pattern: Pattern, strength: Strength) -> Self {
        let strength = if right == Right::Delete {
            strength
        } else {
            Strength::default()
        };
        let lines = self.lines.entry(right).or_default();
        for pattern in layout::resolve(&pattern) {
            let line = Line { pattern, strength };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        self
    }

    /// Without these places.
    #[must_use]
    pub fn without(mut self, pattern: Pattern) -> Self {
        for pattern in layout::resolve(&pattern) {
            if !self.except.contains(&pattern) {
                self.except.push(pattern);
            }
        }
        self
    }

    /// All lines and all exceptions of both.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let all = other
            .rights()
            .flat_map(|right| other.lines(right).iter().map(move |line| (right, line)));
        let joined = all.fold(self, |rights, (right, line)| {
            rights.with(right, line.pattern.clone(), line.strength)
        });
        other.except.iter().cloned().fold(joined, Self::without)
    }

    /// The rights that hold somewhere.
    pub fn rights(&self) -> impl Iterator<Item = Right> + '_ {
        self.lines.keys().copied()
    }

    /// Where a right holds, in the order in which it was written.
    pub fn lines(&self, right: Right) -> &[Line] {
        self.lines.get(&right).map_or(&[], Vec::as_slice)
    }

    /// The places taken out, whatever the right.
    pub fn exceptions(&self) -> &[Pattern] {
        &self.except
    }

    /// Whether no right holds anywhere.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Parses a file that holds rights and nothing else.
    pub fn parse(name: &str, text: &[u8]) -> Result<Self, FileError> {
        let mut table = File::of_bytes(name, text)?.unversioned()?;
        let rights = Self::take(&mut table)?;
        table.finish()?;
        Ok(rights)
    }

    /// Takes the rights out of a table that may hold more.
    pub(crate) fn take(table: &mut Table<'_>) -> Result<Self, FileError> {
        let mut rights = Self::none();
        for right in Right::ALL {
            let Some(item) = table.take(right.as_str()) else {
                continue;
            };
            for Line { pattern, strength } in lines(item, right)? {
                rights = rights.with(right, pattern, strength);
            }
        }
        if let Some(item) = table.take("except") {
            for item in item.into_texts()? {
                rights = rights.without(item.pattern()?);
            }
        }
        Ok(rights)
    }

    /// As TOML that [`Rights::parse`] reads back to an equal value.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for (right, lines) in &self.lines {
            let _infallible = writeln!(text, "{right} = {}", written(lines));
        }
        if !self.except.is_empty() {
            let _infallible = writeln!(
                text,
                "except = {}",
                list(self.except.iter().map(|one| quoted(one.as_str())))
            );
        }
        text
    }

    /// What is missing for this right, this strongly, on this member of an effect set; none if it holds.
    pub(crate) fn shortfall(
        &self,
        right: Right,
        strength: Strength,
        member: &Member<'_>,
    ) -> Option<Shortfall> {
        let covers = |line: &&Line| match (member, right) {
            (Member::Entry(subject), Right::Archive) => line.pattern.governs(subject.path()),
            (Member::Entry(subject), _) => cover::covers(&line.pattern, subject),
            (Member::AllBelow(top), _) => cover::covers_all(&line.pattern, top),
        };
        let mut held = Strength::default();
        let mut holds = false;
        for line in self.lines(right).iter().filter(covers) {
            holds = true;
            held = held.and(line.strength);
        }
        if !holds {
            return Some(Shortfall::Right);
        }
        let excepted = self.except.iter().find(|pattern| match member {
            Member::Entry(subject) => cover::covers(pattern, subject),
            Member::AllBelow(top) => cover::may_reach(pattern, top),
        });
        if let Some(pattern) = excepted {
            return Some(Shortfall::Excepted(pattern.clone()));
        }
        let missing = strength
            .each()
            .filter(|one| !held.includes(*one))
            .fold(Strength::default(), Strength::and);
        (missing != Strength::default()).then_some(Shortfall::Strength(missing))
    }
}

/// Parses `--allow`: `delete=/runs/**` or `delete+purge=/runs/**`, the pattern in quotes or not.
pub fn parse_allow(text: &str) -> Result<Rights, TextError> {
    let (word, place) = text
        .split_once('=')
        .ok_or_else(|| TextError::Allow(text.to_owned()))?;
    let mut words = word.trim().split('+');
    let found = words.next().unwrap_or_default();
    let right = Right::parse(found).ok_or_else(|| TextError::UnknownRight {
        found: found.to_owned(),
        nearest: nearest(found, Right::ALL.into_iter().map(Right::as_str)),
    })?;
    let mut strength = Strength::default();
    for word in words {
        if right != Right::Delete {
            return Err(TextError::NoStrongerForm(right.as_str()));
        }
        if !strength.set(word) {
            return Err(TextError::UnknownStrength {
                found: word.to_owned(),
                nearest: nearest(word, Strength::NAMES),
            });
        }
    }
    Ok(Rights::none().with(right, pattern(unquoted(place.trim()))?, strength))
}

/// A pattern as it is written: what it means is for whoever keeps it to [`layout::resolve`].
pub(crate) fn pattern(text: &str) -> Result<Pattern, TextError> {
    Ok(Pattern::parse(text)?)
}

/// Without one pair of quotes, which a shell of another system may have left.
pub(crate) fn unquoted(text: &str) -> &str {
    ['\'', '"']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(text)
}

/// `"/a"`, `["/a", { paths = ["/b"], purge = true }]` or `{ paths = ["/a"], purge = true }`.
fn lines(item: Item<'_>, right: Right) -> Result<Vec<Line>, FileError> {
    match item.value() {
        DeValue::String(_) => Ok(vec![Line {
            pattern: item.pattern()?,
            strength: Strength::default(),
        }]),
        DeValue::Table(_) if right != Right::Delete => Err(item.error(format!(
            "a list of patterns is wanted here: {}",
            TextError::NoStrongerForm(right.as_str())
        ))),
        DeValue::Table(_) => {
            let mut table = item.into_table()?;
            let paths = table.require("paths")?.into_texts()?;
            let strength = Strength {
                purge: table.flag("purge")?,
                cascade: table.flag("cascade")?,
                cancel: table.flag("cancel")?,
            };
            table.finish()?;
            paths
                .iter()
                .map(|path| {
                    Ok(Line {
                        pattern: path.pattern()?,
                        strength,
                    })
                })
                .collect()
        }
        DeValue::Array(_) => {
            let mut all = Vec::new();
            for item in item.into_array()? {
                if matches!(item.value(), DeValue::Array(_)) {
                    return Err(item.error("a pattern is wanted here, not another list"));
                }
                all.extend(lines(item, right)?);
            }
            Ok(all)
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            Err(item.error("a list of patterns is wanted here, such as [\"/runs/**\"]"))
        }
    }
}

/// The lines in their order; neighbours of one strength share a table.
fn written(lines: &[Line]) -> String {
    let groups: Vec<String> = lines
        .chunk_by(|one, other| one.strength == other.strength)
        .map(|group| {
            let paths = group.iter().map(|line| quoted(line.pattern.as_str()));
            let strength = group.first().map(|line| line.strength).unwrap_or_default();
            if strength == Strength::default() {
                return paths.collect::<Vec<_>>().join(", ");
            }
            let flags: String = strength
                .names()
                .map(|name| format!(", {name} = true"))
                .collect();
            format!("{{ paths = {}{flags} }}", list(paths))
        })
        .collect();
    match groups.as_slice() {
        [one] if one.starts_with('{') => one.clone(),
        _ => list(groups.into_iter()),
    }
}

pub(crate) fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}
