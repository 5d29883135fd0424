//! Containers and blobs: what is put is what is got, under the conditions that were said.

use remit_sim::{Effect, Settings};

use crate::client::{Bed, path, send};

async fn bed() -> Bed {
    let bed = Bed::new(Settings::default()).await;
    bed.sim.seed_container("c");
    bed
}

#[tokio::test]
async fn what_is_put_is_got_whole_and_in_ranges() {
    let bed = bed().await;
    let put = bed.put("c/a b", "0123456789").await;
    let got = bed.get("c/a%20b").await;
    assert_eq!((got.status, got.text()), (200, "0123456789"));
    assert_eq!(got.header("etag"), put.header("etag"));
    assert_eq!(got.header("x-ms-blob-type"), "BlockBlob");
    assert_eq!(got.header("content-md5"), "eB5eJF1ptWaXm4bijSPyxw==");

    let part = bed
        .ask("GET", "c/a%20b", &[("x-ms-range", "bytes=2-4")], "")
        .await;
    assert_eq!((part.status, part.text()), (206, "234"));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    let beyond = bed
        .ask("GET", "c/a%20b", &[("range", "bytes=10-")], "")
        .await;
    assert_eq!(beyond.code(), (416, "InvalidRange"));

    let head = bed.ask("HEAD", "c/a%20b", &[], "").await;
    assert_eq!((head.status, head.header("content-length")), (200, "10"));
    assert_eq!(bed.get("c/absent").await.code(), (404, "BlobNotFound"));
    assert_eq!(bed.get("d/a").await.code(), (404, "ContainerNotFound"));
}

#[tokio::test]
async fn conditions_are_kept() {
    let bed = bed().await;
    let etag = bed.put("c/a", "one").await.header("etag").to_owned();
    let block = ("x-ms-blob-type", "BlockBlob");
    let second = bed
        .ask("PUT", "c/a", &[block, ("if-match", &etag)], "two")
        .await;
    assert_eq!(second.status, 201);
    let stale = bed
        .ask("PUT", "c/a", &[block, ("if-match", &etag)], "three")
        .await;
    assert_eq!(stale.code(), (412, "ConditionNotMet"));
    let exists = bed
        .ask("PUT", "c/a", &[block, ("if-none-match", "*")], "three")
        .await;
    assert_eq!(exists.code(), (409, "BlobAlreadyExists"));
    let absent = bed
        .ask("PUT", "c/b", &[block, ("if-match", &etag)], "three")
        .await;
    assert_eq!(absent.code(), (412, "ConditionNotMet"));
    let known = [("if-none-match", second.header("etag"))];
    assert_eq!(bed.ask("GET", "c/a", &known, "").await.status, 304);
    let refused = bed.ask("DELETE", "c/a", &[("if-match", &etag)], "").await;
    assert_eq!(refused.code(), (412, "ConditionNotMet"));
    assert_eq!(bed.get("c/a").await.text(), "two");

    let effects: Vec<_> = bed
        .sim
        .mutations()
        .into_iter()
        .map(|each| (each.effect, each.blob))
        .collect();
    let expected = [(Effect::Created, "a".into()), (Effect::Changed, "a".into())];
    assert_eq!(effects, expected, "a refused request changed something");
}

#[tokio::test]
async fn every_legal_name_comes_back_as_it_was() {
    let bed = bed().await;
    let names = [
        "a b",
        "100%",
        "a#b",
        "a?b=c&d",
        "a+b",
        "ü/日本",
        "a//b",
        "dir/",
        "dots.",
        "a/./b",
        "<&\">",
        "tab\there",
        "\u{1}",
        "x\u{fffe}y",
        "%2F",
        "=",
        "a\\b",
        "'",
    ];
    for name in names {
        bed.put(&format!("c/{name}"), "x").await;
        let got = bed.get(&format!("c/{}", path(name))).await;
        assert_eq!(got.status, 200, "{name:?}");
    }
    let mut held: Vec<_> = bed.sim.holdings("c").into_iter().map(|h| h.blob).collect();
    let mut expected: Vec<_> = names.map(str::to_owned).to_vec();
    held.sort();
    expected.sort();
    assert_eq!(held, expected);
}

#[tokio::test]
async fn blocks_are_put_together_in_the_order_of_the_list() {
    let bed = bed().await;
    for (id, content) in [("MQ==", "one "), ("Mg==", "two ")] {
        let target = format!("c/b?comp=block&blockid={id}");
        assert_eq!(bed.ask("PUT", &target, &[], content).await.status, 201);
    }
    let list = "<BlockList><Latest>Mg==</Latest><Latest>MQ==</Latest></BlockList>";
    let done = bed.ask("PUT", "c/b?comp=blocklist", &[], list).await;
    assert_eq!(done.status, 201);
    assert_eq!(bed.get("c/b").await.text(), "two one ");
    let list = "<BlockList><Committed>MQ==</Committed><Latest>OQ==</Latest></BlockList>";
    let unknown = bed.ask("PUT", "c/b?comp=blocklist", &[], list).await;
    assert_eq!(unknown.code(), (400, "InvalidBlockList"));
    let list = "<BlockList><Committed>MQ==</Committed></BlockList>";
    bed.ask("PUT", "c/b?comp=blocklist", &[], list).await;
    assert_eq!(bed.get("c/b").await.text(), "one ");
}

