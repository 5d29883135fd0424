//! How much one plan may export, redact or delete.
//!
//! On by default. A grant may set them, `--raise` may raise them, the policy's are the last word.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use remit_workspace::Kind;

use crate::file::{Table, nearest, quoted};
use crate::rights::unquoted;
use crate::{Act, FileError, Size, TextError};

/// The acts that have a ceiling. Rewriting counts as redacting; archiving hides nothing for good and has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bounded {
    /// Copies into the package.
    Export,
    /// Changes in place.
    Redact,
    /// Deletes, owned parts and all.
    Delete,
}

impl Bounded {
    /// Every act that has a ceiling.
    pub const ALL: [Self; 3] = [Self::Export, Self::Redact, Self::Delete];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Redact => "redact",
            Self::Delete => "delete",
        }
    }

    /// The ceiling that an act counts under.
    pub const fn of(act: Act) -> Option<Self> {
        match act {
            Act::Export => Some(Self::Export),
            Act::Redact | Act::Rewrite => Some(Self::Redact),
            Act::Delete(_) => Some(Self::Delete),
            Act::Archive => None,
        }
    }
}

impl fmt::Display for Bounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a ceiling counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Entries as proposed.
    Entries,
    /// Bytes of all their parts.
    Bytes,
    /// Hundredths of the entries of one kind that the host listed, counting from 100 up.
    Percent,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 3] = [Self::Entries, Self::Bytes, Self::Percent];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::Bytes => "bytes",
            Self::Percent => "percent",
        }
    }

    /// A value in this measure, as it is written after `--raise`.
    fn shown(self, value: u64) -> String {
        match self {
            Self::Entries | Self::Percent => value.to_string(),
            Self::Bytes => Size::of_bytes(value).to_string(),
        }
    }
}

/// From how many listed entries of a kind percent counts: of fewer, a tenth says nothing.
pub const PERCENT_COUNTS_FROM: u64 = 100;

const fn default_of(act: Bounded, measure: Measure) -> u64 {
    match (act, measure) {
        (Bounded::Delete, Measure::Entries) => 500,
        (Bounded::Delete, Measure::Bytes) => 20 << 30,
        (Bounded::Delete, Measure::Percent) => 10,
        (Bounded::Redact, Measure::Entries) => 5_000,
        (Bounded::Export, Measure::Entries) => 20_000,
        // What was redacted or copied is still there: only their number and bulk are bounded.
        (Bounded::Redact | Bounded::Export, Measure::Bytes) => 200 << 30,
        (Bounded::Redact | Bounded::Export, Measure::Percent) => 100,
    }
}

/// Ceilings as a file states them: what is not stated is left to others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatedCeilings(BTreeMap<(Bounded, Measure), u64>);

impl StatedCeilings {
    /// With this value stated.
    #[must_use]
    pub fn with(mut self, act: Bounded, measure: Measure, value: u64) -> Self {
        self.0.insert((act, measure), value);
        self
    }

    /// The value stated.
    pub fn stated(&self, act: Bounded, measure: Measure) -> Option<u64> {
        self.0.get(&(act, measure)).copied()
    }

    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lower of both wherever both state one.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (key, value) in &other.0 {
            let least = self.0.get(key).map_or(*value, |own| (*own).min(*value));
            self.0.insert(*key, least);
        }
        self
    }

    pub(crate) fn take(mut table: Table<'_>) -> Result<Self, FileError> {
        let mut stated = Self::default();
        for act in Bounded::ALL {
            let Some(item) = table.take(act.as_str()) else {
                continue;
            };
            let mut inner = item.into_table()?;
            for measure in Measure::ALL {
                let Some(item) = inner.take(measure.as_str()) else {
                    continue;
                };
                let value = match measure {
                    Measure::Bytes if item.value().is_str() => item.parsed(Size::parse)?.bytes(),
                    Measure::Entries | Measure::Bytes | Measure::Percent => item.integer()?,
                };
                if measure == Measure::Percent && value > 100 {
                    return Err(item.error("a percentage is at most 100"));
                }
                stated = stated.with(act, measure, value);
            }
            inner.finish()?;
        }
        table.finish()?;
        Ok(stated)
    }

    /// Lines of a `[ceilings]` table.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::new();
        for act in Bounded::ALL {
            let fields: Vec<String> = Measure::ALL
                .into_iter()
                .filter_map(|measure| Some((measure, self.stated(act, measure)?)))
                .map(|(measure, value)| match measure {
                    Measure::Bytes => format!("bytes = {}", quoted(&measure.shown(value))),
                    Measure::Entries | Measure::Percent => {
                        format!("{} = {value}", measure.as_str())
                    }
                })
                .collect();
            if !fields.is_empty() {
                let _infallible = writeln!(text, "{act} = {{ {} }}", fields.join(", "));
            }
        }
        text
    }
}

