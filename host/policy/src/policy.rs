//! The policy that lives with a workspace.
//!
//! Absent is a policy like any other, and the plan says so. Unreadable is an error. Whatever is
//! joined to a policy can only forbid more.

use std::collections::BTreeSet;

use remit_workspace::Guard;
use sha2::{Digest as _, Sha256};

use crate::ceilings::StatedCeilings;
use crate::cover::Member;
use crate::file::File;
use crate::hold::read_holds;
use crate::manifest::one_of;
use crate::{CaseId, Duration, Effect, FileError, Hold, Rights};

/// Names by which the policy's files are asked for, and called in errors.
pub const POLICY_FILE: &str = "policy.toml";
/// The hold list's name.
pub const HOLDS_FILE: &str = "holds.toml";

/// What a workspace's administrators decided: bounds, ceilings, approvals, holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    rules: Option<Rules>,
    has_holds: bool,
    holds: Vec<Hold>,
    rules_digest: String,
    holds_digest: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rules {
    approvals: u32,
    signers: Vec<String>,
    /// Each bounds every grant; several after joining.
    bounds: Vec<Rights>,
    ceilings: StatedCeilings,
    guard: Option<Guard>,
    retention: Option<Duration>,
}

impl Policy {
    /// No policy and no holds known.
    pub fn absent() -> Self {
        Self {
            rules: None,
            has_holds: false,
            holds: Vec::new(),
            rules_digest: digest_of(None),
            holds_digest: digest_of(None),
        }
    }

    /// The policy of these files, each absent or not.
    pub fn parse(policy: Option<&[u8]>, holds: Option<&[u8]>) -> Result<Self, FileError> {
        Self::parse_named((POLICY_FILE, policy), (HOLDS_FILE, holds))
    }

    /// The same, with the names that errors call the files by.
    pub fn parse_named(
        (policy_name, policy): (&str, Option<&[u8]>),
        (holds_name, holds): (&str, Option<&[u8]>),
    ) -> Result<Self, FileError> {
        Ok(Self {
            rules: policy
                .map(|text| Rules::parse(policy_name, text))
                .transpose()?,
            has_holds: holds.is_some(),
            holds: holds
                .map(|text| read_holds(holds_name, text))
                .transpose()?
                .unwrap_or_default(),
            rules_digest: digest_of(policy),
            holds_digest: digest_of(holds),
        })
    }

    /// Whether there is neither a policy nor a hold list: the plan says "no policy, no holds known".
    pub fn is_absent(&self) -> bool {
        self.rules.is_none() && !self.has_holds
    }

    /// Whether there is a hold list, even an empty one.
    pub fn has_hold_list(&self) -> bool {
        self.has_holds
    }

    /// Both policies together: what either forbids is forbidden.
    ///
    /// The higher number of approvals, all bounds, the lower ceilings, the stricter guard, the longer
    /// retention, all holds. Signers are those that both name; a policy that names none leaves it
    /// to the other, so joining one never makes a stranger's signature count.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            rules_digest: joined(&self.rules_digest, &more.rules_digest),
            holds_digest: joined(&self.holds_digest, &more.holds_digest),
            rules: match (self.rules, more.rules) {
                (Some(own), Some(more)) => Some(own.and(more)),
                (own, more) => own.or(more),
            },
            has_holds: self.has_holds || more.has_holds,
            holds: self.holds.into_iter().chain(more.holds).collect(),
        }
    }

    /// The digest of the files' exact bytes, and of which of them there are: `sha256` in hexadecimal.
    pub fn digest(&self) -> String {
        joined(&self.rules_digest, &self.holds_digest)
    }

    /// The digest of the policy file alone.
    pub fn rules_digest(&self) -> &str {
        &self.rules_digest
    }

    /// The digest of the hold list alone.
    pub fn holds_digest(&self) -> &str {
        &self.holds_digest
    }

    /// How many different signers must approve a plan.
    pub fn approvals(&self) -> u32 {
        self.rules.as_ref().map_or(0, |rules| rules.approvals)
    }

    /// Who may approve: lines of OpenSSH's `allowed_signers`.
    pub fn allowed_signers(&self) -> &[String] {
        self.rules.as_ref().map_or(&[], |rules| &rules.signers)
    }

    /// The upper bounds of any grant; every one of them binds. None: nothing is out of bounds.
    pub fn bounds(&self) -> &[Rights] {
        self.rules.as_ref().map_or(&[], |rules| &rules.bounds)
    }

    /// The ceilings that no raise may pass.
    pub fn ceilings(&self) -> StatedCeilings {
        self.rules
            .as_ref()
            .map(|rules| rules.ceilings.clone())
            .unwrap_or_default()
    }

    /// The least strict guard a change may have.
    pub fn guard_min(&self) -> Guard {
        self.rules
            .as_ref()
            .and_then(|rules| rules.guard)
            .unwrap_or(Guard::Checked)
    }

    /// How long the working papers of a case are kept.
    pub fn retention(&self) -> Option<Duration> {
        self.rules.as_ref().and_then(|rules| rules.retention)
    }

    /// The holds.
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// The cases that forbid to change this, each once, sorted.
    pub fn held_by(&self, effect: Effect<'_>) -> Vec<CaseId> {
        self.forbidding(&Member::of(effect))
    }

    pub(crate) fn forbidding(&self, member: &Member<'_>) -> Vec<CaseId> {
        let cases: BTreeSet<&CaseId> = self
            .holds
            .iter()
            .filter(|hold| hold.forbids(member))
            .map(Hold::case)
            .collect();
        cases.into_iter().cloned().collect()
    }
}

