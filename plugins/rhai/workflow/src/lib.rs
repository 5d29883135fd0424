//! The interpreter of scripts that are workflows: a thin shell over `remit-vocabulary`.

use remit_guest::{Failure, Scope, Workflow};
use remit_vocabulary::Interpreter;

struct Script;

impl Workflow for Script {
    fn prepare() {
        Interpreter::prepare();
    }

    fn run(root: &Scope) -> Result<(), Failure> {
        Interpreter::take().run(remit_vocabulary::program(), root)
    }
}

remit_guest::workflow!(Script);
