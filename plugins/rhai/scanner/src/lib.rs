//! The interpreter of scripts that are scanners: a thin shell over `remit-vocabulary`.

use remit_guest::{Content, Entry, Failure, Findings, Scanner};
use remit_vocabulary::Interpreter;

struct Script;

impl Scanner for Script {
    fn prepare() {
        Interpreter::prepare();
    }

    fn scan(of: &Entry, content: Content<'_>, found: &mut Findings<'_>) -> Result<(), Failure> {
        Interpreter::take().scan(remit_vocabulary::program(), of, content, found)
    }
}

remit_guest::scanner!(Script);
