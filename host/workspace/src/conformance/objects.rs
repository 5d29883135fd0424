//! Objects that stay as they are.

use futures::StreamExt as _;

use super::{Fixture, below, listed, paths, read, sample_bytes};
use crate::{Pattern, StoreError, Version};

pub(super) async fn listing_by_pattern(fixture: &dyn Fixture) {
    let names: [&[&[u8]]; 5] = [
        &[b"patterns", b"a.log"],
        &[b"patterns", b"b.txt"],
        &[b"patterns", b"deep", b"c.log"],
        &[b"patterns", b"deep", b"deeper", b"d.log"],
        &[b"patterns-not", b"e.log"],
    ];
    for name in names {
        fixture.put(&below(fixture, name), b"x").await;
    }
    let top = below(fixture, &[b"patterns"]);
    let objects = fixture.objects();
    for (pattern, expect) in [
        (
            format!("{top}/**"),
            &["/a.log", "/b.txt", "/deep/c.log", "/deep/deeper/d.log"][..],
        ),
        (format!("{top}/*"), &["/a.log", "/b.txt"]),
        (
            format!("{top}/**/*.log"),
            &["/a.log", "/deep/c.log", "/deep/deeper/d.log"],
        ),
        (format!("{top}/*/*.log"), &["/deep/c.log"]),
        (
            format!("{top}/deep/**"),
            &["/deep/c.log", "/deep/deeper/d.log"],
        ),
        (format!("{top}/a.log"), &["/a.log"]),
        (format!("{top}/a.log/**"), &["/a.log"]),
        (format!("{top}/deep"), &[]),
        (format!("{top}/none/**"), &[]),
        (format!("{objects}/patterns*/e.log"), &[]),
        (top.to_string(), &[]),
    ] {
        let expect: Vec<String> = match pattern.ends_with("/e.log") {
            true => vec![below(fixture, &[b"patterns-not", b"e.log"]).to_string()],
            false => expect.iter().map(|name| format!("{top}{name}")).collect(),
        };
        assert_eq!(paths(fixture.store(), &pattern).await, expect, "{pattern}");
    }
    let everything = paths(fixture.store(), "/**").await;
    assert!(
        everything.contains(&below(fixture, names[3]).to_string()),
        "`/**` lists everything"
    );
    let mut once = everything.clone();
    once.dedup();
    assert_eq!(everything, once, "each entry once");
}

pub(super) async fn hostile_names_round_trip(fixture: &dyn Fixture) {
    let longest = vec![b'n'; fixture.holds().segment_bytes_max];
    let mut names: Vec<&[u8]> = vec![
        b"a b",
        b" lead",
        b"trail ",
        b"100%",
        b"%41",
        b"a#b",
        b"a?b",
        b"a+b",
        b"a&b=c",
        b"a:b",
        b"a*b",
        b"**",
        b"\"'`$(x)",
        b"...",
        b"a.",
        b".hidden",
        b"-rf",
        b"~",
        b"con",
        b"NUL",
        "caf\u{e9}".as_bytes(),
        "cafe\u{301}".as_bytes(),
        "\u{202e}gpj.exe".as_bytes(),
        "\u{1f600}".as_bytes(),
        &longest,
    ];
    if fixture.holds().control_characters {
        names.extend([&b"tab\tnew\nline"[..], b"\x1b[31m"]);
    }
    if fixture.holds().backslashes {
        names.push(b"a\\b");
    }
    if fixture.holds().any_bytes {
        names.extend([&b"\xff\xfe"[..], b"a\xc3"]);
    }
    let forbidden = fixture.holds().forbidden.as_bytes();
    names.retain(|name| !name.iter().any(|byte| forbidden.contains(byte)));
    let mut expect = Vec::new();
    for name in &names {
        let path = below(fixture, &[b"hostile", name]);
        fixture.put(&path, name).await;
        expect.push(path);
    }
    expect.sort();
    let pattern =
        Pattern::parse(&format!("{}/*", below(fixture, &[b"hostile"]))).expect("a pattern");
    let (entries, gaps) = listed(fixture.store().list(&pattern))
        .await
        .expect("a listing");
    assert_eq!(gaps, []);
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry.path.clone())
            .collect::<Vec<_>>(),
        expect
    );
    for entry in entries {
        let content = fixture
            .store()
            .open(&entry.path, &entry.version, 0)
            .await
            .expect("it opens");
        let name = entry.path.segments().last().unwrap_or_default();
        assert_eq!(
            read(content).await.expect("it reads"),
            name,
            "{}",
            entry.path
        );
        let exact = Pattern::exactly(&entry.path).expect("a short path");
        assert_eq!(
            paths(fixture.store(), exact.as_str()).await,
            [entry.path.to_string()]
        );
    }
}

