//! `remit sim`: it says where it is, answers there, and ends when it is told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::bed::{Bed, Ran};

/// What a raw request is answered.
fn answered(url: &str, target: &str) -> String {
    let (host, account) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /{account}{target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_storage_account_serves_until_it_is_interrupted() {
    let bed = Bed::with_sample();
    let mut serving = bed
        .command(&["sim", "storage", "--from", "sample", "--versioning"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<(String, String)> = BufReader::new(serving.stdout.take().unwrap())
        .lines()
        .take(4)
        .map(|line| {
            let line = line.unwrap();
            let (name, value) = line.split_once(' ').unwrap();
            (name.to_owned(), value.trim().to_owned())
        })
        .collect();
    let names: Vec<_> = lines.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["blobs", "files", "account", "key"]);
    for (_, url) in &lines[..2] {
        let answer = answered(url, "/?comp=list");
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    let status = Command::new("kill")
        .args(["-INT", &serving.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
    let ended = serving.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("practice account"), "{said}");
    assert!(!said.contains(&lines[3].1), "the key is on stderr");
}

/// A server that does not outlive a test that fails.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _already_ended = self.0.kill();
    }
}

/// A whole workspace, as somebody would practise on it: the address that it prints is all there is to know.
#[test]
fn a_workspace_serves_until_it_is_interrupted() {
    let bed = Bed::with_sample();
    let serving = bed
        .command(&["sim", "azureml", "--from", "sample", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut serving = Serving(serving.unwrap());
    let mut line = String::new();
    let mut printed = BufReader::new(serving.0.stdout.take().unwrap());
    printed.read_line(&mut line).unwrap();
    let printed: serde_json::Value = serde_json::from_str(&line).unwrap();
    let at = |arguments: &[&str]| {
        let workspace = format!("azureml:/{}", printed["workspace"].as_str().unwrap());
        let mut command = bed.command(&[arguments, &["-w", &workspace]].concat());
        command.env("REMIT_MANAGEMENT_URL", printed["url"].as_str().unwrap());
        Ran::of(command.output().unwrap())
    };
    let listed = at(&["list", "/runs/*"]).exits(0).stdout;
    assert_eq!(listed.lines().count(), 12, "{listed}");
    at(&["doctor"]).exits(0);
    at(&["delete", "/runs/churn-000000", "--yes"])
        .exits(0)
        .says("gone");
    let left = at(&["list", "/runs/*"]).exits(0).stdout;
    assert_eq!(left.lines().count(), 11, "{left}");
    assert!(!left.contains("churn-000000"), "{left}");
    let interrupted = Command::new("kill")
        .args(["-INT", &serving.0.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    assert_eq!(serving.0.wait().unwrap().code(), Some(0));
}

#[test]
fn a_folder_that_is_not_there_is_no_empty_account() {
    let bed = Bed::new();
    bed.remit(&["sim", "storage", "--from", "nowhere"])
        .exits(1)
        .says("nowhere");
}
