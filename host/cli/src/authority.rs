//! Who may do what in this command: the workspace's policy, read once, and what was typed.

use remit_policy::{HOLDS_FILE, POLICY_FILE, Policy, Raise, Right, Rights, Strength};
use remit_workspace::{EntryPath, Pattern, Store};

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
        }
    }
    if strength.cascade && rights.contains(&Right::Delete) {
        // What is deleted with all below it takes what no pattern names.
        let takes_all = |pattern: &Pattern| {
            ["workspace", "resources"].iter().any(|root| {
                EntryPath::of_segments([root]).is_ok_and(|root| pattern.may_match_below(&root))
            })
        };
        if patterns.iter().any(takes_all) {
            granted = granted.with(Right::Delete, Pattern::everything(), strength);
        }
        for below in patterns
            .iter()
            .filter_map(|pattern| Pattern::parse(&format!("{pattern}/**")).ok())
        {
            granted = granted.with(Right::Delete, below, strength);
        }
    }
    granted
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
