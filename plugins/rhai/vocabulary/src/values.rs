//! The values that a script holds: small handles, shared rather than copied.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use remit_guest::{Entry, Failure};
use rhai::{Dynamic, EvalAltResult, ImmutableString, NativeCallContext};

use crate::failure::{CODE, misuse, raise};
use crate::host::{Act, Host, What};
use crate::limits;
use crate::program::Program;

/// What a word answers.
pub(crate) type Answer<T> = Result<T, Box<EvalAltResult>>;

/// What a `for` loop goes over.
pub(crate) type Each<T> = Box<dyn Iterator<Item = Answer<T>>>;

/// One run of a script: what the engine carries along for words that are said of nothing.
pub(crate) struct Run {
    pub(crate) program: Program,
    /// The plan's instant; a scanner is told none.
    pub(crate) now_ms: Option<i64>,
}

impl Run {
    /// Finds the run in the engine's own keeping.
    pub(crate) fn of(context: &NativeCallContext<'_>) -> Answer<Rc<Self>> {
        context
            .tag()
            .and_then(|tag| tag.read_lock::<Rc<Self>>().map(|run| Rc::clone(&run)))
            .ok_or_else(|| misuse("nothing is being run"))
    }
}

/// A scope, as everything that came from it remembers it.
pub(crate) struct Within {
    pub(crate) host: Box<dyn Host>,
    pub(crate) run: Rc<Run>,
}

impl Within {
    /// The scanner's name: `self` is the script's own.
    pub(crate) fn scanner(&self, name: &str) -> String {
        match name {
            "self" => self.run.program.name.clone(),
            name => name.to_owned(),
        }
    }
}

/// `scope`.
#[derive(Clone)]
pub(crate) struct Scope(pub(crate) Rc<Within>);

/// What `scope.list` selects: nothing is asked of the host before a loop goes over it.
#[derive(Clone)]
pub(crate) struct Selection {
    pub(crate) within: Rc<Within>,
    pub(crate) what: What,
}

impl Selection {
    /// The selection with one more condition.
    pub(crate) fn and(&self, add: impl FnOnce(&mut What)) -> Self {
        let mut refined = self.clone();
        add(&mut refined.what);
        refined
    }
}

impl IntoIterator for Selection {
    type Item = Answer<Item>;
    type IntoIter = Each<Item>;

    fn into_iter(self) -> Each<Item> {
        let listed = self.within.host.list(&self.what);
        items(self.within, listed)
    }
}

/// The parts of a record: those that are its own, or those that it points to.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) record: Item,
    pub(crate) owned: bool,
}

impl IntoIterator for Parts {
    type Item = Answer<Item>;
    type IntoIter = Each<Item>;

    fn into_iter(self) -> Each<Item> {
        let within = Rc::clone(self.record.within());
        let listed = match self.owned {
            true => within.host.owned_parts(self.record.entry()),
            false => within.host.referenced_parts(self.record.entry()),
        };
        items(within, listed)
    }
}

/// Entries as a script's values. A failure ends the loop and the script: unknown is not empty.
fn items(
    within: Rc<Within>,
    listed: Result<impl Iterator<Item = Result<Entry, Failure>> + 'static, Failure>,
) -> Each<Item> {
    match listed {
        Ok(entries) => Box::new(entries.map(move |entry| match entry {
            Ok(entry) => Ok(Item::new(entry, Rc::clone(&within))),
            Err(failure) => Err(raise(failure)),
        })),
        Err(failure) => Box::new(std::iter::once(Err(raise(failure)))),
    }
}

/// An entry.
#[derive(Clone)]
pub(crate) struct Item(Rc<(Entry, Rc<Within>)>);

impl Item {
    pub(crate) fn new(entry: Entry, within: Rc<Within>) -> Self {
        Self(Rc::new((entry, within)))
    }

    pub(crate) fn entry(&self) -> &Entry {
        &self.0.0
    }

    pub(crate) fn within(&self) -> &Rc<Within> {
        &self.0.1
    }

    /// The first value of a property.
    pub(crate) fn property(&self, name: &str) -> Dynamic {
        optional(self.entry().property(name))
    }

    pub(crate) fn propose(&self, act: &Act) -> Answer<i64> {
        let number = self.within().host.propose(self.entry(), act);
        number.map(whole).map_err(raise)
    }

    /// All of the content; what is no UTF-8 is replaced byte by byte.
    pub(crate) fn text(&self) -> Answer<String> {
        let mut bytes = Vec::new();
        for chunk in self.within().host.open(self.entry()).map_err(raise)? {
            bytes.extend_from_slice(&chunk.map_err(raise)?);
            if bytes.len() > limits::TEXT {
                return Err(misuse(format!(
                    "`{}` is longer than the {} MiB of one text: read it with `lines()`",
                    self.entry().path,
                    limits::TEXT >> 20
                )));
            }
        }
        Ok(text_of(bytes))
    }
}

