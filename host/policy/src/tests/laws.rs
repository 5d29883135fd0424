//! What must hold for all rights, policies and places.

use proptest::prelude::*;

use super::*;
use crate::{
    Act, Authority, Bounded, Denied, Duration, Effect, GuestDigest, Layer, Manifest, Measure,
    Right, Sandbox, Size, StatedCeilings, Strength,
};

/// Few names, so that things meet.
fn any_path() -> impl Strategy<Value = EntryPath> {
    prop_oneof![
        prop::sample::select(vec![
            "/runs/a",
            "/runs/A",
            "/runs/b",
            "/runs/a/metrics",
            "/workspace",
            "/files/.remit/policy.toml",
            "/blobs/remit/x",
            "/blobs/azureml/ExperimentRun/dcid.a/logs/x",
            "/blobs/azureml/ExperimentRun/dcid.b/logs/x",
            "/blobs/azureml/ExperimentRun/dcid.a",
            "/blobs/azureml/ExperimentRun",
            "/blobs/azureml",
            "/runs",
            "/blobs/c",
            "/blobs/azureml-blobstore-1/azureml/a/x",
            "/blobs/c/x?version=1",
            "/blobs/c/x",
            "/files/x",
            "/resources/storage/s",
        ])
        .prop_map(path),
        prop::collection::vec("[ab]", 1..4)
            .prop_map(|names| path(&format!("/files/{}", names.join("/")))),
    ]
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        4 => any_path().prop_map(|path| Pattern::exactly(&path).unwrap()),
        2 => any_path().prop_map(|path| Pattern::at_and_below(&path).unwrap()),
        2 => prop::sample::select(vec!["/**", "/runs/*", "/blobs/**", "/files/*/a", "/blobs/azureml/**/x", "/*/a/**", "/runs/a/logs/**"]).prop_map(pattern),
    ]
}

fn any_strength() -> impl Strategy<Value = Strength> {
    any::<[bool; 3]>().prop_map(|[purge, cascade, cancel]| Strength {
        purge,
        cascade,
        cancel,
    })
}

fn any_right() -> impl Strategy<Value = Right> {
    prop::sample::select(Right::ALL.to_vec())
}

fn any_rights() -> impl Strategy<Value = Rights> {
    let line = (
        prop_oneof![3 => Just(Right::Delete), 2 => any_right()],
        any_pattern(),
        any_strength(),
    );
    (
        prop::collection::vec(line, 0..8),
        prop::collection::vec(any_pattern(), 0..2),
    )
        .prop_map(|(lines, except)| {
            let rights = lines
                .into_iter()
                .fold(Rights::none(), |rights, (right, place, strength)| {
                    rights.with(right, place, strength)
                });
            except.into_iter().fold(rights, Rights::without)
        })
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => any_strength().prop_map(Act::Delete),
        1 => prop::sample::select(vec![Act::Export, Act::Redact, Act::Rewrite, Act::Archive]),
    ]
}

fn any_hold() -> impl Strategy<Value = String> {
    any_pattern().prop_map(|place| holds(&[&format!("CASE {place}")]))
}

fn any_ceilings() -> impl Strategy<Value = StatedCeilings> {
    let act = prop::sample::select(Bounded::ALL.to_vec());
    let measure = prop::sample::select(Measure::ALL.to_vec());
    let one = (act, measure, 0..=100_u64, 0..40_u32).prop_map(|(act, measure, value, shift)| {
        (
            act,
            measure,
            if measure == Measure::Percent {
                value
            } else {
                value << shift
            },
        )
    });
    prop::collection::vec(one, 0..6).prop_map(|all| {
        all.into_iter()
            .fold(StatedCeilings::default(), |stated, (a, m, v)| {
                stated.with(a, m, v)
            })
    })
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let sandbox = (any::<Option<u64>>(), any::<Option<u64>>()).prop_map(|(time, memory)| Sandbox {
        time: time.map(Duration::of_millis),
        memory: memory.map(Size::of_bytes),
    });
    let guests = prop::collection::vec(
        any::<[u8; 4]>().prop_map(|bytes| GuestDigest::of(&bytes)),
        0..3,
    );
    (any_rights(), any_ceilings(), sandbox, guests).prop_map(
        |(rights, ceilings, sandbox, guests)| Grant {
            rights,
            ceilings,
            sandbox,
            guests,
        },
    )
}

/// A set of members: paths, each with whether everything below is meant.
type Members = Vec<(EntryPath, bool)>;

fn any_members() -> impl Strategy<Value = Members> {
    prop::collection::vec((any_path(), prop::bool::weighted(0.3)), 0..4)
}

fn permitted(
    authority: &Authority,
    act: Act,
    target: &EntryPath,
    members: &[(EntryPath, bool)],
) -> bool {
    let effects = members.iter().map(|(path, all)| {
        if *all {
            Effect::AllBelow(path)
        } else {
            Effect::Entry(path)
        }
    });
    authority.permit(act, target, effects).is_ok()
}

