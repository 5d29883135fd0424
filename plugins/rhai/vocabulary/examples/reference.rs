//! Writes the reference of the vocabulary, for `scripts/REFERENCE.md`.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(remit_vocabulary::reference().as_bytes())
}
