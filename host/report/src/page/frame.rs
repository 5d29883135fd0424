//! The document around the sections: what may run and what may be loaded.

use std::io::{self, Write};

use base64ct::{Base64, Encoding as _};
use maud::{DOCTYPE, PreEscaped, html};
use remit_plan::Plan;
use sha2::{Digest as _, Sha256};

use crate::words;

const LOOK: &str = include_str!("look.css");
const FILTER: &str = include_str!("filter.js");

const TITLE_CHARS_MAX: usize = 80;

pub(super) fn open(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(LOOK),
        digest(FILTER),
    );
    let guest = words::hearsay(
        super::sections::name_of(&plan.manifest().about.guest),
        TITLE_CHARS_MAX,
    );
    let head = html! {
        head {
            // Before anything it governs.
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="referrer" content="no-referrer";
            meta name="robots" content="noindex";
            title { "Plan of " (guest) }
            style { (PreEscaped(LOOK)) }
        }
    };
    write!(
        out,
        "{}<html lang=\"en\">{}<body>",
        DOCTYPE.into_string(),
        head.into_string()
    )
}

pub(super) fn close(out: &mut dyn Write) -> io::Result<()> {
    let end = html! {
        footer {
            p { "A working paper of its case: it holds names and paths. It loads nothing and sends nothing." }
        }
        script { (PreEscaped(FILTER)) }
    };
    out.write_all(end.into_string().as_bytes())?;
    out.write_all(b"</body></html>\n")
}

fn digest(text: &str) -> String {
    Base64::encode_string(&Sha256::digest(text))
}
