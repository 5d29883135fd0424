//! Makes plain text of a terminal's log, for a person who reads it in an export: without colours,
//! and of a progress bar, which draws itself over and over, only its last state.

use remit_guest::{Content, Converter, Entry, Failure, Output};

struct PlainLog;

impl Converter for PlainLog {
    fn convert(_: &Entry, mut content: Content<'_>, into: &mut Output<'_>) -> Result<(), Failure> {
        while let Some(line) = content.next_line()? {
            let mut plain = plain(line.bytes);
            plain.push(b'\n');
            into.write(&plain)?;
        }
        Ok(())
    }
}

/// Returns what a terminal would show of the line in the end.
fn plain(line: &[u8]) -> Vec<u8> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let last = line.rsplit(|&byte| byte == b'\r').next().unwrap_or(line);
    let mut plain = Vec::with_capacity(last.len());
    let mut bytes = last.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            // An escape sequence: `ESC [` up to a letter, or one more byte.
            0x1b if bytes.next() == Some(b'[') => {
                bytes.find(|byte| (0x40..0x7f).contains(byte));
            }
            b'\t' | b' '.. if byte != 0x7f => plain.push(byte),
            _ => {}
        }
    }
    plain
}

remit_guest::converter!(PlainLog);

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn lines_become_what_a_terminal_shows() {
        for (line, expected) in [
            (&b"loss 0.5"[..], &b"loss 0.5"[..]),
            (b"\x1b[31mred\x1b[0m", b"red"),
            (b"10%\r20%\r100%", b"100%"),
            (b"windows\r", b"windows"),
            (b"a\tb\x07\x1bc", b"a\tb"),
        ] {
            assert_eq!(plain(line), expected);
        }
    }
}
