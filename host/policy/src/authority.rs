//! Asked ∧ granted ∧ not held: the one place that decides.

use std::sync::Arc;

use remit_workspace::{EntryPath, Pattern, layout};

use crate::cover::Member;
use crate::rights::Shortfall;
use crate::{
    Act, Ceilings, Denied, Effect, FileError, Grant, GuestDigest, Layer, Line, Manifest, Policy,
    Raise, RaiseRefused, Right, Rights, Sandbox, Strength, Wanted, cover,
};

/// What a guest, or an operator, may do in a workspace.
///
/// Narrowing makes another authority that allows no more. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Authority {
    whole: Arc<Whole>,
    /// Every one of them must hold the place and the right.
    scopes: Vec<Arc<Scope>>,
}

#[derive(Debug)]
struct Whole {
    /// None for an operator, who asks for what was typed.
    asks: Option<Rights>,
    grant: Grant,
    policy: Policy,
    ceilings: Ceilings,
}

#[derive(Debug)]
struct Scope {
    /// Any of these.
    places: Vec<Pattern>,
    rights: Vec<Right>,
}

/// Proof that an act was allowed: asked, granted, not held, within bounds, on every member of its
/// effect set. Only [`Authority::permit`] makes one, it cannot be copied, and each act needs its own.
///
/// ```compile_fail,E0451
/// use remit_policy::{Act, Permitted};
/// let path = remit_workspace::EntryPath::parse("/runs/x").unwrap();
/// let forged = Permitted { act: Act::Archive, path };
/// ```
///
/// ```compile_fail,E0599
/// fn copy(permitted: &remit_policy::Permitted) -> remit_policy::Permitted {
///     permitted.clone()
/// }
/// ```
#[derive(Debug)]
#[must_use = "a permission that no act uses was asked for in vain"]
pub struct Permitted {
    act: Act,
    path: EntryPath,
}

impl Permitted {
    /// What may be done.
    pub fn act(&self) -> Act {
        self.act
    }

    /// To which entry.
    pub fn path(&self) -> &EntryPath {
        &self.path
    }
}

/// Why a guest may not start.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refused {
    /// The grant is another guest's.
    #[error("the grant names other guests; this one is sha256:{guest}")]
    OtherGuest {
        /// This guest.
        guest: GuestDigest,
    },
    /// What it cannot do without was not granted.
    #[error("not granted: {}", missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Missing {
        /// Each required ask that nothing grants; never empty.
        missing: Vec<Missing>,
    },
}

/// A required ask of which nothing is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The right.
    pub right: Right,
    /// Where, and how strongly.
    pub line: Line,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}{} of {}",
            self.right, self.line.strength, self.line.pattern
        )
    }
}

impl Missing {
    /// The option that would grant it.
    pub fn allow(&self) -> String {
        format!(
            "--allow {}{}='{}'",
            self.right, self.line.strength, self.line.pattern
        )
    }

    /// The line of a grant file that would.
    pub fn grant_line(&self) -> String {
        let line = self.line.clone();
        Rights::none()
            .with(self.right, line.pattern, line.strength)
            .to_toml()
            .trim_end()
            .to_owned()
    }
}

impl Authority {
    /// What a guest may do under a grant and a policy.
    ///
    /// A required ask is missing when the grant has nothing in common with it; a grant of a part of
    /// it is enough to start.
    pub fn for_guest(
        manifest: &Manifest,
        guest: GuestDigest,
        grant: Grant,
        policy: Policy,
    ) -> Result<Self, Refused> {
        if !grant.guests.is_empty() && !grant.guests.contains(&guest) {
            return Err(Refused::OtherGuest { guest });
        }
        let granted = |right: Right, ask: &Line| {
            let meets = |line: &&Line| cover::may_meet(&line.pattern, &ask.pattern);
            let mut strength = Strength::default();
            let mut any = false;
            for line in grant.rights.lines(right).iter().filter(meets) {
                any = true;
                strength = strength.and(line.strength);
            }
            any && strength.includes(ask.strength)
        };
        let asked = |right| {
            manifest
                .required
                .lines(right)
                .iter()
                .map(move |line| (right, line))
        };
        let missing: Vec<Missing> = Right::ALL
            .into_iter()
            .flat_map(asked)
            .filter(|(right, line)| !granted(*right, line))
            .map(|(right, line)| Missing {
                right,
                line: line.clone(),
            })
            .collect();
        if !missing.is_empty() {
            return Err(Refused::Missing { missing });
        }
        Ok(Self::new(Some(manifest.asks()), grant, policy))
    }