/// One ceiling raised by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raise {
    /// Of what.
    pub act: Bounded,
    /// Counted how.
    pub measure: Measure,
    /// To what.
    pub value: u64,
}

impl Raise {
    /// Parses what follows `--raise`: `delete=5000`, `delete.bytes=100 GiB`, `delete.percent=50`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let broken = || TextError::Raise(text.to_owned());
        let (key, value) = text.split_once('=').ok_or_else(broken)?;
        let (act, measure) = key
            .trim()
            .split_once('.')
            .unwrap_or((key.trim(), Measure::Entries.as_str()));
        let act = Bounded::ALL
            .into_iter()
            .find(|one| one.as_str() == act)
            .ok_or_else(|| TextError::UnknownRight {
                found: act.to_owned(),
                nearest: nearest(act, Bounded::ALL.into_iter().map(Bounded::as_str)),
            })?;
        let measure = Measure::ALL
            .into_iter()
            .find(|one| one.as_str() == measure)
            .ok_or_else(broken)?;
        let value = unquoted(value.trim());
        let value = match measure {
            Measure::Bytes => Size::parse(value)?.bytes(),
            Measure::Entries | Measure::Percent => value.parse().map_err(|_| broken())?,
        };
        if measure == Measure::Percent && value > 100 {
            return Err(broken());
        }
        Ok(Self {
            act,
            measure,
            value,
        })
    }
}

impl fmt::Display for Raise {
    /// `delete=5000`, as it is written after `--raise`, quoted for a shell where needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.measure.shown(self.value);
        match self.measure {
            Measure::Entries => write!(f, "{}={value}", self.act),
            Measure::Bytes => write!(f, "{}.bytes=\"{value}\"", self.act),
            Measure::Percent => write!(f, "{}.percent={value}", self.act),
        }
    }
}

/// A raise above what the policy allows.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("--raise {raise} is above the policy's ceiling of {}", raise.measure.shown(*cap))]
pub struct RaiseRefused {
    /// What was wanted.
    pub raise: Raise,
    /// What the policy allows at most.
    pub cap: u64,
}

/// The ceilings in force: the lowest of what the grant states (or the default) and the policy's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceilings {
    granted: StatedCeilings,
    policy: StatedCeilings,
}

impl Ceilings {
    /// The ceilings under a grant and a policy, after raising.
    pub fn of(
        granted: &StatedCeilings,
        raises: &[Raise],
        policy: &StatedCeilings,
    ) -> Result<Self, RaiseRefused> {
        let mut granted = granted.clone();
        for raise in raises {
            if let Some(cap) = policy
                .stated(raise.act, raise.measure)
                .filter(|cap| raise.value > *cap)
            {
                return Err(RaiseRefused { raise: *raise, cap });
            }
            granted = granted.with(raise.act, raise.measure, raise.value);
        }
        Ok(Self {
            granted,
            policy: policy.clone(),
        })
    }

    /// The ceiling in force; bytes in bytes.
    pub fn at(&self, act: Bounded, measure: Measure) -> u64 {
        let granted = self
            .granted
            .stated(act, measure)
            .unwrap_or_else(|| default_of(act, measure));
        self.policy
            .stated(act, measure)
            .map_or(granted, |cap| cap.min(granted))
    }

    /// What the grant and the raises state, for a plan to pin.
    pub fn stated(&self) -> &StatedCeilings {
        &self.granted
    }

    /// Whether a plan of this size stays below every ceiling.
    pub fn check(&self, tally: &Tally) -> Result<(), OverCeiling> {
        let over: Vec<Over> = Bounded::ALL
            .into_iter()
            .flat_map(|act| Measure::ALL.into_iter().map(move |measure| (act, measure)))
            .filter_map(|(act, measure)| {
                let (found, kind) = tally.count(act, measure);
                let ceiling = self.at(act, measure);
                let cap = self.policy.stated(act, measure).filter(|cap| found > *cap);
                (found > ceiling).then_some(Over {
                    act,
                    measure,
                    kind,
                    found,
                    ceiling,
                    cap,
                })
            })
            .collect();
        if over.is_empty() {
            Ok(())
        } else {
            Err(OverCeiling { over })
        }
    }
}

