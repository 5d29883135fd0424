//! What is found, what is not, and that neither the mask nor the chunks change it.

use proptest::prelude::*;
use regex::bytes::Regex;
use remit_guest::testing::Trial;

use super::*;

fn found(text: &str) -> Vec<(&'static str, &str)> {
    let hits = find_all(text.as_bytes()).into_iter();
    hits.map(|hit| (hit.rule.name(), &text[hit.range]))
        .collect()
}

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    assert_eq!(found(text), expected, "in {text:?}");
}

#[test]
fn addresses_are_found() {
    check(
        "to jane.roe@example.com.",
        &[("email", "jane.roe@example.com")],
    );
    check(
        "<a+b_c%d@mail.example.co.uk>",
        &[("email", "a+b_c%d@mail.example.co.uk")],
    );
    check(
        "jürgen@müller.example",
        &[("email", "jürgen@müller.example")],
    );
    check("“jane@example.com”", &[("email", "jane@example.com")]);
    check(
        r#"{"m":"x\njane@example.com\n"}"#,
        &[("email", "jane@example.com")],
    );
    check(r"\\njane@example.com", &[("email", "njane@example.com")]);
    check("jane@example.com.log", &[("email", "jane@example.com")]);
    check("a@b.de,c@d.fr", &[("email", "a@b.de"), ("email", "c@d.fr")]);
}