#[tokio::test]
async fn append_and_page_blobs_grow_as_they_do() {
    let bed = bed().await;
    let made = [("x-ms-blob-type", "AppendBlob")];
    assert_eq!(bed.ask("PUT", "c/log", &made, "").await.status, 201);
    bed.ask("PUT", "c/log?comp=appendblock", &[], "one ").await;
    let at = [("x-ms-blob-condition-appendpos", "9")];
    let wrong = bed.ask("PUT", "c/log?comp=appendblock", &at, "two").await;
    assert_eq!(wrong.code(), (412, "AppendPositionConditionNotMet"));
    let second = bed.ask("PUT", "c/log?comp=appendblock", &[], "two").await;
    assert_eq!(second.header("x-ms-blob-append-offset"), "4");
    assert_eq!(bed.get("c/log").await.text(), "one two");

    let made = [
        ("x-ms-blob-type", "PageBlob"),
        ("x-ms-blob-content-length", "1024"),
    ];
    assert_eq!(bed.ask("PUT", "c/disk", &made, "").await.status, 201);
    let page = [
        ("x-ms-page-write", "update"),
        ("x-ms-range", "bytes=512-1023"),
    ];
    let put = bed
        .ask("PUT", "c/disk?comp=page", &page, vec![b'x'; 512])
        .await;
    assert_eq!(put.status, 201);
    let body = bed.get("c/disk").await.body;
    assert_eq!((body.len(), body[511], body[512]), (1024, 0, b'x'));
    let put = bed.ask("PUT", "c/log?comp=page", &page, vec![0; 512]).await;
    assert_eq!(put.code(), (409, "InvalidBlobType"));
}

#[tokio::test]
async fn metadata_tags_and_tier_are_kept() {
    let bed = bed().await;
    let headers = [
        ("x-ms-blob-type", "BlockBlob"),
        ("x-ms-meta-owner", "jane"),
        ("x-ms-tags", "project=alpha%20one"),
        ("x-ms-blob-content-type", "text/plain"),
    ];
    bed.ask("PUT", "c/a", &headers, "x").await;
    let head = bed.ask("HEAD", "c/a", &[], "").await;
    assert_eq!(head.header("x-ms-meta-owner"), "jane");
    assert_eq!(head.header("x-ms-tag-count"), "1");
    assert_eq!(head.header("content-type"), "text/plain");
    let tags = bed.get("c/a?comp=tags").await;
    assert_eq!(
        (tags.all("Key"), tags.all("Value")),
        (vec!["project".into()], vec!["alpha one".into()])
    );

    let archive = [("x-ms-access-tier", "Archive")];
    assert_eq!(
        bed.ask("PUT", "c/a?comp=tier", &archive, "").await.status,
        200
    );
    assert_eq!(bed.get("c/a").await.code(), (409, "BlobArchived"));
    assert_eq!(
        bed.ask("HEAD", "c/a", &[], "")
            .await
            .header("x-ms-access-tier"),
        "Archive"
    );
    assert_eq!(bed.delete("c/a").await.status, 202);
}

#[tokio::test]
async fn leases_keep_others_out() {
    let bed = bed().await;
    bed.put("c/a", "x").await;
    let acquire = [
        ("x-ms-lease-action", "acquire"),
        ("x-ms-lease-duration", "15"),
    ];
    let lease = bed.ask("PUT", "c/a?comp=lease", &acquire, "").await;
    assert_eq!(lease.status, 201);
    let id = lease.header("x-ms-lease-id").to_owned();
    let again = bed.ask("PUT", "c/a?comp=lease", &acquire, "").await;
    assert_eq!(again.code(), (409, "LeaseAlreadyPresent"));
    assert_eq!(bed.delete("c/a").await.code(), (412, "LeaseIdMissing"));
    let other = [("x-ms-lease-id", "11111111-2222-3333-4444-555555555555")];
    let refused = bed.ask("DELETE", "c/a", &other, "").await;
    assert_eq!(refused.code(), (412, "LeaseIdMismatchWithBlobOperation"));

    bed.sim.clock().advance(std::time::Duration::from_secs(16));
    let own = [("x-ms-lease-id", id.as_str())];
    let lost = bed.ask("DELETE", "c/a", &own, "").await;
    assert_eq!(lost.code(), (412, "LeaseLost"));
    let renew = [("x-ms-lease-action", "renew"), ("x-ms-lease-id", &id)];
    assert_eq!(
        bed.ask("PUT", "c/a?comp=lease", &renew, "").await.status,
        200
    );
    let stop = [
        ("x-ms-lease-action", "break"),
        ("x-ms-lease-break-period", "0"),
    ];
    assert_eq!(
        bed.ask("PUT", "c/a?comp=lease", &stop, "").await.status,
        202
    );
    assert_eq!(bed.delete("c/a").await.status, 202);
}

