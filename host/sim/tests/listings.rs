//! Listings: complete over pages, by delimiter, with generations, and large.

use remit_sim::Settings;

use crate::client::{Answer, Bed};

fn next(page: &Answer) -> Option<String> {
    page.all("NextMarker").first().cloned()
}

/// All names over all pages, and how many pages there were.
async fn walk(bed: &Bed, target: &str) -> (Vec<String>, usize) {
    let (mut names, mut pages) = (Vec::new(), 0);
    let mut marker = String::new();
    loop {
        let page = bed.get(&format!("{target}&marker={marker}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        names.extend(page.all("Name"));
        pages += 1;
        match next(&page) {
            Some(next) => marker = next,
            None => return (names, pages),
        }
    }
}

#[tokio::test]
async fn pages_add_up_whatever_their_size() {
    for empty_pages in [false, true] {
        let settings = Settings {
            empty_pages,
            ..Settings::default()
        };
        let bed = Bed::new(settings).await;
        let expected: Vec<_> = (0..23).map(|n| format!("b{n:02}")).collect();
        for name in &expected {
            bed.sim.seed_blob("c", name, "x");
        }
        for size in [1, 2, 5, 23, 24] {
            let target = format!("c?restype=container&comp=list&maxresults={size}");
            let (names, pages) = walk(&bed, &target).await;
            assert_eq!(names, expected);
            let full = 23usize.div_ceil(size);
            let expected = if empty_pages { 2 * full - 1 } else { full };
            assert_eq!(pages, expected, "of {size}");
        }
    }
}

#[tokio::test]
async fn a_delimiter_folds_what_lies_below() {
    let bed = Bed::new(Settings::default()).await;
    for name in ["a", "b/1", "b/2/x", "b/2/y", "b2", "c/", "c//d"] {
        bed.sim.seed_blob("c", name, "x");
    }
    let list = "c?restype=container&comp=list&delimiter=%2F";
    for size in [1, 2, 10] {
        let (names, _) = walk(&bed, &format!("{list}&maxresults={size}")).await;
        assert_eq!(names, ["a", "b/", "b2", "c/"]);
        let (names, _) = walk(&bed, &format!("{list}&maxresults={size}&prefix=b%2F")).await;
        assert_eq!(names, ["b/1", "b/2/"]);
        let (names, _) = walk(&bed, &format!("{list}&maxresults={size}&prefix=c%2F")).await;
        assert_eq!(names, ["c/", "c//"]);
    }
}

#[tokio::test]
async fn generations_are_shown_where_asked() {
    let settings = Settings {
        versioning: true,
        soft_delete_days: Some(7),
        ..Settings::default()
    };
    let bed = Bed::new(settings).await;
    bed.sim.seed_container("c");
    let first = bed
        .put("c/a", "one")
        .await
        .header("x-ms-version-id")
        .to_owned();
    bed.put("c/a", "two").await;
    bed.ask("PUT", "c/a?comp=snapshot", &[], "").await;
    let list = "c?restype=container&comp=list";
    assert_eq!(bed.get(list).await.all("Name").len(), 1);
    let all = bed.get(&format!("{list}&include=versions,snapshots")).await;
    // The snapshot, two previous versions (one made by taking it), and the current one.
    assert_eq!(all.all("Name").len(), 4, "{}", all.text());
    assert_eq!(all.all("IsCurrentVersion"), ["true"]);
    for size in 1..5 {
        let target = format!("{list}&include=versions,snapshots&maxresults={size}");
        assert_eq!(walk(&bed, &target).await.0.len(), 4);
    }
    assert_eq!(
        bed.delete(&format!("c/a?versionid={first}")).await.status,
        202
    );
    let shown = bed.get(&format!("{list}&include=versions")).await;
    assert!(!shown.all("VersionId").contains(&first));
    let shown = bed.get(&format!("{list}&include=versions,deleted")).await;
    assert!(shown.all("VersionId").contains(&first));
    assert_eq!(shown.all("Deleted"), ["true"]);

    let headers = [("x-ms-delete-snapshots", "include")];
    bed.ask("DELETE", "c/a", &headers, "").await;
    assert!(bed.get(list).await.all("Name").is_empty());
    let only = bed
        .get(&format!("{list}&include=deletedwithversions"))
        .await;
    assert_eq!(only.all("HasVersionsOnly"), ["true"]);
}

#[tokio::test]
async fn a_million_names_are_computed() {
    let bed = Bed::new(Settings::default()).await;
    bed.sim.seed_generated("many", "run/", 1_000_000, 10);
    assert_eq!(bed.delete("many/run/000000001").await.status, 202);
    bed.put("many/run/0000000005", "between").await;
    let list = "many?restype=container&comp=list";
    let page = bed.get(&format!("{list}&maxresults=3")).await;
    assert_eq!(
        page.all("Name"),
        ["run/000000000", "run/0000000005", "run/000000002"]
    );
    assert_eq!(bed.get("many/run/000999999").await.text(), "0123456789");
    let folded = bed.get(&format!("{list}&delimiter=%2F")).await;
    assert_eq!(folded.all("Name"), ["run/"]);
    let (mut n, mut marker) = (0, String::new());
    loop {
        let page = bed.get(&format!("{list}&marker={marker}")).await;
        n += page.text().matches("<Blob>").count();
        match next(&page) {
            Some(next) => marker = next,
            None => break,
        }
    }
    assert_eq!(n, 1_000_000);
}