/// The lines of an entry's content.
#[derive(Clone)]
pub(crate) struct Lines(pub(crate) Item);

/// A line longer than this comes in pieces, so that memory stays bounded.
const LINE_MAX: usize = 1 << 20;

impl IntoIterator for Lines {
    type Item = Answer<ImmutableString>;
    type IntoIter = Each<ImmutableString>;

    fn into_iter(self) -> Each<ImmutableString> {
        let mut chunks = match self.0.within().host.open(self.0.entry()) {
            Ok(chunks) => chunks,
            Err(failure) => return Box::new(std::iter::once(Err(raise(failure)))),
        };
        let mut held: Vec<u8> = Vec::new();
        let (mut taken, mut searched, mut over) = (0, 0, false);
        Box::new(std::iter::from_fn(move || {
            loop {
                let end = held[searched..].iter().position(|byte| *byte == b'\n');
                if let Some(end) = end.map(|end| searched + end) {
                    let line = &held[taken..end];
                    let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
                    (taken, searched) = (end + 1, end + 1);
                    return Some(Ok(text_of(line).into()));
                }
                held.drain(..taken);
                taken = 0;
                searched = held.len();
                if (over || held.len() >= LINE_MAX) && !held.is_empty() {
                    searched = 0;
                    return Some(Ok(text_of(std::mem::take(&mut held)).into()));
                }
                if over {
                    return None;
                }
                match chunks.next() {
                    Some(Ok(chunk)) => held.extend_from_slice(&chunk),
                    Some(Err(failure)) => {
                        over = true;
                        held.clear();
                        searched = 0;
                        return Some(Err(raise(failure)));
                    }
                    None => over = true,
                }
            }
        }))
    }
}

/// What `scan` goes over.
#[derive(Clone)]
pub(crate) struct Scan {
    pub(crate) selection: Selection,
    pub(crate) scanner: String,
}

impl IntoIterator for Scan {
    type Item = Answer<Scanned>;
    type IntoIter = Each<Scanned>;

    fn into_iter(self) -> Each<Scanned> {
        let within = self.selection.within;
        match within.host.scan(&self.selection.what, &self.scanner) {
            Ok(scanned) => Box::new(scanned.map(move |scanned| match scanned {
                Ok(scanned) => Ok(Scanned(Rc::new((
                    Item::new(scanned.entry, Rc::clone(&within)),
                    scanned.total,
                    scanned.findings.into_iter().map(Finding::from).collect(),
                )))),
                Err(failure) => Err(raise(failure)),
            })),
            Err(failure) => Box::new(std::iter::once(Err(raise(failure)))),
        }
    }
}

/// An entry that a scanner looked at: the entry, how many findings, and the first of them.
#[derive(Clone)]
pub(crate) struct Scanned(pub(crate) Rc<(Item, u64, Vec<Finding>)>);

/// Where something was found.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) offset: u64,
    pub(crate) length: u32,
    pub(crate) rule: ImmutableString,
}

impl From<remit_guest::Finding> for Finding {
    fn from(found: remit_guest::Finding) -> Self {
        Self {
            offset: found.offset,
            length: found.length,
            rule: found.rule.into(),
        }
    }
}

/// A regular expression.
#[derive(Clone)]
pub(crate) struct Pattern(pub(crate) Rc<regex::Regex>);

/// Texts, each once. The engine counts the items of maps and arrays at each change; these it does not.
#[derive(Clone, Default)]
pub(crate) struct Set(pub(crate) Rc<RefCell<BTreeSet<ImmutableString>>>);

/// A value or `()`.
pub(crate) fn optional<T: Into<Dynamic>>(value: Option<T>) -> Dynamic {
    value.map_or(Dynamic::UNIT, Into::into)
}

/// A number of the interface as the engine's.
pub(crate) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A message of the vocabulary's own as the script's failure.
pub(crate) fn said<T>(result: Result<T, String>) -> Answer<T> {
    result.map_err(|message| raise(Failure::new(CODE, message)))
}

/// Bytes as text of the same length: a byte that is no UTF-8 becomes the character `SUB` (U+001A), so that
/// offsets stay what they are.
pub(crate) fn text_of(bytes: Vec<u8>) -> String {
    let mut bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let mut from = 0;
    loop {
        match std::str::from_utf8(&bytes[from..]) {
            Ok(_) => break,
            Err(error) => {
                let start = from + error.valid_up_to();
                let end = error
                    .error_len()
                    .map_or(bytes.len(), |length| start + length);
                bytes[start..end].fill(0x1A);
                from = end;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_long_as_its_bytes() {
        assert_eq!(text_of(b"caf\xc3\xa9".to_vec()), "caf\u{e9}");
        assert_eq!(text_of(b"a\xffb\xe2\x82".to_vec()), "a\u{1a}b\u{1a}\u{1a}");
    }
}
