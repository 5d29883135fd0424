//! The bare client: it follows the pages, one after the other, and looks at nothing but where the next begins.

use std::time::Instant;

use reqwest::{Client, RequestBuilder};

pub(crate) fn run(what: &str, url: &str, account: &str) {
    let begun = Instant::now();
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = Client::new();
        if what != "blobs" {
            runs(&client, url).await;
        }
        if what != "runs" {
            blobs(&client, account).await;
        }
    });
    crate::say(begun);
}

async fn text(request: RequestBuilder) -> String {
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap()
}

/// What stands between two marks.
fn between<'a>(text: &'a str, mark: &str, end: char) -> Option<&'a str> {
    let (_, rest) = text.rsplit_once(mark)?;
    Some(rest.split(end).next().unwrap())
}

async fn runs(client: &Client, url: &str) {
    let id = "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg\
              /providers/Microsoft.MachineLearningServices/workspaces/practice";
    let query = format!("{url}/history/v1.0{id}/experiments/generated/runs:query");
    let mut token = String::new();
    loop {
        let body = match token.as_str() {
            "" => "{}".to_owned(),
            token => format!("{{\"continuationToken\":\"{token}\"}}"),
        };
        let request = client.post(&query).bearer_auth("x");
        let page = text(
            request
                .header("content-type", "application/json")
                .body(body),
        )
        .await;
        match between(&page, "\"continuationToken\":\"", '"') {
            Some(next) => token = next.to_owned(),
            None => return,
        }
    }
}

async fn blobs(client: &Client, account: &str) {
    let first = format!("{account}&restype=container&comp=list");
    let mut marker = String::new();
    loop {
        let page = text(client.get(format!("{first}&marker={marker}"))).await;
        match between(&page, "<NextMarker>", '<') {
            Some("") | None => return,
            Some(next) => marker = next.to_owned(),
        }
    }
}