#[tokio::test]
async fn who_may_not_does_not() {
    let mut bed = bed().await;
    bed.put("c/a", "x").await;
    let url = format!("{}/c/a", bed.sim.blob_url());
    let nobody = send("GET", &url, &[], "".into()).await.unwrap();
    assert_eq!(nobody.code(), (401, "NoAuthenticationInformation"));
    let token = [("authorization", "Bearer guessed")];
    let guessed = send("GET", &url, &token, "".into()).await.unwrap();
    assert_eq!(guessed.code(), (403, "AuthenticationFailed"));
    let key = [
        ("authorization", "SharedKey practice:AAAA"),
        ("x-ms-date", "Tue, 24 Nov 2026 21:06:01 GMT"),
    ];
    let forged = send("GET", &url, &key, "".into()).await.unwrap();
    assert_eq!(forged.code(), (403, "AuthenticationFailed"));

    bed.permissions = "r";
    assert_eq!(bed.get("c/a").await.status, 200);
    let denied = (403, "AuthorizationPermissionMismatch");
    assert_eq!(bed.delete("c/a").await.code(), denied);
    assert_eq!(
        bed.get("c?restype=container&comp=list").await.code(),
        denied
    );
    // Somebody adds a letter to what was signed.
    let expiry = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let sas = bed.sim.sas("r", expiry).replace("sp=r", "sp=rd");
    let more = send("DELETE", &format!("{url}?{sas}"), &[], "".into()).await;
    assert_eq!(more.unwrap().code(), (403, "AuthenticationFailed"));
    let sas = bed
        .sim
        .sas("d", expiry - jiff::SignedDuration::from_hours(2));
    let late = send("DELETE", &format!("{url}?{sas}"), &[], "".into()).await;
    assert_eq!(late.unwrap().code(), (403, "AuthenticationFailed"));
    let sas = bed.sim.sas_for("c", None, "r", expiry);
    let got = send("GET", &format!("{url}?{sas}"), &[], "".into()).await;
    assert_eq!(got.unwrap().status, 200);
    let sas = bed.sim.sas_for("c", Some("other"), "r", expiry);
    let got = send("GET", &format!("{url}?{sas}"), &[], "".into()).await;
    assert_eq!(got.unwrap().code(), (403, "AuthenticationFailed"));
    let sas = bed.sim.sas_for("c", None, "l", expiry);
    let out = format!("{}?comp=list&{sas}", bed.sim.blob_url());
    let listed = send("GET", &out, &[], "".into()).await;
    assert_eq!(listed.unwrap().code(), (403, "AuthenticationFailed"));
    bed.permissions = "c";
    let headers = [("x-ms-blob-type", "BlockBlob")];
    let overwrite = bed.ask("PUT", "c/a", &headers, "y").await;
    assert_eq!(overwrite.code(), (403, "UnauthorizedBlobOverwrite"));
    assert_eq!(bed.ask("PUT", "c/new", &headers, "y").await.status, 201);
}

#[tokio::test]
async fn containers_come_and_go_and_come_back() {
    let settings = Settings {
        container_soft_delete_days: Some(7),
        ..Settings::default()
    };
    let bed = Bed::new(settings).await;
    let made = bed
        .ask("PUT", "new?restype=container", &[("x-ms-meta-a", "b")], "")
        .await;
    assert_eq!(made.status, 201);
    let again = bed.ask("PUT", "new?restype=container", &[], "").await;
    assert_eq!(again.code(), (409, "ContainerAlreadyExists"));
    let bad = bed.ask("PUT", "Bad--?restype=container", &[], "").await;
    assert_eq!(bad.code(), (400, "InvalidResourceName"));
    bed.put("new/a", "x").await;
    assert_eq!(bed.delete("new?restype=container").await.status, 202);
    assert_eq!(bed.get("new/a").await.code(), (404, "ContainerNotFound"));
    let list = bed.get("?comp=list&include=deleted,metadata").await;
    assert_eq!(list.all("RemainingRetentionDays"), ["6"]);
    let version = list.all("Version").remove(0);
    let headers = [
        ("x-ms-deleted-container-name", "new"),
        ("x-ms-deleted-container-version", version.as_str()),
    ];
    let back = bed
        .ask("PUT", "new?restype=container&comp=undelete", &headers, "")
        .await;
    assert_eq!(back.status, 201);
    assert_eq!(bed.get("new/a").await.text(), "x");
    bed.delete("new?restype=container").await;
    bed.sim
        .clock()
        .advance(std::time::Duration::from_secs(8 * 86400));
    assert!(
        bed.get("?comp=list&include=deleted")
            .await
            .all("Name")
            .is_empty()
    );
}
