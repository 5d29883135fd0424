//! What the figures are compared with: Debian's `wrk`, and AzCopy as Microsoft publishes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::client::Took;
use crate::server::Server;

/// Connections of the load generator: as many as our client has requests under way.
const CONNECTIONS: &str = "-c64";

/// The target folder.
pub(crate) fn target() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    // …/target/release/deps/accounts-…
    here.ancestors().nth(3).unwrap().to_owned()
}

/// Requests a second (or MiB a second) of a bare load generator that asks for all blobs in turn.
pub(crate) fn wrk(server: &Server, container: &str, blobs: u64, counts: bool) -> f64 {
    let path = server.url.splitn(4, '/').nth(3).unwrap();
    let script = format!(
        "local n = -1\nfunction request()\n  n = (n + 1) % {blobs}\n  return wrk.format('GET', \
         string.format('/{path}/{container}/logs/%09d?%s', n, '{}'))\nend\n",
        server.signature
    );
    let file = target().join("bench/wrk.lua");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, script).unwrap();
    let out = Command::new("wrk")
        .args(["-t1", CONNECTIONS, "-d8s", "--timeout", "60s", "-s"])
        .args([file.as_os_str(), server.url.as_ref()])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(!text.contains("Non-2xx"), "{text}");
    let after = |label: &str| {
        let rest = text.split_once(label).unwrap_or_else(|| panic!("{text}")).1;
        rest.split_whitespace().next().unwrap().to_owned()
    };
    if counts {
        return after("Requests/sec:").parse().unwrap();
    }
    let rate = after("Transfer/sec:");
    let (number, factor) = match rate.strip_suffix("GB") {
        Some(number) => (number, 1024.0),
        None => (rate.trim_end_matches("MB"), 1.0),
    };
    number.parse::<f64>().unwrap() * factor
}

pub(crate) fn azcopy_download(server: &Server, container: &str, into: &Path) -> Took {
    let from = address(server, container);
    let to = into.to_str().unwrap();
    azcopy(&["copy", &from, to, "--recursive", "--from-to", "BlobLocal"])
}

pub(crate) fn azcopy_list(server: &Server, container: &str) -> Took {
    azcopy(&["list", &address(server, container), "--location", "Blob"])
}

pub(crate) fn azcopy_remove(server: &Server, container: &str) -> Took {
    let from = format!("{}/{container}/*?{}", server.url, server.signature);
    azcopy(&["remove", &from, "--recursive", "--from-to", "BlobTrash"])
}

fn address(server: &Server, container: &str) -> String {
    format!("{}/{container}?{}", server.url, server.signature)
}

/// What AzCopy takes for an act, as GNU time measures it.
fn azcopy(arguments: &[&str]) -> Took {
    let home = target().join("bench/azcopy");
    fs::create_dir_all(&home).unwrap();
    let measured = home.join("measured");
    let begun = Instant::now();
    let out = Command::new("/usr/bin/time")
        .args(["--format", "%M %U %S", "--output"])
        .arg(&measured)
        .arg(program())
        .args(arguments)
        .args([
            "--output-level",
            "quiet",
            "--log-level",
            "NONE",
            "--skip-version-check",
        ])
        .env("AZCOPY_LOG_LOCATION", &home)
        .env("AZCOPY_JOB_PLAN_LOCATION", &home)
        .env("AZCOPY_DISABLE_SYSLOG", "true")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "AzCopy failed: {said}");
    let text = fs::read_to_string(&measured).unwrap();
    let last = text.lines().last().unwrap();
    let numbers: Vec<f64> = last.split(' ').map(|word| word.parse().unwrap()).collect();
    fs::remove_dir_all(&home).unwrap();
    Took {
        seconds,
        processor: numbers[1] + numbers[2],
        peak_kib: numbers[0],
        ..Took::default()
    }
}

/// Where `cargo xtask bench` has put it.
fn program() -> PathBuf {
    let package = "tools/azcopy/node_modules/@azure-tools/azcopy-linux";
    let folder = target().join(package).join("dist/bin");
    let mut programs = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("no AzCopy in {}: {error}", folder.display()))
        .map(|file| file.unwrap().path());
    programs.next().unwrap()
}
