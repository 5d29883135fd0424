//! Files that a record's document names: those of a model or a data asset (`/models/NAME/VERSION/**`), and an output
//! of a run that lies elsewhere than under the run's id.
//!
//! Nothing lies below the record's own path. Whoever types such a pattern means what lies where the document says,
//! and names it by that: rights, holds and steps are about those places.

use remit_workspace::refer::{ELSEWHERE, Whereabouts};
use remit_workspace::{EntryPath, Gap, Kind, Pattern, Store};

use crate::error::CommandError;
use crate::exit::Exit;

/// What a typed pattern means.
pub(crate) struct Meant {
    /// What is listed, and granted.
    pub(crate) pattern: Pattern,
    /// The model or the data asset whose files these are.
    pub(crate) files_of: Option<EntryPath>,
}

impl Meant {
    /// The pattern as it was typed.
    pub(crate) fn typed(pattern: &Pattern) -> Self {
        Self {
            pattern: pattern.clone(),
            files_of: None,
        }
    }
}

/// The model or the data asset whose files a pattern means, and which of them.
pub(crate) fn of_asset(typed: &Pattern) -> Option<(EntryPath, &str)> {
    let (slashes, _) = typed.as_str().match_indices('/').nth(3)?;
    let (record, below) = typed.as_str().split_at(slashes);
    let record = Pattern::parse(record).ok()?.as_path()?;
    matches!(Kind::of(&record), Some(Kind::Model | Kind::Data)).then_some((record, &below[1..]))
}

/// The patterns, with those that mean files of a model or a data asset in the words of where these lie.
pub(crate) async fn meant(
    store: &dyn Store,
    typed: &[Pattern],
) -> Result<Vec<Meant>, CommandError> {
    let mut meant = Vec::new();
    for pattern in typed {
        let Some((record, below)) = of_asset(pattern) else {
            meant.push(Meant::typed(pattern));
            continue;
        };
        let lie = store.files(&record).await?;
        if let Some(whole) = lie.places.iter().find(|place| is_whole(place)) {
            let message = format!("{record} says that its files are all that lies in {whole}");
            return Err(CommandError::refused(message)
                .hint(format!("if that is what you mean, type '{whole}/**'")));
        }
        let patterns = patterns(&lie, below);
        if patterns.is_empty() {
            return Err(nowhere(&format!("the data of {record}"), &lie.gaps)
                .hint(format!("its document says where: remit show {record}")));
        }
        meant.extend(patterns.into_iter().map(|pattern| Meant {
            pattern,
            files_of: Some(record.clone()),
        }));
    }
    Ok(meant)
}

/// A container or a share as a whole has in it what is nobody's to name by an asset.
fn is_whole(place: &EntryPath) -> bool {
    place.written_segments().count() < 3
}

/// What lies at these places, as far as it is wanted: `below` is a pattern's end, such as `**`.
pub(crate) fn patterns(lie: &Whereabouts, below: &str) -> Vec<Pattern> {
    let patterns = lie.places.iter().map(|place| match below {
        "" => Pattern::at_and_below(place),
        below => Pattern::parse(&format!("{place}/{below}")),
    });
    // Too long a name, which no entry has.
    patterns.filter_map(Result::ok).collect()
}

/// That something lies nowhere that can be looked at, and what to type where it lies in another account.
pub(crate) fn nowhere(what: &str, gaps: &[Gap]) -> CommandError {
    let elsewhere = gaps.iter().find_map(|gap| {
        let place = (gap.reason == ELSEWHERE).then_some(&gap.path)?;
        let mut names: Vec<String> = place.written_segments().map(ToOwned::to_owned).collect();
        let (container, account) = names.get(1)?.rsplit_once("%40")?;
        let (container, account) = (container.to_owned(), account.to_owned());
        names[1] = container;
        Some((account, format!("/{}/**", names.join("/"))))
    });
    match (elsewhere, gaps.first()) {
        (Some((account, path)), _) => CommandError::refused(format!(
            "{what} lies in the storage account `{account}`, which is not the workspace's own"
        ))
        .hint(format!(
            "name that account, and the place in it: '{path}' with -w https://{account}.blob.core.windows.net"
        )),
        (None, Some(gap)) => CommandError::new(
            Exit::Failed,
            format!("{what} was not found: {}: {}", gap.path, gap.reason),
        ),
        (None, None) => CommandError::new(Exit::Failed, format!("{what} was not found")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_an_asset_have_its_name_before_theirs() {
        let of = |text: &str| {
            let pattern = Pattern::parse(text).unwrap();
            of_asset(&pattern).map(|(record, below)| format!("{record} {below}"))
        };
        assert_eq!(of("/data/d/1/**").as_deref(), Some("/data/d/1 **"));
        assert_eq!(of("/models/m/1/a/*").as_deref(), Some("/models/m/1 a/*"));
        for other in [
            "/data/d/1",
            "/data/**",
            "/data/*/1/**",
            "/runs/x/out/a",
            "/components/c/1/**",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn another_account_is_named_with_what_to_type() {
        let gap = Gap {
            path: EntryPath::parse("/blobs/their-data%40others/people").unwrap(),
            reason: ELSEWHERE.to_owned(),
        };
        let error = nowhere("the output", &[gap]);
        assert!(error.to_string().contains("storage account `others`"));
        assert_eq!(
            error.hints,
            [
                "name that account, and the place in it: '/blobs/their-data/people/**' with -w https://others.blob.core.windows.net"
            ]
        );
    }
}