/// What a plan adds up to, as ceilings count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    sums: BTreeMap<Bounded, Sum>,
    listed: BTreeMap<Kind, u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sum {
    entries: u64,
    bytes: u64,
    kinds: BTreeMap<Kind, u64>,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one entry as proposed, with the bytes of all its parts.
    pub fn propose(&mut self, act: Act, kind: Kind, bytes: u64) {
        let Some(act) = Bounded::of(act) else { return };
        let sum = self.sums.entry(act).or_default();
        sum.entries = sum.entries.saturating_add(1);
        sum.bytes = sum.bytes.saturating_add(bytes);
        let of_kind = sum.kinds.entry(kind).or_default();
        *of_kind = of_kind.saturating_add(1);
    }

    /// Counts bytes of parts that were not counted with their entry.
    pub fn add_bytes(&mut self, act: Act, bytes: u64) {
        let Some(act) = Bounded::of(act) else { return };
        let sum = self.sums.entry(act).or_default();
        sum.bytes = sum.bytes.saturating_add(bytes);
    }

    /// Counts entries of a kind that the host listed.
    pub fn list(&mut self, kind: Kind, entries: u64) {
        let listed = self.listed.entry(kind).or_default();
        *listed = listed.saturating_add(entries);
    }

    /// Entries as proposed.
    pub fn entries(&self, act: Bounded) -> u64 {
        self.sums.get(&act).map_or(0, |sum| sum.entries)
    }

    /// Bytes of all their parts.
    pub fn bytes(&self, act: Bounded) -> u64 {
        self.sums.get(&act).map_or(0, |sum| sum.bytes)
    }

    /// The highest percentage of any kind, rounded up, with that kind. Kinds of which fewer than
    /// [`PERCENT_COUNTS_FROM`] were listed do not count.
    pub fn percent(&self, act: Bounded) -> Option<(Kind, u64)> {
        let kinds = self.sums.get(&act).into_iter().flat_map(|sum| &sum.kinds);
        kinds
            .filter_map(|(kind, proposed)| {
                let listed = self
                    .listed
                    .get(kind)
                    .copied()
                    .filter(|listed| *listed >= PERCENT_COUNTS_FROM)?;
                let percent = (u128::from(*proposed) * 100).div_ceil(u128::from(listed));
                Some((*kind, u64::try_from(percent).unwrap_or(u64::MAX)))
            })
            .max_by_key(|(_, percent)| *percent)
    }

    fn count(&self, act: Bounded, measure: Measure) -> (u64, Option<Kind>) {
        match measure {
            Measure::Entries => (self.entries(act), None),
            Measure::Bytes => (self.bytes(act), None),
            // More was proposed than listed: the listing was another's. All of them is all there is to say.
            Measure::Percent => self
                .percent(act)
                .map_or((0, None), |(kind, percent)| (percent.min(100), Some(kind))),
        }
    }
}

/// A plan that is over a ceiling.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the plan is over its ceilings: {}", over.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct OverCeiling {
    /// Each ceiling it is over; never empty.
    pub over: Vec<Over>,
}

impl OverCeiling {
    /// What would allow it, or why nothing can.
    pub fn hint(&self) -> String {
        match self.over.iter().find(|over| over.cap.is_some()) {
            Some(over) => format!(
                "the workspace's policy allows no more ({} {}); split the plan, or have the policy changed",
                over.act,
                over.measure.as_str()
            ),
            None => {
                let raises: Vec<String> = self
                    .over
                    .iter()
                    .map(|over| format!("--raise {}", over.raise()))
                    .collect();
                format!("a human's act: {}", raises.join(" "))
            }
        }
    }
}

/// One ceiling that a plan is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// Of what.
    pub act: Bounded,
    /// Counted how.
    pub measure: Measure,
    /// The kind that percent was counted of.
    pub kind: Option<Kind>,
    /// What the plan adds up to.
    pub found: u64,
    /// The ceiling in force.
    pub ceiling: u64,
    /// The policy's ceiling, when even that is too low.
    pub cap: Option<u64>,
}

impl Over {
    /// The raise that would allow it, if the policy did.
    pub fn raise(&self) -> Raise {
        Raise {
            act: self.act,
            measure: self.measure,
            value: self.found,
        }
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, ceiling) = (
            self.measure.shown(self.found),
            self.measure.shown(self.ceiling),
        );
        match (self.measure, self.kind) {
            (Measure::Entries, _) => write!(f, "{} {found} entries, at most {ceiling}", self.act),
            (Measure::Bytes, _) => write!(f, "{} {found}, at most {ceiling}", self.act),
            (Measure::Percent, Some(kind)) => {
                write!(
                    f,
                    "{} {found} percent of all entries of kind {kind}, at most {ceiling}",
                    self.act
                )
            }
            (Measure::Percent, None) => {
                write!(f, "{} {found} percent, at most {ceiling}", self.act)
            }
        }
    }
}