impl Rules {
    fn parse(name: &str, text: &[u8]) -> Result<Self, FileError> {
        let mut table = File::of_bytes(name, text)?.table("version")?;
        let mut rules = Self::default();
        if let Some(item) = table.take("allowed_signers") {
            for item in item.into_array()? {
                let line = item.parsed(|text| Ok(text.trim().to_owned()))?;
                let line_breaks = line.contains(['\n', '\r']);
                // Principals, an optional list of options, the key's type and the key.
                if line_breaks || line.starts_with('#') || line.split_whitespace().count() < 3 {
                    return Err(item.error("one line of OpenSSH's allowed_signers is wanted: `who@example.com ssh-ed25519 AAAA…`"));
                }
                if !rules.signers.contains(&line) {
                    rules.signers.push(line);
                }
            }
        }
        if let Some(item) = table.take("approvals") {
            let wanted = item.integer()?;
            let signers = rules.signers.len();
            rules.approvals = u32::try_from(wanted)
                .ok()
                .filter(|wanted| usize::try_from(*wanted).is_ok_and(|n| n <= signers))
                .ok_or_else(|| {
                    item.error(format!(
                        "{wanted} approvals are wanted, but {signers} signers are named"
                    ))
                })?;
        }
        if let Some(item) = table.take("bounds") {
            let mut inner = item.into_table()?;
            rules.bounds.push(Rights::take(&mut inner)?);
            inner.finish()?;
        }
        if let Some(item) = table.take("ceilings") {
            rules.ceilings = StatedCeilings::take(item.into_table()?)?;
        }
        if let Some(item) = table.take("guard") {
            let guards =
                [Guard::Checked, Guard::Leased, Guard::Atomic].map(|guard| (guard.as_str(), guard));
            rules.guard = Some(one_of(&item, &guards)?);
        }
        rules.retention = table
            .take("retention")
            .map(|item| item.parsed(Duration::parse))
            .transpose()?;
        table.finish()?;
        Ok(rules)
    }

    fn and(self, more: Self) -> Self {
        let signers = match (self.signers.is_empty(), more.signers.is_empty()) {
            (_, true) => self.signers,
            (true, false) => more.signers,
            (false, false) => self
                .signers
                .into_iter()
                .filter(|line| more.signers.contains(line))
                .collect(),
        };
        Self {
            approvals: self.approvals.max(more.approvals),
            signers,
            bounds: self.bounds.into_iter().chain(more.bounds).collect(),
            ceilings: self.ceilings.and(&more.ceilings),
            guard: self.guard.max(more.guard),
            retention: self.retention.max(more.retention),
        }
    }
}

/// The digest of a file's bytes; of an absent file, another than that of an empty one.
fn digest_of(bytes: Option<&[u8]>) -> String {
    let mut hash = Sha256::new();
    match bytes {
        Some(bytes) => {
            hash.update(b"file\n");
            hash.update(bytes);
        }
        None => hash.update(b"absent\n"),
    }
    hex::encode(hash.finalize())
}

/// One digest of two, each of fixed length.
fn joined(one: &str, other: &str) -> String {
    hex::encode(Sha256::digest(format!("{one}\n{other}\n")))
}
