//! Manifest lines, and tag files hashed as they are written.

use std::io::{self, BufWriter, Write};

use crate::disk::{Folder, OutFile};
use crate::payload::Sums;

/// The declaration that makes a folder a bag.
pub(crate) const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// Returns one line of a manifest.
pub(crate) fn line(digest: &str, path: &str) -> String {
    format!("{digest}  {}\n", encode(path))
}

/// Escapes what RFC 8493 section 2.1.3 says, and nothing else.
fn encode(path: &str) -> String {
    path.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Reads one line of a manifest; nothing if it is none.
pub(crate) fn parse(line: &str) -> Option<(&str, String)> {
    let (digest, rest) = line.split_once([' ', '\t'])?;
    let path = rest.trim_start_matches([' ', '\t']);
    // `sha256sum` marks binary files so.
    let path = path.strip_prefix('*').unwrap_or(path);
    let is_hex = !digest.is_empty() && digest.bytes().all(|b| b.is_ascii_hexdigit());
    let path = decode(path)?;
    (is_hex && !path.is_empty()).then_some((digest, path))
}

fn decode(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        decoded.push(match part.get(..2)? {
            "25" => '%',
            "0D" | "0d" => '\r',
            "0A" | "0a" => '\n',
            _ => return None,
        });
        decoded.push_str(&part[2..]);
    }
    Some(decoded)
}

/// Whether `path` stays in the bag and can be opened segment by segment.
pub(crate) fn stays_inside(path: &str) -> bool {
    path.split('/')
        .all(|segment| !matches!(segment, "" | "." | "..") && !segment.contains('\0'))
}

/// A tag file being written into the working folder.
pub(crate) struct TagFile {
    /// Its name in the bag.
    pub(crate) name: &'static str,
    /// Its name in the working folder until then.
    pub(crate) part: String,
    out: BufWriter<OutFile>,
    sums: Sums,
}

/// A tag file that is written and flushed.
pub(crate) struct Written {
    pub(crate) name: &'static str,
    pub(crate) part: String,
    pub(crate) sha256: String,
    pub(crate) sha512: String,
}

impl TagFile {
    pub(crate) fn create(parts: &Folder, part: String, name: &'static str) -> io::Result<Self> {
        let out = BufWriter::with_capacity(64 * 1024, parts.create(&part)?);
        Ok(Self {
            name,
            part,
            out,
            sums: Sums::default(),
        })
    }

    pub(crate) fn close(mut self) -> io::Result<Written> {
        self.out.flush()?;
        self.out.get_ref().sync()?;
        let (sha256, sha512) = self.sums.hex();
        Ok(Written {
            name: self.name,
            part: self.part,
            sha256,
            sha512,
        })
    }
}

impl Write for TagFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.out.write(bytes)?;
        self.sums.update(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::{line, parse, stays_inside};

    #[test]
    fn a_path_with_line_ends_and_percents_survives_its_line() {
        for path in ["data/a b", "data/a\r\nb", "data/50%", "data/%0A", "data/ä*"] {
            let line = line("ab12", path);
            assert_eq!(line.matches('\n').count(), 1);
            assert_eq!(parse(line.trim_end()), Some(("ab12", path.to_owned())));
        }
        assert_eq!(line("ab", "data/a\n%"), "ab  data/a%0A%25\n");
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for text in [
            "",
            "ab12",
            "xyz  data/a",
            "ab12  ",
            "ab12  data/a%2",
            "ab12  data/%41",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_path_out_of_the_bag_is_known() {
        for path in ["/etc/passwd", "data/../../x", "..", "data//x", "./x", ""] {
            assert!(!stays_inside(path), "{path}");
        }
        assert!(stays_inside("data/a/..b"));
    }
}