#[test]
fn telephone_numbers_are_found() {
    for phone in [
        "+49 30 901820",
        "+4930901820",
        "+49 (0)30 90 18 20",
        "+49 (30) 901820",
        "+1 212-555-0123",
        "+12125550123",
        "+33 1 23 45 67 89",
        "+44.20.7946.0958",
        "212-555-0123",
        "212.555.0123",
        "(212) 555-0123",
        "(212)555-0123",
        "030 901820",
        "030/901820",
        "0171 1234567",
        "020 7946 0958",
        "(030) 901820",
        "01 23 45 67 89",
    ] {
        check(phone, &[("phone", phone)]);
        check(&format!("tel:{phone}, or later"), &[("phone", phone)]);
        check(&format!(r#""a\n{phone}\n""#), &[("phone", phone)]);
    }
    check("+49 30 901820 2026-11-23", &[("phone", "+49 30 901820")]);
    check("+49 30 901820 08:30", &[("phone", "+49 30 901820")]);
}

#[test]
fn cards_and_accounts_are_found() {
    for card in [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "3782 822463 10005",
        "6011111111111117",
        "3056 930902 5904",
        "3530111333300000",
    ] {
        check(card, &[("card", card)]);
        check(&format!("pan={card};"), &[("card", card)]);
    }
    for iban in [
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "GB82 WEST 1234 5698 7654 32",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
    ] {
        check(iban, &[("iban", iban)]);
        check(&format!("to {iban}, now"), &[("iban", iban)]);
    }
}

#[test]
fn ip_addresses_are_found() {
    for ip in ["192.0.2.17", "203.0.113.255", "10.1.0.4"] {
        check(ip, &[("ipv4", ip)]);
        check(
            &format!("http://{ip}:8080/x from {ip}."),
            &[("ipv4", ip), ("ipv4", ip)],
        );
    }
    for ip in [
        "2001:db8::1",
        "2001:0db8:0000:0000:0000:ff00:0042:8329",
        "fe80::1ff:fe23:4567:890a",
        "fd00::17",
    ] {
        check(ip, &[("ipv6", ip)]);
        check(
            &format!("[{ip}]:443 and {ip}: up"),
            &[("ipv6", ip), ("ipv6", ip)],
        );
    }
}

#[test]
fn what_machines_write_is_left_alone() {
    for text in [
        // Run ids, GUIDs, hashes.
        "plucky_fork_4zk2l9vqw1",
        "AutoML_7c1f0b52-31ab-4c55-9d2e-0171123456aa_17",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "41111111-1111-4111-8111-111111111111",
        "dcid.train_1700000000_4111111111111111",
        "9e107d9d372bb6826bd81d3542a419d6",
        "sha256:4be1243d3e3a1f6d2c1e0b9a8f7e6d5c4b3a29181716151413121110aabbccdd",
        "DE89370400440532013001",
        "GB29NWBK60161331926819A",
        // Versions.
        "1.2.3.4",
        "azureml-core==1.58.0.20",
        "\"version\": \"10.12.13.14\"",
        "Driver Version: 535.104.12.05",
        "driver version 35.104.12.5",
        "v10.20.30.40",
        "torch-2.10.11.12",
        "0.0.0.0 127.0.0.1 255.255.255.255",
        "CUDA 12.4, cuDNN 90.1.0",
        "300.1.2.3 1.2.3 10.0.0.1.5 10.01.1.1",
        // Time stamps.
        "2026-11-23T08:30:15.123456789+01:00",
        "2026-11-23 08:30:15,123 +0100",
        "1700000000 1700000000000 1700000000000000 1700000000000000000",
        "23/Nov/2026:08:30:15 +0100",
        "08:30:15 12:34:56:78",
        "01-02-2026 03.04.2026 2026.11.23",
        // Floats and other numbers.
        "0.4111111111111111 -4111111111111111 4111111111111111.5 +1.2345678901",
        "loss=3.0171123456 lr=1e-05 acc=9.87e+10 x=+12.3456789012",
        "[512-256-1024] 224x224 1,212,555,0123",
        "4111111111111112 1111111111111111 4111 1111 1111 1112",
        "0100 0200 0300 0400 0500",
        "01 23 45 67 89 ab cd",
        "000102 030405 060708",
        "4111 1111 1111 1111 1111 1111",
        // Code.
        "q@k.transpose(-2, -1)",
        "x@self.weight",
        "icon@2x.png lodash@4.17.21 user@host",
        "git@github.com:org/repo.git",
        "std::vector::data abcd::ef fdab::cafe face::book",
        "00:1b:44:11:3a:b7",
        "@decorator.name @ . @@",
    ] {
        check(text, &[]);
    }
}

#[test]
fn a_realistic_log_yields_nothing() {
    let log = r#"
2026-11-23T08:30:15.123456Z INFO azureml.train [run=plucky_fork_4zk2l9vqw1] step 001200/020000 loss=0.34821107 lr=1.25e-04 grad_norm=+0.9912345678
2026-11-23 08:30:16,004 - root - WARNING - 4172 - checkpoint outputs/ckpt-0001200.pt sha256=9e107d9d372bb6826bd81d3542a419d69e107d9d372bb6826bd81d3542a419d6
{"runId":"AutoML_7c1f0b52-31ab-4c55-9d2e-0171123456aa","startTimeUtc":"2026-11-23T08:30:15.1234567+00:00","metrics":{"accuracy":0.9411111111111111,"f1":0.8876543210987654,"epoch_ms":1700000000000},"tags":{"framework":"torch==2.5.1","cuda":"12.4.131.0"},"properties":{"ContentSnapshotId":"0f8fad5b-d9cb-469f-a165-70867728950e","_azureml.ComputeTargetType":"amlctrain"}}
GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-5ab2e2c8-6d0b-4d3c-8b74-0c1e7b0e3f11) Driver Version: 535.104.12 Temp 41C 61W / 400W 40536MiB / 81920MiB
epoch  12/100 | 1563/1563 [01:23<00:00, 18.71it/s] train 0.1234 0.5678 0.9101 0.1121 val 0.3141 0.5161
layers 512-256-1024 heads 016 dim 0768 seed 0042 tensor([[ 1.0000, -0.2500,  3.1416]]) q@k.transpose(-2, -1)
GET /subscriptions/0f8fad5b-d9cb-469f-a165-70867728950e/providers/Microsoft.MachineLearningServices?api-version=2024-04-01 200 1532 0.0412s
etag "0x8DCB1F2A3C4D5E6" md5 rL0Y20zC+Fzt72VPzMSk2A== crc 2223003122 +12345 lines -678 lines
"#;
    check(log, &[]);
}

/// Asks at every position, without the mask.
fn everywhere(bytes: &[u8]) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let mut covered = 0;
    for at in 0..bytes.len() {
        if at >= covered
            && let Some(hit) = verify(bytes, at, covered)
        {
            covered = hit.range.end;
            hits.push(hit);
        }
    }
    hits
}

const PIECES: &[&str] = &[
    "jane@example.com",
    "j@b.de",
    "@",
    "a.b",
    "+49 30 901820",
    "+4930901820",
    "030 901820",
    "(030) 901820",
    "212-555-0123",
    "01 23 45 67 89",
    "4111111111111111",
    "4111 1111 1111 1111",
    "3782 822463 10005",
    "DE89370400440532013000",
    "DE89 3704 0044 0532 0130 00",
    "192.0.2.17",
    "2001:db8::1",
    "fe80::1ff:fe23:4567:890a",
    "2026-11-23T08:30:15",
    "1.2.3.4",
    "0.41111",
    "\\n",
    "\\\\n",
    "\\t",
    "n",
    "b",
    "Z",
    "é",
    "“",
    " ",
    "  ",
    ",",
    ".",
    "-",
    "+",
    ":",
    "::",
    "/",
    "(",
    ")",
    "_",
    "\"",
    "\n",
    "0",
    "01",
    "012",
    "7",
    "45",
    "123",
    "4567",
    "55555",
    "version ",
    "==",
    "%",
];

