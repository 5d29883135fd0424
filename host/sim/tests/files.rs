//! File shares: directories, ranges, leases, snapshots, renames.

use remit_sim::{Effect, Service, Settings};

use crate::client::{Answer, Bed, send};

/// Asks the file service.
async fn ask(
    bed: &Bed,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &'static str,
) -> Answer {
    let expiry = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let sas = bed.sim.sas(bed.permissions, expiry);
    let mark = if target.contains('?') { '&' } else { '?' };
    let url = format!("{}/{target}{mark}{sas}", bed.sim.file_url());
    send(method, &url, headers, body.into()).await.unwrap()
}

async fn bed() -> Bed {
    let bed = Bed::new(Settings::default()).await;
    for path in [
        "Users/jane/a.ipynb",
        "Users/jane/b c.txt",
        "Users/john/x",
        "top",
    ] {
        assert!(bed.sim.seed_file("code", path, "0123456789"));
    }
    bed
}

async fn names(bed: &Bed, directory: &str, more: &str) -> Vec<String> {
    let target = format!("code{directory}?restype=directory&comp=list{more}");
    let list = ask(bed, "GET", &target, &[], "").await;
    assert_eq!(list.status, 200, "{list:?}");
    list.all("Name")
}

#[tokio::test]
async fn directories_are_listed_one_at_a_time() {
    let bed = bed().await;
    assert_eq!(names(&bed, "", "").await, ["top", "Users"]);
    assert_eq!(names(&bed, "/Users/jane", "").await, ["a.ipynb", "b c.txt"]);
    assert_eq!(names(&bed, "/Users", "&prefix=JO").await, ["john"]);
    let first = ask(
        &bed,
        "GET",
        "code?restype=directory&comp=list&maxresults=1",
        &[],
        "",
    )
    .await;
    assert_eq!(first.all("Name"), ["top"]);
    let marker = first.all("NextMarker").remove(0);
    assert_eq!(
        names(&bed, "", &format!("&marker={marker}")).await,
        ["Users"]
    );
    let etags = "code/Users/jane?restype=directory&comp=list&include=Timestamps%2CEtag";
    assert_eq!(ask(&bed, "GET", etags, &[], "").await.all("Etag").len(), 2);
    let shares = ask(&bed, "GET", "?comp=list", &[], "").await;
    assert_eq!(shares.all("Name"), ["code"]);
    let absent = ask(
        &bed,
        "GET",
        "code/none?restype=directory&comp=list",
        &[],
        "",
    )
    .await;
    assert_eq!(absent.code(), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn files_are_written_in_ranges_and_read_in_ranges() {
    let bed = bed().await;
    let make = [("x-ms-type", "file"), ("x-ms-content-length", "8")];
    let target = "code/Users/jane/new";
    assert_eq!(ask(&bed, "PUT", target, &make, "").await.status, 201);
    let range = [("x-ms-write", "update"), ("x-ms-range", "bytes=2-4")];
    let put = ask(&bed, "PUT", &format!("{target}?comp=range"), &range, "abc").await;
    assert_eq!(put.status, 201);
    let got = ask(&bed, "GET", target, &[], "").await;
    assert_eq!(got.body, b"\0\0abc\0\0\0");
    assert_eq!(got.header("etag"), put.header("etag"));
    let part = ask(&bed, "GET", target, &[("range", "bytes=2-3")], "").await;
    assert_eq!((part.status, part.text()), (206, "ab"));
    let beyond = [("x-ms-write", "update"), ("x-ms-range", "bytes=7-9")];
    let refused = ask(&bed, "PUT", &format!("{target}?comp=range"), &beyond, "xyz").await;
    assert_eq!(refused.code(), (416, "InvalidRange"));
    let orphan = ask(&bed, "PUT", "code/none/new", &make, "").await;
    assert_eq!(orphan.code(), (404, "ParentNotFound"));
}

#[tokio::test]
async fn deletes_are_of_files_and_of_empty_directories() {
    let bed = bed().await;
    let full = ask(&bed, "DELETE", "code/Users/john?restype=directory", &[], "").await;
    assert_eq!(full.code(), (409, "DirectoryNotEmpty"));
    // Another ETag does not stand in the way: the service has no condition here.
    let ignored = [("if-match", "\"0x1\"")];
    assert_eq!(
        ask(&bed, "DELETE", "code/users/JOHN/x", &ignored, "")
            .await
            .status,
        202
    );
    let empty = ask(&bed, "DELETE", "code/Users/john?restype=directory", &[], "").await;
    assert_eq!(empty.status, 202);
    let log: Vec<_> = bed
        .sim
        .mutations()
        .into_iter()
        .map(|each| (each.service, each.verb, each.effect))
        .collect();
    let expected = [
        (Service::File, "File_Delete", Effect::Removed),
        (Service::File, "Directory_Delete", Effect::Removed),
    ];
    assert_eq!(log, expected);
}

#[tokio::test]
async fn a_leased_file_is_left_alone() {
    let bed = bed().await;
    let target = "code/Users/jane/a.ipynb";
    let acquire = [
        ("x-ms-lease-action", "acquire"),
        ("x-ms-lease-duration", "-1"),
    ];
    let lease = ask(&bed, "PUT", &format!("{target}?comp=lease"), &acquire, "").await;
    assert_eq!(lease.status, 201);
    let id = lease.header("x-ms-lease-id").to_owned();
    let refused = ask(&bed, "DELETE", target, &[], "").await;
    assert_eq!(refused.code(), (412, "LeaseIdMissing"));
    let range = [("x-ms-write", "update"), ("x-ms-range", "bytes=0-0")];
    let refused = ask(&bed, "PUT", &format!("{target}?comp=range"), &range, "x").await;
    assert_eq!(refused.code(), (412, "LeaseIdMissing"));
    let own = [("x-ms-lease-id", id.as_str())];
    assert_eq!(ask(&bed, "DELETE", target, &own, "").await.status, 202);
}

#[tokio::test]
async fn a_snapshot_keeps_the_share_as_it_was() {
    let bed = bed().await;
    let taken = ask(&bed, "PUT", "code?restype=share&comp=snapshot", &[], "").await;
    let id = taken.header("x-ms-snapshot").to_owned();
    ask(&bed, "DELETE", "code/top", &[], "").await;
    let old = ask(
        &bed,
        "GET",
        &format!("code/top?sharesnapshot={id}"),
        &[],
        "",
    )
    .await;
    assert_eq!(old.text(), "0123456789");
    assert_eq!(ask(&bed, "GET", "code/top", &[], "").await.status, 404);
    assert_eq!(
        names(&bed, "", &format!("&sharesnapshot={id}")).await,
        ["top", "Users"]
    );
    let write = format!("code/top?sharesnapshot={id}");
    assert_eq!(ask(&bed, "DELETE", &write, &[], "").await.status, 400);
    let listed = ask(&bed, "GET", "?comp=list&include=snapshots", &[], "").await;
    assert_eq!(listed.all("Snapshot"), [id.as_str()]);
    let refused = ask(&bed, "DELETE", "code?restype=share", &[], "").await;
    assert_eq!(refused.code(), (409, "ShareHasSnapshots"));
    let one = format!("code?restype=share&sharesnapshot={id}");
    assert_eq!(ask(&bed, "DELETE", &one, &[], "").await.status, 202);
    assert_eq!(
        ask(&bed, "DELETE", "code?restype=share", &[], "")
            .await
            .status,
        202
    );
}

#[tokio::test]
async fn a_rename_takes_the_place_of_a_file_only_if_asked() {
    let bed = bed().await;
    let source = format!("{}/code/Users/jane/b%20c.txt", bed.sim.file_url());
    let target = "code/Users/jane/a.ipynb?comp=rename";
    let plain = [("x-ms-file-rename-source", source.as_str())];
    let refused = ask(&bed, "PUT", target, &plain, "").await;
    assert_eq!(refused.code(), (409, "ResourceAlreadyExists"));
    let replace = [plain[0], ("x-ms-file-rename-replace-if-exists", "true")];
    assert_eq!(ask(&bed, "PUT", target, &replace, "").await.status, 200);
    assert_eq!(names(&bed, "/Users/jane", "").await, ["a.ipynb"]);
    let directory = format!("{}/code/Users/jane", bed.sim.file_url());
    let headers = [("x-ms-file-rename-source", directory.as_str())];
    let moved = ask(
        &bed,
        "PUT",
        "code/janet?restype=directory&comp=rename",
        &headers,
        "",
    )
    .await;
    assert_eq!(moved.status, 200);
    assert_eq!(names(&bed, "/janet", "").await, ["a.ipynb"]);
}

#[tokio::test]
async fn a_deleted_share_comes_back() {
    let bed = bed().await;
    bed.sim
        .set(|settings| settings.share_soft_delete_days = Some(3));
    assert_eq!(
        ask(&bed, "DELETE", "code?restype=share", &[], "")
            .await
            .status,
        202
    );
    let listed = ask(&bed, "GET", "?comp=list&include=deleted", &[], "").await;
    let version = listed.all("Version").remove(0);
    let headers = [
        ("x-ms-deleted-share-name", "code"),
        ("x-ms-deleted-share-version", version.as_str()),
    ];
    let back = ask(
        &bed,
        "PUT",
        "code?restype=share&comp=undelete",
        &headers,
        "",
    )
    .await;
    assert_eq!(back.status, 201);
    assert_eq!(names(&bed, "", "").await, ["top", "Users"]);
}

#[tokio::test]
async fn a_read_only_file_is_neither_deleted_nor_replaced() {
    let bed = bed().await;
    let made = [
        ("x-ms-type", "file"),
        ("x-ms-content-length", "0"),
        ("x-ms-file-attributes", "ReadOnly|Hidden"),
        ("x-ms-file-permission-key", "1*2"),
        ("x-ms-file-creation-time", "2020-02-02T02:02:02.0000000Z"),
    ];
    assert_eq!(ask(&bed, "PUT", "code/kept", &made, "").await.status, 201);
    let looked = ask(&bed, "HEAD", "code/kept", &[], "").await;
    assert_eq!(looked.header("x-ms-file-attributes"), "ReadOnly|Hidden");
    assert_eq!(looked.header("x-ms-file-permission-key"), "1*2");
    assert!(
        looked
            .header("x-ms-file-creation-time")
            .starts_with("2020-02-02T02:02:02")
    );
    let refused = ask(&bed, "DELETE", "code/kept", &[], "").await;
    assert_eq!(refused.code(), (409, "ReadOnlyAttribute"));
    let source = format!("{}/code/Users/jane/a.ipynb", bed.sim.file_url());
    let rename = [
        ("x-ms-file-rename-source", source.as_str()),
        ("x-ms-file-rename-replace-if-exists", "true"),
    ];
    let refused = ask(&bed, "PUT", "code/kept?comp=rename", &rename, "").await;
    assert_eq!(refused.code(), (409, "ReadOnlyAttribute"));
}
