//! What people share: logs that name several of them, notebooks, texts in other encodings.

use std::fmt::Write as _;

use serde_json::json;

use super::people::{PEOPLE, Person};
use super::{Dice, SHARE, SampleError, Writer, instant};

/// Numbers that card schemes publish for tests.
const CARDS: [&str; 3] = [
    "4111 1111 1111 1111",
    "5555555555554444",
    "3782-822463-10005",
];
/// Numbers that banks publish as examples.
const IBANS: [&str; 3] = [
    "DE89 3704 0044 0532 0130 00",
    "GB82WEST12345698765432",
    "FR1420041010050500013M02606",
];
/// Addresses reserved for documentation.
const ADDRESSES: [&str; 3] = ["192.0.2.17", "198.51.100.44", "2001:db8::8a2e:370:7334"];

pub(super) fn write(writer: &mut Writer<'_>, dice: &mut Dice) -> Result<(), SampleError> {
    let shared = format!("blobs/{}/LocalUpload/shared", writer.default_container());
    for month in 1..=3 {
        writer.put(
            &format!("{shared}/requests-2026-{month:02}.jsonl"),
            requests(dice, month).as_bytes(),
        )?;
    }
    writer.put(&format!("{shared}/gateway.log"), gateway(dice).as_bytes())?;
    writer.put(&format!("{shared}/payments.csv"), payments().as_bytes())?;
    writer.put(&format!("{shared}/minutes utf-16.txt"), &utf16(&minutes()))?;
    let [jane, omar, ..] = &PEOPLE;
    for (owner, name, other) in [
        (jane, "churn study", None),
        (jane, "review with omar", Some(omar)),
        (omar, "bikes", None),
        (omar, "hand-over", Some(jane)),
    ] {
        let path = format!("files/{SHARE}/Users/{}/{name}.ipynb", owner.alias);
        writer.put(&path, notebook(owner, other).as_bytes())?;
    }
    let note = format!(
        "To do\n- ask {} about the lease\n- phone {}\n",
        omar.name, omar.phone
    );
    writer.put(
        &format!("files/{SHARE}/Users/{}/notes.txt", jane.alias),
        note.as_bytes(),
    )
}

fn requests(dice: &mut Dice, month: u32) -> String {
    let mut text = String::new();
    for line in 0..120u32 {
        let person = &PEOPLE[dice.below(PEOPLE.len() as u64) as usize];
        // Escapes that hide an address from a search for plain text.
        let user = match line % 3 {
            0 => person.email.to_owned(),
            1 => person.email.replace('@', "\\u0040"),
            _ => person.email.to_uppercase(),
        };
        let at = instant(1_300 + month * 90, i64::from(line) * 60);
        let address = ADDRESSES[line as usize % ADDRESSES.len()];
        let _infallible = writeln!(
            text,
            r#"{{"time":"{at}","client":"{address}","user":"{user}","oid":"{}","ms":{}.{:03},"path":"/score/{}"}}"#,
            person.object_id,
            dice.below(900),
            dice.below(1_000),
            dice.guid(),
        );
    }
    text
}

fn gateway(dice: &mut Dice) -> String {
    let mut text = String::new();
    for line in 0..400u32 {
        let person = &PEOPLE[dice.below(PEOPLE.len() as u64) as usize];
        let at = instant(1_400, i64::from(line) * 13);
        let address = ADDRESSES[line as usize % ADDRESSES.len()];
        let _infallible = match line % 4 {
            0 => writeln!(
                text,
                "{at} {address} GET /runs?owner={} 200",
                person.email.replace('@', "%40")
            ),
            1 => writeln!(text, "{at} {address} session opened for {}", person.name),
            2 => writeln!(text, "{at} version 2.14.3 build 20260112.{line} ok"),
            _ => writeln!(text, "{at} {address} call back {}", person.phone),
        };
    }
    text
}

fn payments() -> String {
    let mut text = String::from("name,mail,card,iban\n");
    for (index, person) in PEOPLE.iter().enumerate() {
        let (card, iban) = (CARDS[index % CARDS.len()], IBANS[index % IBANS.len()]);
        let _infallible = writeln!(text, "\"{}\",{},{card},{iban}", person.name, person.email);
    }
    text
}

fn minutes() -> String {
    let [jane, omar, ada, _] = &PEOPLE;
    format!(
        "Minutes – Zürich, 2026-01-12\r\nPresent: {}, {}, {}\r\n{} will write to {}.\r\n",
        jane.name, omar.name, ada.name, jane.name, omar.email
    )
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn notebook(owner: &Person, other: Option<&Person>) -> String {
    let mut source = vec![format!("# Author: {} <{}>\n", owner.name, owner.email)];
    if let Some(other) = other {
        source.push(format!(
            "# Reviewed with {} ({})\n",
            other.name, other.email
        ));
    }
    let home = format!(
        "/mnt/batch/tasks/shared/LS_root/mounts/clusters/{0}/code/Users/{0}",
        owner.alias
    );
    let document = json!({
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": source},
            {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["%pwd"],
             "outputs": [{"name": "stdout", "output_type": "stream", "text": [format!("{home}\n")]}]},
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    });
    let mut text = serde_json::to_string_pretty(&document).expect("a value is a document");
    text.push('\n');
    text
}