pub(super) async fn names_that_differ_in_case(fixture: &dyn Fixture) {
    let (lower, upper) = (
        below(fixture, &[b"case", b"name"]),
        below(fixture, &[b"case", b"NAME"]),
    );
    fixture.put(&lower, b"lower").await;
    fixture.put(&upper, b"upper").await;
    if !fixture.holds().cases {
        return one_name_in_any_case(fixture).await;
    }
    for (path, expect) in [(&lower, "lower"), (&upper, "upper")] {
        let entry = fixture.store().stat(path).await.expect("it is there");
        let content = fixture
            .store()
            .open(path, &entry.version, 0)
            .await
            .expect("it opens");
        assert_eq!(read(content).await.expect("it reads"), expect);
    }
    assert_eq!(
        lower.match_key() == upper.match_key(),
        lower.root() == "files"
    );
}

/// Where case does not count, one entry, under the one name that a listing shows.
async fn one_name_in_any_case(fixture: &dyn Fixture) {
    let store = fixture.store();
    let folder = below(fixture, &[b"case"]);
    let listed = paths(store, &format!("{folder}/*")).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    for name in ["name", "NAME"] {
        let path = below(fixture, &[b"case", name.as_bytes()]);
        let is_it = listed.contains(&path.to_string());
        let found = match store.stat(&path).await {
            Ok(entry) => {
                let content = store.open(&path, &entry.version, 0).await;
                Some(read(content.expect("it opens")).await.expect("it reads"))
            }
            Err(StoreError::NotFound(_)) => None,
            Err(error) => panic!("{path}: {error}"),
        };
        assert_eq!(found.as_deref(), is_it.then_some(&b"upper"[..]), "{path}");
        let exact = paths(store, path.as_str()).await;
        assert_eq!(exact.len(), usize::from(is_it), "{path}");
    }
    let other = below(fixture, &[b"CASE"]);
    assert_eq!(paths(store, &format!("{other}/**")).await, [""; 0]);
}

pub(super) async fn stat_pin_and_open_agree(fixture: &dyn Fixture) {
    let store = fixture.store();
    let path = below(fixture, &[b"agree", b"object"]);
    fixture.put(&path, b"some bytes").await;
    let entry = store.stat(&path).await.expect("it is there");
    let pattern = Pattern::exactly(&path).expect("a short path");
    let (entries, _) = listed(store.list(&pattern)).await.expect("a listing");
    assert_eq!(
        entries,
        std::slice::from_ref(&entry),
        "listed as it is looked at"
    );
    assert_eq!(entry.size_bytes, Some(10));
    assert!(entry.kind.is_object() && !entry.version.as_str().is_empty());
    let pinned = store.pin(&entry).await.expect("it is pinned");
    let again = crate::Entry {
        version: pinned.clone(),
        ..entry.clone()
    };
    assert_eq!(
        store
            .pin(&again)
            .await
            .expect("a pinned version is one too"),
        pinned
    );
    for version in [&entry.version, &pinned] {
        let content = store
            .open(&path, version, 0)
            .await
            .expect("either form opens");
        assert_eq!(read(content).await.expect("it reads"), "some bytes");
    }
    let (generations, gaps) = listed(store.generations(&path)).await.expect("a listing");
    assert_eq!(
        (generations.len(), gaps.len()),
        (0, 0),
        "nothing happened to it yet"
    );
    assert!(store.writable_fields(&path).is_empty());
}

pub(super) async fn offsets_and_chunks(fixture: &dyn Fixture) {
    let path = below(fixture, &[b"offsets", b"object"]);
    let whole = sample_bytes(700_001);
    fixture.put(&path, &whole).await;
    let entry = fixture.store().stat(&path).await.expect("it is there");
    let pinned = fixture.store().pin(&entry).await.expect("it is pinned");
    for offset in [
        0,
        1,
        256 * 1024 - 1,
        256 * 1024,
        700_000,
        700_001,
        900_000,
        u64::MAX,
    ] {
        let expect = usize::try_from(offset)
            .ok()
            .and_then(|start| whole.get(start..))
            .unwrap_or_default();
        let content = fixture
            .store()
            .open(&path, &pinned, offset)
            .await
            .expect("it opens");
        assert!(
            read(content).await.expect("it reads") == expect,
            "from {offset}"
        );
    }
    for length in [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 512 * 1024] {
        let path = below(fixture, &[b"offsets", length.to_string().as_bytes()]);
        fixture.put(&path, &whole[..length]).await;
        let entry = fixture.store().stat(&path).await.expect("it is there");
        let content = fixture
            .store()
            .open(&path, &entry.version, 0)
            .await
            .expect("it opens");
        assert!(
            read(content).await.expect("it reads") == whole[..length],
            "{length} bytes"
        );
    }
}

