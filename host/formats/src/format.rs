//! Which syntax an entry's content has, as far as redaction needs to know.
//!
//! It is a guess from name, content type and first bytes; nothing here reads on or fails.
//! A wrong guess costs a gap or a refusal, never a broken document: validity is checked apart.

/// How content is decoded, cut and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Bytes that are mostly text in UTF-8 or a superset of ASCII: logs, YAML, code, Markdown.
    Text,
    /// Text whose rows keep their number of fields (comma-separated; other separators are text).
    Csv,
    /// Text in UTF-16, low byte first.
    Utf16Le,
    /// Text in UTF-16, high byte first.
    Utf16Be,
    /// One JSON document, or several after one another; notebooks too.
    Json,
    /// One JSON document per line.
    JsonLines,
    /// Anything no decoder exists for yet.
    Binary,
}

/// Bytes from the start of the content that [`Format::detect`] looks at; more are ignored.
pub const DETECT_LEN: usize = 1024;

impl Format {
    /// Guesses the format of content called `name`.
    ///
    /// `name` may be a path; `content_type` counts only where the name says nothing, since
    /// storage services hand out `application/octet-stream` for everything. `head` is the start
    /// of the content, [`DETECT_LEN`] bytes if there are that many.
    pub fn detect(name: &str, content_type: Option<&str>, head: &[u8]) -> Self {
        let head = &head[..head.len().min(DETECT_LEN)];
        let named = by_extension(name);
        if named == Some(Self::Binary) || MAGIC.iter().any(|magic| head.starts_with(magic)) {
            return Self::Binary;
        }
        if let Some(format) = utf16(head) {
            return format;
        }
        if !looks_like_text(head) {
            return Self::Binary;
        }
        named
            .or_else(|| content_type.and_then(by_content_type))
            .unwrap_or(Self::Text)
    }

    /// Returns why the content cannot be searched or redacted, for the plan's list of gaps.
    pub fn gap(self) -> Option<&'static str> {
        match self {
            Self::Binary => Some("no decoder for this format"),
            Self::Text
            | Self::Csv
            | Self::Utf16Le
            | Self::Utf16Be
            | Self::Json
            | Self::JsonLines => None,
        }
    }

    pub(crate) fn utf16_order(self) -> Option<ByteOrder> {
        match self {
            Self::Utf16Le => Some(ByteOrder::Little),
            Self::Utf16Be => Some(ByteOrder::Big),
            Self::Text | Self::Csv | Self::Json | Self::JsonLines | Self::Binary => None,
        }
    }
}

/// Which byte of a UTF-16 unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    pub(crate) fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    pub(crate) fn bytes(self, unit: u16) -> [u8; 2] {
        match self {
            Self::Little => unit.to_le_bytes(),
            Self::Big => unit.to_be_bytes(),
        }
    }
}

/// First bytes of formats that could pass for text in their first KiB, or have no extension.
/// UTF-32 is here because its mark starts like UTF-16's.
const MAGIC: &[&[u8]] = &[
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"%PDF-",
    b"PAR1",
    b"Obj\x01",
    b"\xff\xfe\0\0",
    b"\0\0\xfe\xff",
];

const BINARY: &[&str] = &[
    "7z",
    "arrow",
    "avro",
    "bmp",
    "bz2",
    "ckpt",
    "class",
    "dll",
    "doc",
    "docx",
    "exe",
    "feather",
    "gif",
    "gz",
    "h5",
    "hdf5",
    "ico",
    "jar",
    "joblib",
    "jpeg",
    "jpg",
    "mov",
    "mp3",
    "mp4",
    "npy",
    "npz",
    "onnx",
    "orc",
    "parquet",
    "pb",
    "pdf",
    "pickle",
    "pkl",
    "png",
    "ppt",
    "pptx",
    "pt",
    "pth",
    "rar",
    "safetensors",
    "so",
    "sqlite",
    "tar",
    "tflite",
    "tgz",
    "tif",
    "tiff",
    "wasm",
    "wav",
    "webp",
    "whl",
    "xls",
    "xlsx",
    "xz",
    "zip",
    "zst",
];

fn by_extension(name: &str) -> Option<Format> {
    // A generation's `?snapshot=…` is no part of the name; a `?` of the name is encoded.
    let name = name.split('?').next().unwrap_or(name);
    let file = name.rsplit('/').next().unwrap_or(name);
    let (_, extension) = file.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    match extension.as_str() {
        "json" | "ipynb" | "geojson" => Some(Format::Json),
        "jsonl" | "ndjson" | "jsonlines" => Some(Format::JsonLines),
        "csv" => Some(Format::Csv),
        "log" | "txt" | "md" | "py" | "yaml" | "yml" | "tsv" | "xml" | "html" | "toml" | "ini"
        | "sh" | "r" | "sql" => Some(Format::Text),
        other => BINARY.contains(&other).then_some(Format::Binary),
    }
}