fn texts() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_mask_keeps_nothing_back(bytes in texts()) {
        prop_assert_eq!(find_all(&bytes), everywhere(&bytes));
    }

    #[test]
    fn chunks_do_not_change_what_is_found(bytes in texts(), chunk in 1_usize..200) {
        // Longer than a window looks ahead, or there would be one window only.
        let bytes = bytes.repeat(2_000 / bytes.len().max(1));
        let expected: Vec<_> = find_all(&bytes)
            .into_iter()
            .map(|hit| (hit.range.start as u64, hit.range.len() as u32, hit.rule.name().to_owned()))
            .collect();
        let found = Trial::new().chunk(chunk).scan::<PersonalData>(&bytes).unwrap();
        let found: Vec<_> = found.into_iter().map(|f| (f.offset, f.length, f.rule)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn findings_are_ordered_and_look_like_their_rule(bytes in texts()) {
        let shape = |rule: Rule| match rule {
            Rule::Email => r"^[^\s@]*@[^\s@]+\.[^\s@]{2,}$",
            Rule::Phone => r"^[+(]?\d[\d ()./-]{7,22}\d$",
            Rule::Card => r"^(\d{13,19}|\d{4}([ -]\d{3,6}){2,4})$",
            Rule::Iban => r"^[A-Z]{2}\d{2}[A-Z0-9 ]{11,37}$",
            Rule::Ipv4 => r"^\d{1,3}(\.\d{1,3}){3}$",
            Rule::Ipv6 => r"^[0-9a-fA-F]{4}:[0-9a-fA-F:]{2,}$",
        };
        let mut covered = 0;
        for hit in find_all(&bytes) {
            prop_assert!(hit.range.start >= covered && !hit.range.is_empty());
            covered = hit.range.end;
            let regex = Regex::new(&format!("(?s-u){}", shape(hit.rule))).unwrap();
            let text = &bytes[hit.range.clone()];
            prop_assert!(regex.is_match(text), "{:?} is no {:?}", text.escape_ascii().to_string(), hit.rule);
        }
    }

    /// Between spaces, a plain regular expression and plain arithmetic say the same.
    #[test]
    fn addresses_agree_with_a_plain_reference(
        local in "[a-z][a-z0-9.]{0,10}[a-z]", domain in "[a-z]{1,8}\\.[a-z]{2,5}",
        octets in any::<[u8; 4]>(), digits in "[3-6][0-9]{12,18}",
    ) {
        let address = format!("{local}@{domain}");
        let file = email::at(format!("a@{domain}").as_bytes(), 1).is_none();
        let expected = if file { vec![] } else { vec![("email", address.as_str())] };
        prop_assert_eq!(found(&address), expected);

        let ip = octets.map(|octet| octet.to_string()).join(".");
        let single = octets.iter().all(|octet| *octet < 10);
        let expected = !single && octets[0] != 0 && octets[0] != 127 && octets[0] < 224 && octets[3] != 0;
        prop_assert_eq!(!found(&ip).is_empty(), expected);

        // Luhn as the standard tells it: double every second digit from the right, add all digits.
        let sum: u32 = digits.bytes().rev().enumerate().map(|(n, digit)| {
            let value = u32::from(digit - b'0') * (1 + n as u32 % 2);
            value / 10 + value % 10
        }).sum();
        if !sum.is_multiple_of(10) {
            prop_assert!(found(&digits).iter().all(|(rule, _)| *rule != "card"));
        } else if digits.len() == 16 && (digits.starts_with('4') || digits.starts_with("55")) {
            prop_assert_eq!(found(&digits), [("card", digits.as_str())]);
        }
    }

    /// Mod 97 as the standard tells it, over one long number.
    #[test]
    fn accounts_agree_with_long_division(account in "[0-9]{18}", check in 0_u32..100) {
        let iban = format!("DE{check:02}{account}");
        let turned = format!("{account}1314{check:02}");
        let rest = turned.bytes().fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
        prop_assert_eq!(found(&iban).iter().any(|(rule, _)| *rule == "iban"), rest == 1);
    }
}
