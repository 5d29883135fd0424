//! Blob Batch: part by part, each with its own right and its own answer.

use remit_sim::{At, Fault, FaultKind, Settings};

use crate::client::{Answer, Bed};

/// Sends a batch of deletes on a container; each part is signed with the bed's SAS.
async fn batch(bed: &Bed, parts: &[(&str, &str)]) -> Answer {
    batch_with(
        bed,
        "c?restype=container&comp=batch",
        parts,
        bed.permissions,
    )
    .await
}

async fn batch_with(bed: &Bed, target: &str, parts: &[(&str, &str)], permissions: &str) -> Answer {
    let expiry = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let sas = bed.sim.sas(permissions, expiry);
    let account = bed.sim.account();
    let mut body = String::new();
    for (id, (blob, header)) in parts.iter().enumerate() {
        let mark = if blob.contains('?') { '&' } else { '?' };
        body += &format!(
            "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\
             Content-ID: {id}\r\n\r\nDELETE /{account}/{blob}{mark}{sas} HTTP/1.1\r\n{header}\r\n\r\n"
        );
    }
    body += "--b--\r\n";
    let headers = [("content-type", "multipart/mixed; boundary=b")];
    bed.ask("POST", target, &headers, body).await
}

/// The statuses of the parts, in order.
fn statuses(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 202, "{answer:?}");
    answer
        .text()
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|rest| rest[..3].to_owned())
        .collect()
}

fn left(bed: &Bed) -> Vec<String> {
    bed.sim.holdings("c").into_iter().map(|h| h.blob).collect()
}

async fn bed(settings: Settings) -> Bed {
    let bed = Bed::new(settings).await;
    for name in ["a", "b b", "d"] {
        bed.sim.seed_blob("c", name, "x");
    }
    bed.sim.seed_blob("other", "x", "x");
    bed
}

#[tokio::test]
async fn each_part_has_its_own_answer() {
    let bed = bed(Settings::default()).await;
    let answer = batch(&bed, &[("c/a", ""), ("c/absent", ""), ("c/b%20b", "")]).await;
    assert_eq!(statuses(&answer), ["202", "404", "202"]);
    assert!(answer.text().contains("Content-ID: 1\r\n"));
    assert!(answer.text().contains("x-ms-error-code: BlobNotFound"));
    assert_eq!(left(&bed), ["d"]);
    let verbs: Vec<_> = bed.sim.mutations().into_iter().map(|m| m.verb).collect();
    assert_eq!(verbs, ["Blob_Delete"; 2]);
}

#[tokio::test]
async fn a_condition_is_honoured_or_not_as_set() {
    for honoured in [true, false] {
        let settings = Settings {
            batch_honours_conditions: honoured,
            ..Settings::default()
        };
        let bed = bed(settings).await;
        let stale = "If-Match: \"0x1\"";
        let answer = batch(&bed, &[("c/a", stale)]).await;
        let expected = if honoured { "412" } else { "202" };
        assert_eq!(statuses(&answer), [expected]);
        assert_eq!(left(&bed).contains(&"a".to_owned()), honoured);
    }
}

#[tokio::test]
async fn a_part_without_the_right_is_refused_alone() {
    let bed = bed(Settings::default()).await;
    let target = "c?restype=container&comp=batch";
    let answer = batch_with(&bed, target, &[("c/a", "")], "r").await;
    assert_eq!(statuses(&answer), ["403"]);
    let outside = batch(&bed, &[("other/x", ""), ("c/a", "")]).await;
    assert_eq!(statuses(&outside), ["400", "202"]);
    let account = batch_with(&bed, "?comp=batch", &[("other/x", "")], "d").await;
    assert_eq!(statuses(&account), ["202"]);
    assert_eq!(left(&bed), ["b b", "d"]);
}

#[tokio::test]
async fn a_batch_has_its_limits() {
    let bed = bed(Settings::default()).await;
    let full = vec![("c/absent", ""); 256];
    assert_eq!(statuses(&batch(&bed, &full).await).len(), 256);
    let more = vec![("c/a", ""); 257];
    assert_eq!(batch(&bed, &more).await.code(), (400, "InvalidInput"));
    let long = "x-long: ".to_owned() + &"x".repeat(1 << 20);
    let large = vec![("c/a", long.as_str()); 5];
    assert_eq!(
        batch(&bed, &large).await.code(),
        (413, "RequestBodyTooLarge")
    );
    assert_eq!(left(&bed).len(), 3);
}

#[tokio::test]
async fn one_part_of_a_batch_can_be_busy() {
    let bed = bed(Settings::default()).await;
    bed.sim.inject(Fault {
        at: At::any().operation("Blob_Delete").contains("/c/d"),
        kind: FaultKind::Status(503, None),
    });
    let answer = batch(&bed, &[("c/a", ""), ("c/d", "")]).await;
    assert_eq!(statuses(&answer), ["202", "503"]);
    assert_eq!(left(&bed), ["b b", "d"]);
}
