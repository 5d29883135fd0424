//! Who may do what in this command: the workspace's policy, read once, and what was typed.

use remit_policy::{HOLDS_FILE, POLICY_FILE, Policy, Raise, Right, Rights, Strength};
use remit_workspace::{Pattern, Store};

use crate::error::CommandError;

/// The policy that lies with the workspace. A broken one stops the program.
pub(crate) async fn policy(store: &dyn Store) -> Result<Policy, CommandError> {
    let rules = store.policy_file(POLICY_FILE).await?;
    let holds = store.policy_file(HOLDS_FILE).await?;
    Ok(Policy::parse(rules.as_deref(), holds.as_deref())?)
}

/// What a person typed is the grant: listing and reading, and these rights on these patterns.
pub(crate) fn typed(patterns: &[Pattern], rights: &[Right], strength: Strength) -> Rights {
    let mut granted = Rights::none();
    for pattern in patterns {
        for right in [Right::List, Right::Read] {
            granted = granted.with(right, pattern.clone(), Strength::default());
        }
        for right in rights {
            let strength = if *right == Right::Delete {
                strength
            } else {
                Strength::default()
            };
            granted = granted.with(*right, pattern.clone(), strength);
            if strength.cascade {
                granted = granted.with(*right, reached(pattern), strength);
            }
        }
    }
    granted
}

/// What a delete with `--cascade` takes along: all that is below, and with the workspace, or with what it stands on,
/// everything that there is.
fn reached(pattern: &Pattern) -> Pattern {
    let root = pattern.literal_prefix().into_iter().next();
    let below = match root.as_deref() {
        None | Some(b"workspace" | b"resources") => None,
        Some(_) => Pattern::parse(&format!("{pattern}/**")).ok(),
    };
    below.unwrap_or_else(Pattern::everything)
}

/// Patterns as they were typed.
pub(crate) fn patterns(texts: &[String]) -> Result<Vec<Pattern>, CommandError> {
    texts
        .iter()
        .map(|text| {
            Pattern::parse(text).map_err(|error| {
                CommandError::new(crate::exit::Exit::Usage, error)
                    .hint("patterns begin with a slash, such as '/files/**/*.log' or '/runs/old-*'; quote them")
            })
        })
        .collect()
}

/// Ceilings to be raised, as they were typed.
pub(crate) fn raises(texts: &[String]) -> Result<Vec<Raise>, CommandError> {
    texts.iter().map(|text| Ok(Raise::parse(text)?)).collect()
}