pub(super) async fn empty_objects(fixture: &dyn Fixture) {
    let path = below(fixture, &[b"empty", b"object"]);
    fixture.put(&path, b"").await;
    let entry = fixture.store().stat(&path).await.expect("it is there");
    assert_eq!(entry.size_bytes, Some(0));
    let pinned = fixture.store().pin(&entry).await.expect("it is pinned");
    for offset in [0, 1] {
        let content = fixture
            .store()
            .open(&path, &pinned, offset)
            .await
            .expect("it opens");
        assert_eq!(read(content).await.expect("it reads"), "");
    }
}

/// More than a page of any backend, and a listing that is not read to its end.
pub(super) async fn many_entries(fixture: &dyn Fixture) {
    for index in 0..700 {
        let folder = format!("{:02}", index % 7);
        let name = format!("{index:04}");
        fixture
            .put(
                &below(fixture, &[b"many", folder.as_bytes(), name.as_bytes()]),
                b"x",
            )
            .await;
    }
    let pattern = format!("{}/**", below(fixture, &[b"many"]));
    assert_eq!(paths(fixture.store(), &pattern).await.len(), 700);
    let pattern = Pattern::parse(&pattern).expect("a pattern");
    let first: Vec<_> = fixture.store().list(&pattern).take(3).collect().await;
    assert!(first.len() == 3 && first.iter().all(Result::is_ok));
}

pub(super) async fn what_is_not_there(fixture: &dyn Fixture) {
    let store = fixture.store();
    fixture
        .put(&below(fixture, &[b"absent", b"folder", b"object"]), b"x")
        .await;
    for names in [
        &[&b"absent"[..], b"object"][..],
        &[b"absent", b"folder"],
        &[b"absent", b"folder", b"object", b"below"],
    ] {
        let path = below(fixture, names);
        let stat = store.stat(&path).await;
        assert!(
            matches!(stat, Err(StoreError::NotFound(_))),
            "{path}: {stat:?}"
        );
        let opened = store.open(&path, &Version::new("x"), 0).await.map(|_| ());
        assert!(
            matches!(opened, Err(StoreError::NotFound(_))),
            "{path}: {opened:?}"
        );
    }
    let object = below(fixture, &[b"absent", b"folder", b"object"]);
    let opened = store
        .open(&object, &Version::new("invented"), 0)
        .await
        .map(|_| ());
    assert!(matches!(opened, Err(StoreError::Changed(_))), "{opened:?}");
    // Names that lead out of the workspace in a careless backend.
    for names in [
        &[&b".."[..], b".."][..],
        &[b"..", b"..", b"..", b"etc", b"passwd"],
        &[b"absent", b".", b"folder", b"object"],
    ] {
        let path = below(fixture, names);
        assert!(
            matches!(store.stat(&path).await, Err(StoreError::NotFound(_))),
            "{path}"
        );
        for pattern in [path.to_string(), format!("{path}/*"), format!("{path}/**")] {
            assert_eq!(paths(store, &pattern).await, [""; 0], "{pattern}");
        }
    }
}

pub(super) async fn reserved_places(fixture: &dyn Fixture) {
    let reserved = fixture.reserved();
    fixture.put(&reserved, b"version = 1\n").await;
    for pattern in [
        "/**".to_owned(),
        reserved.to_string(),
        format!("/{}/**", reserved.root()),
    ] {
        let found = paths(fixture.store(), &pattern).await;
        assert!(
            !found.contains(&reserved.to_string()),
            "{pattern} lists {reserved}"
        );
    }
    let opened = fixture
        .store()
        .open(&reserved, &Version::new("x"), 0)
        .await
        .map(|_| ());
    for result in [fixture.store().stat(&reserved).await.map(|_| ()), opened] {
        let refused = matches!(
            result,
            Err(StoreError::OutOfReach { .. } | StoreError::NotFound(_))
        );
        assert!(refused, "{reserved}: {result:?}");
    }
    fixture.take_away(&reserved).await;
    let absent = fixture
        .store()
        .policy_file("nothing-of-this-name.toml")
        .await;
    assert!(matches!(absent, Ok(None)), "{absent:?}");
}

pub(super) async fn many_readers(fixture: &dyn Fixture) {
    let whole = sample_bytes(300_000);
    let path = below(fixture, &[b"readers", b"object"]);
    fixture.put(&path, &whole).await;
    let entry = fixture.store().stat(&path).await.expect("it is there");
    let readers = (0..32).map(|index| {
        let (path, version) = (&path, &entry.version);
        async move {
            let content = fixture
                .store()
                .open(path, version, index * 1_000)
                .await
                .expect("it opens");
            read(content).await.expect("it reads")
        }
    });
    for (index, content) in futures::future::join_all(readers)
        .await
        .into_iter()
        .enumerate()
    {
        assert!(content == whole[index * 1_000..], "reader {index}");
    }
}
