//! `index.html`: the package for a person. Self-contained; a policy in the page forbids
//! scripts and anything from outside, whatever a name manages to say.

use std::fmt::Write as _;
use std::io::{self, BufRead, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::bag_info::{Summary, minute, size};
use crate::index::{Line, Totals};

/// More rows than this no browser shows with pleasure; all of them are in `index.jsonl`.
pub(crate) const ROWS_MAX: u64 = 20_000;

const STYLE: &str = "
:root{color-scheme:light dark;--line:#8884}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 .25rem;overflow-wrap:anywhere}
p{margin:.25rem 0 1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.25rem;margin:1rem 0}
dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
th{position:sticky;top:0;background:Canvas}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.t{white-space:nowrap}
td.p{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
table.k{width:auto}
";

/// Writes the page; `lines` are those of `index.jsonl` after its header.
pub(crate) fn write(
    out: &mut impl Write,
    summary: &Summary,
    totals: &Totals,
    lines: impl BufRead,
) -> io::Result<()> {
    let head = html! {
        (DOCTYPE)
        (PreEscaped("<html lang=\"en\">"))
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy"
                content="default-src 'none'; style-src 'unsafe-inline'";
            meta name="viewport" content="width=device-width";
            title { "Export package: " (visible(&summary.title)) }
            style { (PreEscaped(STYLE)) }
        }
        (PreEscaped("<body>"))
        (top(summary, totals))
        (PreEscaped("<table><thead>"))
        tr { th { "Path" } th { "Kind" } th.n { "Size" } th { "Modified" } }
        (PreEscaped("</thead>\n<tbody>\n"))
    };
    out.write_all(head.into_string().as_bytes())?;
    for (at, line) in (0..).zip(lines.lines()) {
        if at == ROWS_MAX {
            break;
        }
        let line: Line = serde_json::from_str(&line?)?;
        out.write_all(row(&line).into_string().as_bytes())?;
        out.write_all(b"\n")?;
    }
    out.write_all(b"</tbody></table>\n")?;
    let foot = html! {
        @if totals.files > ROWS_MAX {
            p { "The first " (ROWS_MAX) " of " (totals.files) " files are shown. "
                a href="index.jsonl" { "index.jsonl" } " lists all." }
        }
        p { "Whether the package is complete and unchanged, "
            code { "sha256sum -c manifest-sha256.txt" } " says, or any program for BagIt 1.0." }
        (PreEscaped("</body></html>\n"))
    };
    out.write_all(foot.into_string().as_bytes())
}

fn top(summary: &Summary, totals: &Totals) -> Markup {
    html! {
        h1 { bdi { (visible(&summary.title)) } }
        p { (totals.files) @if totals.files == 1 { " file, " } @else { " files, " } (size(totals.bytes)) }
        dl {
            dt { "From" } dd { bdi { (visible(&summary.workspace)) } }
            dt { "Created" } dd { (minute(summary.created_ms)) }
            @if let Some(identifier) = &summary.identifier {
                dt { "Identifier" } dd { bdi { (visible(identifier)) } }
            }
            @for (what, value) in &summary.facts {
                dt { bdi { (visible(what)) } } dd { bdi { (visible(value)) } }
            }
        }
        @if totals.kinds.len() > 1 {
            table.k {
                thead { tr { th { "Kind" } th.n { "Files" } th.n { "Size" } } }
                tbody {
                    @for (kind, (files, bytes)) in &totals.kinds {
                        tr { td { bdi { (visible(kind)) } } td.n { (files) } td.n { (size(*bytes)) } }
                    }
                }
            }
        }
    }
}

fn row(line: &Line) -> Markup {
    html! {
        tr {
            td.p { a href=(href(&line.payload)) rel="noreferrer" title=(visible(&line.payload)) {
                bdi { (visible(&line.path)) }
            } }
            td { bdi { (visible(&line.kind)) }
                @if let Some(converter) = &line.through { " through " bdi { (visible(converter)) } } }
            td.n title={ (line.size_bytes) " bytes" } { (size(line.size_bytes)) }
            td.t { @if let Some(ms) = line.modified_ms { (minute(ms)) } }
        }
    }
}

/// Returns a relative address of a file in the bag.
fn href(payload: &str) -> String {
    let mut address = String::with_capacity(payload.len());
    for byte in payload.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

/// Returns the text with what a reader would not see, or what turns text around, spelled out.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(u32::from(c), 0xAD | 0x061C | 0x200B..=0x200F | 0x2028..=0x202E
                | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE0FFF)
    };
    text.chars()
        .map(|c| {
            if hidden(c) {
                c.escape_unicode().to_string()
            } else {
                c.to_string()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Summary, Totals, href, write};

    #[test]
    fn nothing_that_a_name_says_becomes_markup() {
        let evil = "</title><script>alert(1)</script>\u{202e}\"'";
        let summary = Summary {
            title: evil.to_owned(),
            workspace: evil.to_owned(),
            identifier: Some(evil.to_owned()),
            facts: vec![(evil.to_owned(), evil.to_owned())],
            created_ms: 0,
        };
        let line = serde_json::json!({
            "path": evil, "payload": "data/a\" onclick=\"x", "kind": evil, "size_bytes": 1,
            "sha256": "", "sha512": "",
        });
        let mut totals = Totals::default();
        totals.kinds.insert(evil.to_owned(), (1, 1));
        totals.kinds.insert("b".to_owned(), (1, 1));
        let mut page = Vec::new();
        write(&mut page, &summary, &totals, line.to_string().as_bytes()).unwrap();
        let page = String::from_utf8(page).unwrap();
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("\" onclick"), "{page}");
        assert!(!page.contains('\u{202e}'), "{page}");
        assert!(page.contains(r"\u{202e}"), "{page}");
    }

    #[test]
    fn an_address_is_escaped() {
        assert_eq!(href("data/a b/é#?.txt"), "data/a%20b/%C3%A9%23%3F.txt");
    }
}
