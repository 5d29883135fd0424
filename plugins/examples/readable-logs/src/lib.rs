//! Exports logs as a person wants to read them: through the converter `plain-log`.

use remit_guest::{Failure, Scope, Workflow, notes, params};

struct ReadableLogs;

impl Workflow for ReadableLogs {
    fn run(root: &Scope) -> Result<(), Failure> {
        for pattern in params::many("pattern") {
            for log in root.select(&pattern).list()? {
                let log = log?;
                // What one log's converter fails at is a gap of the plan; the others go on.
                if let Err(failure) = root.export(&log).through("plain-log").propose() {
                    notes::log(format!("{}: {}", log.path, failure.message));
                }
            }
        }
        Ok(())
    }
}

remit_guest::workflow!(ReadableLogs);
