//! `remit sim`: it says where it is, answers there, and ends when it is told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::bed::Bed;

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

#[test]
fn a_folder_that_is_not_there_is_no_empty_account() {
    let bed = Bed::new();
    bed.remit(&["sim", "storage", "--from", "nowhere"])
        .exits(1)
        .says("nowhere");
}