    /// What an operator may do: what was typed is the grant.
    pub fn for_operator(rights: Rights, policy: Policy) -> Self {
        Self::new(None, Grant::of(rights), policy)
    }

    /// The authority that a plan pinned, under the policy of today.
    ///
    /// `asks` and `grant` are the texts of [`Authority::asks_toml`] and [`Authority::grant_toml`].
    pub fn pinned(asks: Option<&str>, grant: &str, policy: Policy) -> Result<Self, FileError> {
        let asks = asks
            .map(|text| Rights::parse("asks.toml", text.as_bytes()))
            .transpose()?;
        Ok(Self::new(
            asks,
            Grant::parse("grant.toml", grant.as_bytes())?,
            policy,
        ))
    }

    fn new(asks: Option<Rights>, grant: Grant, policy: Policy) -> Self {
        let ceilings = Ceilings::of(&grant.ceilings, &[], &policy.ceilings())
            .expect("only a raise can be refused");
        Self {
            whole: Arc::new(Whole {
                asks,
                grant,
                policy,
                ceilings,
            }),
            scopes: Vec::new(),
        }
    }

    /// With ceilings raised by hand; the raised ones are pinned with the grant.
    pub fn raise(&self, raises: &[Raise]) -> Result<Self, RaiseRefused> {
        let Whole {
            asks,
            grant,
            policy,
            ..
        } = &*self.whole;
        let ceilings = Ceilings::of(&grant.ceilings, raises, &policy.ceilings())?;
        let grant = Grant {
            ceilings: ceilings.stated().clone(),
            ..grant.clone()
        };
        let whole = Whole {
            asks: asks.clone(),
            grant,
            policy: policy.clone(),
            ceilings,
        };
        Ok(Self {
            whole: Arc::new(whole),
            scopes: self.scopes.clone(),
        })
    }

    /// An authority that holds these rights only, and only in this place.
    #[must_use]
    pub fn narrow(&self, place: &Pattern, rights: &[Right]) -> Self {
        let scope = Arc::new(Scope {
            places: layout::resolve(place),
            rights: rights.to_vec(),
        });
        let scopes = self.scopes.iter().cloned().chain([scope]).collect();
        Self {
            whole: Arc::clone(&self.whole),
            scopes,
        }
    }

    /// The same under another policy, which is that of the same workspace, read again.
    #[must_use]
    pub fn under(&self, policy: Policy) -> Self {
        let Whole { asks, grant, .. } = &*self.whole;
        Self {
            scopes: self.scopes.clone(),
            ..Self::new(asks.clone(), grant.clone(), policy)
        }
    }

    /// What was asked, as text; none for an operator.
    pub fn asks_toml(&self) -> Option<String> {
        self.whole.asks.as_ref().map(Rights::to_toml)
    }

    /// What was granted, as text.
    pub fn grant_toml(&self) -> String {
        self.whole.grant.to_toml()
    }

    /// What was granted.
    pub fn grant(&self) -> &Grant {
        &self.whole.grant
    }

    /// The policy that binds it.
    pub fn policy(&self) -> &Policy {
        &self.whole.policy
    }

    /// The ceilings in force.
    pub fn ceilings(&self) -> &Ceilings {
        &self.whole.ceilings
    }

    /// The sandbox's limits as granted.
    pub fn sandbox(&self) -> Sandbox {
        self.whole.grant.sandbox
    }

    /// Whether the right holds on this entry, in its plain form. For a right that changes something,
    /// holds count; proposing and acting need [`Authority::permit`] all the same.
    pub fn allows(&self, right: Right, path: &EntryPath) -> Result<(), Denied> {
        self.check(right, Strength::default(), Effect::Entry(path), &[])
    }