fn by_content_type(content_type: &str) -> Option<Format> {
    let essence = content_type.split(';').next().unwrap_or(content_type);
    let essence = essence.trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "text/json" => Some(Format::Json),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines" => Some(Format::JsonLines),
        "text/csv" => Some(Format::Csv),
        other if other.ends_with("+json") => Some(Format::Json),
        _ => None,
    }
}

/// Recognises UTF-16 by its mark or, without one, by NULs in every second place beside ASCII.
fn utf16(head: &[u8]) -> Option<Format> {
    match head {
        [0xff, 0xfe, ..] => return Some(Format::Utf16Le),
        [0xfe, 0xff, ..] => return Some(Format::Utf16Be),
        _ => {}
    }
    let n_pairs = head.len() / 2;
    if n_pairs < 8 {
        return None;
    }
    let ascii_beside_nul = |text: usize| {
        let fits = |pair: &[u8]| pair[1 - text] == 0 && is_printable(pair[text]);
        head.chunks_exact(2).filter(|pair| fits(pair)).count() * 10 >= n_pairs * 9
    };
    if ascii_beside_nul(0) {
        Some(Format::Utf16Le)
    } else if ascii_beside_nul(1) {
        Some(Format::Utf16Be)
    } else {
        None
    }
}

/// One NUL in ten, or three odd bytes in ten, is more than a broken log has. The head may end
/// inside a character, and Latin-1 text has stray high bytes, so neither is held against it.
fn looks_like_text(head: &[u8]) -> bool {
    let n_nul = head.iter().filter(|&&byte| byte == 0).count();
    let n_odd = head
        .utf8_chunks()
        .map(|chunk| {
            let controls = chunk
                .valid()
                .bytes()
                .filter(|byte| byte.is_ascii_control() && !is_printable(*byte));
            controls.count() + chunk.invalid().len()
        })
        .sum::<usize>();
    n_nul * 10 <= head.len() && n_odd * 10 <= head.len() * 3
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0x1b | 0x0c)
}

#[cfg(test)]
mod tests {
    use super::Format::{self, *};

    fn check(name: &str, content_type: Option<&str>, head: &[u8], expect: Format) {
        let found = Format::detect(name, content_type, head);
        assert_eq!(found, expect, "{name} {content_type:?} {head:?}");
    }

    #[test]
    fn formats_follow_name_then_type_then_bytes() {
        check("a/b.json", None, b"{}", Json);
        check("PT1H.JSON", None, b"", Json);
        check("a.json?snapshot=2026-01-01", None, b"{}", Json);
        check("nb.ipynb", None, b"{}", Json);
        check("a.jsonl", None, b"{}\n", JsonLines);
        check("a.ndjson", Some("application/json"), b"{}\n", JsonLines);
        check("people.csv", None, b"a,b\n", Csv);
        check("std.log", Some("application/json"), b"x", Text);
        check("a.b/plain", None, b"x", Text);
        check(
            "plain",
            Some("application/json; charset=utf-8"),
            b"{}",
            Json,
        );
        check("plain", Some("application/x-ndjson"), b"{}", JsonLines);
        check("plain", Some("application/vnd.x+json"), b"{}", Json);
        check("plain", Some("application/octet-stream"), b"hello", Text);
        check("a.json", None, b"\xef\xbb\xbf{}", Json);
        check("a.json", None, b"\xff\xfe{\0}\0", Utf16Le);
        check("a.txt", None, b"\xfe\xff\0a", Utf16Be);
        check("a.txt", None, b"h\0e\0l\0l\0o\0 \0y\0o\0u\0", Utf16Le);
        check("a.txt", None, b"\0h\0e\0l\0l\0o\0 \0y\0o\0u", Utf16Be);
        check("empty", None, b"", Text);
    }

    #[test]
    fn what_has_no_decoder_is_binary_whatever_it_is_called() {
        check("a.zip", None, b"text", Binary);
        check("a.json.gz", None, b"{}", Binary);
        check("a.json", None, b"PK\x03\x04aaaaaaaaaaaaaa", Binary);
        check("report", None, b"%PDF-1.7\n", Binary);
        check("a.txt", None, b"\xff\xfe\0\0a\0\0\0", Binary);
        check("a.log", None, &[0; 300], Binary);
        check("a.log", None, &[0x81; 300], Binary);
    }

    #[test]
    fn a_broken_text_is_still_text() {
        check(
            "a.log",
            None,
            b"caf\xe9 in Latin-1 and a NUL \0 in a log",
            Text,
        );
        check(
            "a.log",
            None,
            "x".repeat(1023).replace("xxx", "é€").as_bytes(),
            Text,
        );
    }

    #[test]
    fn only_binary_is_a_gap() {
        assert!(Binary.gap().is_some());
        for format in [Text, Csv, Utf16Le, Utf16Be, Json, JsonLines] {
            assert_eq!(format.gap(), None);
        }
    }
}