/// A bounds table, or no policy.
fn bounded_by(bounds: Option<&Rights>) -> Policy {
    match bounds {
        Some(bounds) => policy(&format!("version = 1\n[bounds]\n{}", bounds.to_toml()), ""),
        None => Policy::absent(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_grant_reads_back(grant in any_grant()) {
        let text = grant.to_toml();
        prop_assert_eq!(&Grant::parse("grant.toml", text.as_bytes()).unwrap(), &grant, "{}", text);
        let rights = Rights::parse("rights", grant.rights.to_toml().as_bytes()).unwrap();
        prop_assert_eq!(rights, grant.rights);
    }

    #[test]
    fn what_a_plan_pins_decides_alike(
        rights in any_rights(), act in any_act(), target in any_path(), members in any_members(),
    ) {
        let authority = Authority::for_operator(rights, Policy::absent());
        let asks = authority.asks_toml();
        let again = Authority::pinned(asks.as_deref(), &authority.grant_toml(), Policy::absent()).unwrap();
        prop_assert_eq!(permitted(&again, act, &target, &members), permitted(&authority, act, &target, &members));
    }

    #[test]
    fn narrowing_never_widens(
        rights in any_rights(), place in any_pattern(), kept in prop::collection::vec(any_right(), 0..5),
        act in any_act(), target in any_path(), members in any_members(),
    ) {
        let whole = Authority::for_operator(rights, Policy::absent());
        let narrow = whole.narrow(&place, &kept);
        prop_assert!(!permitted(&narrow, act, &target, &members) || permitted(&whole, act, &target, &members));
        prop_assert!(!permitted(&narrow, act, &target, &members) || kept.contains(&act.right()));
        let again = narrow.narrow(&Pattern::everything(), &Right::ALL);
        prop_assert_eq!(permitted(&again, act, &target, &[]), permitted(&narrow, act, &target, &[]));
    }

    #[test]
    fn a_hold_never_permits_more(
        rights in any_rights(), hold in any_hold(), act in any_act(), target in any_path(), members in any_members(),
    ) {
        let free = Authority::for_operator(rights.clone(), Policy::absent());
        let held = Authority::for_operator(rights, policy("", &hold));
        prop_assert!(!permitted(&held, act, &target, &members) || permitted(&free, act, &target, &members));
        if !act.right().changes() {
            prop_assert_eq!(permitted(&held, act, &target, &members), permitted(&free, act, &target, &members));
        }
    }

    #[test]
    fn nothing_held_is_changed(hold in any_hold(), act in any_act(), target in any_path(), members in any_members()) {
        let all = Strength { purge: true, cascade: true, cancel: true };
        let rights = Right::ALL.into_iter().fold(Rights::none(), |rights, right| rights.with(right, Pattern::everything(), all));
        let held = policy("", &hold);
        let place = held.holds()[0].paths().next().unwrap().clone();
        let authority = Authority::for_operator(rights, held);
        let mut touched = members.iter().map(|(path, _)| path).chain([&target]);
        let hit = touched.any(|path| place.governs(path));
        let below = members.iter().any(|(path, all)| *all && place.may_govern_below(path));
        if act.right().changes() && (hit || below) {
            prop_assert!(!permitted(&authority, act, &target, &members));
        }
    }

    #[test]
    fn a_set_is_permitted_only_if_each_member_is(
        rights in any_rights(), act in any_act(), target in any_path(), members in any_members(),
        inside in prop::collection::vec("[abx]", 1..3),
    ) {
        let authority = Authority::for_operator(rights, Policy::absent());
        if permitted(&authority, act, &target, &members) {
            prop_assert!(authority.allows(act.right(), &target).is_ok());
            for (path, all) in &members {
                prop_assert!(permitted(&authority, act, &target, &[(path.clone(), *all)]));
                if *all {
                    let below = inside.iter().fold(path.current(), |path, name| path.child(name).unwrap());
                    prop_assert!(permitted(&authority, act, &below, &[]), "{} is below {}", below, path);
                } else {
                    prop_assert!(permitted(&authority, act, path, &[]));
                }
            }
        }
    }

    #[test]
    fn a_guest_may_no_more_than_asked_and_granted(
        asks in any_rights(), given in any_rights(), bounds in prop::option::of(any_rights()),
        act in any_act(), target in any_path(), members in any_members(),
    ) {
        let manifest = format!(
            "manifest = 1\nname = \"g\"\nversion = \"1\"\nworld = \"workflow\"\ndescription = \"g\"\n[asks.optional]\n{}",
            asks.to_toml()
        );
        let manifest = Manifest::parse("plugin.toml", manifest.as_bytes()).unwrap();
        let limits = bounded_by(bounds.as_ref());
        let guest = Authority::for_guest(&manifest, GuestDigest::of(b""), Grant::of(given.clone()), limits).unwrap();
        let alone = |rights: &Rights| permitted(&Authority::for_operator(rights.clone(), Policy::absent()), act, &target, &members);
        let all = alone(&asks) && alone(&given) && bounds.as_ref().is_none_or(alone);
        prop_assert_eq!(permitted(&guest, act, &target, &members), all);
    }

    #[test]
    fn the_line_in_a_refusal_is_enough(
        rights in any_rights(), act in any_act(), target in any_path(), members in any_members(),
    ) {
        let effects = |members: &Members| {
            members.iter().map(|(path, all)| (path.clone(), *all)).collect::<Vec<_>>()
        };
        let mut rights = rights;
        // Each member may need its own line, the target too.
        for _ in 0..=members.len() + 1 {
            let authority = Authority::for_operator(rights.clone(), Policy::absent());
            let set = effects(&members);
            let found = authority.permit(
                act, &target,
                set.iter().map(|(path, all)| if *all { Effect::AllBelow(path) } else { Effect::Entry(path) }),
            );
            match found {
                Err(denied @ (Denied::NotGranted(_) | Denied::NeedsStrength { by: Layer::Granted, .. })) => {
                    let hint = denied.hint().unwrap();
                    let line = hint.strip_prefix("a human's act: --allow ").unwrap();
                    rights = rights.and(&parse_allow(line).unwrap());
                }
                Err(_) | Ok(_) => return Ok(()),
            }
        }
        prop_assert!(false, "still refused");
    }
}