    /// Whether the act is allowed on the entry and on every member of its effect set.
    ///
    /// Each member is checked with the same right and the same strengths as the target. Besides, a
    /// delete needs `purge` on a generation, and `cascade` on what could not be enumerated; deleting
    /// the workspace or a resource it stands on counts as that, whatever the effect set says. The policy
    /// lies in the storage account: that it goes only with the workspace, plan and apply see to.
    pub fn permit<'e>(
        &self,
        act: Act,
        target: &EntryPath,
        effects: impl IntoIterator<Item = Effect<'e>>,
    ) -> Result<Permitted, Denied> {
        self.permit_part(act, target, &[], effects)
    }

    /// The same, of a part of the records `above`, which names do not tell: the runs above a run. A right or a
    /// hold on one of them covers the part.
    pub fn permit_part<'e>(
        &self,
        act: Act,
        target: &EntryPath,
        above: &[EntryPath],
        effects: impl IntoIterator<Item = Effect<'e>>,
    ) -> Result<Permitted, Denied> {
        self.check_member(act, Effect::Entry(target), above)?;
        for effect in effects {
            // An account is deleted by a step of its own, and by no other.
            if layout::is_account(effect.path()) && effect.path() != target {
                return Err(Denied::Reserved(Wanted {
                    right: act.right(),
                    strength: act.strength(),
                    path: effect.path().clone(),
                    all_below: matches!(effect, Effect::AllBelow(_)),
                }));
            }
            self.check_member(act, effect, above)?;
        }
        Ok(Permitted {
            act,
            path: target.clone(),
        })
    }

    fn check_member(
        &self,
        act: Act,
        effect: Effect<'_>,
        above: &[EntryPath],
    ) -> Result<(), Denied> {
        let mut effect = effect;
        let mut strength = act.strength();
        if let Act::Delete(_) = act {
            if cover::stands_for_everything(effect.path()) {
                effect = Effect::AllBelow(effect.path());
            }
            let path = effect.path();
            // There is no other way of deleting these.
            strength.purge |= path.generation().is_some() || layout::rows_of(path).is_some();
            strength.cascade |= matches!(effect, Effect::AllBelow(_));
        }
        self.check(act.right(), strength, effect, above)
    }

    /// The one check. Reserved places first, then holds, because they win over everything.
    fn check(
        &self,
        right: Right,
        strength: Strength,
        effect: Effect<'_>,
        above: &[EntryPath],
    ) -> Result<(), Denied> {
        let policy = &self.whole.policy;
        let all_below = matches!(effect, Effect::AllBelow(_));
        let wanted = || Wanted {
            right,
            strength,
            path: effect.path().clone(),
            all_below,
        };
        let member = Member::below(effect, above);
        let reserved = match &member {
            Member::Entry(subject) => cover::is_reserved(subject.path()),
            // The policy goes with its account, and only a delete takes that. Every hold reaches it, so that
            // none may be left.
            Member::AllBelow(top) if right == Right::Delete && layout::is_account(top) => false,
            Member::AllBelow(top) => cover::holds_reserved(top),
        };
        if reserved {
            return Err(Denied::Reserved(wanted()));
        }
        if right.changes() {
            let cases = policy.forbidding(&member);
            if !cases.is_empty() {
                return Err(Denied::Held {
                    wanted: wanted(),
                    cases,
                });
            }
            if all_below && right != Right::Delete {
                return Err(Denied::NotEnumerable(wanted()));
            }
        }
        if !self.scopes.iter().all(|scope| scope.holds(right, &member)) {
            return Err(Denied::OutOfScope(wanted()));
        }
        for (by, rights) in self.layers() {
            let Some(shortfall) = rights.shortfall(right, strength, &member) else {
                continue;
            };
            return Err(match (shortfall, by) {
                (Shortfall::Right, Layer::Asked) => Denied::NotAsked(wanted()),
                (Shortfall::Right, Layer::Granted) => Denied::NotGranted(wanted()),
                (Shortfall::Right, Layer::Bounds) => Denied::OutOfBounds(wanted()),
                (Shortfall::Strength(missing), by) => Denied::NeedsStrength {
                    wanted: wanted(),
                    missing,
                    by,
                },
                (Shortfall::Excepted(pattern), by) => Denied::Excepted {
                    wanted: wanted(),
                    pattern,
                    by,
                },
            });
        }
        Ok(())
    }

    /// What each right must be written in.
    pub(crate) fn layers(&self) -> impl Iterator<Item = (Layer, &Rights)> {
        let Whole {
            asks,
            grant,
            policy,
            ..
        } = &*self.whole;
        let asked = asks.iter().map(|asks| (Layer::Asked, asks));
        let granted = std::iter::once((Layer::Granted, &grant.rights));
        let bounds = policy.bounds().iter().map(|bounds| (Layer::Bounds, bounds));
        asked.chain(granted).chain(bounds)
    }

    /// Whether each narrowing kept the right, and has a place of which this is true.
    pub(crate) fn scopes_hold(&self, right: Right, is_in: impl Fn(&Pattern) -> bool) -> bool {
        self.scopes
            .iter()
            .all(|scope| scope.rights.contains(&right) && scope.places.iter().any(&is_in))
    }
}

impl Scope {
    fn holds(&self, right: Right, member: &Member<'_>) -> bool {
        self.rights.contains(&right)
            && match member {
                Member::Entry(subject) => self
                    .places
                    .iter()
                    .any(|place| cover::covers(place, subject)),
                Member::AllBelow(top) => self
                    .places
                    .iter()
                    .any(|place| cover::covers_all(place, top)),
            }
    }
}
