//! `params` and `notes`: always there, no authority.

use crate::bindings::{notes, params};
use crate::state::{State, Voice};

impl params::Host for State {
    async fn get(&mut self, name: String) -> wasmtime::Result<Vec<String>> {
        Ok(self.voice.param(&name))
    }
}

impl notes::Host for State {
    async fn note(&mut self, message: String) -> wasmtime::Result<()> {
        let noted = match &self.voice {
            Voice::Workflow(session) | Voice::Converter(session, _) => {
                session.note(&message).map_err(Into::into)
            }
            Voice::Scanner(findings, _) => findings.note(&message),
            Voice::Trial(notebook, _) => {
                notebook.say(&message);
                Ok(())
            }
        };
        match noted {
            Ok(()) | Err(remit_session::Refusal::Failure(_)) => Ok(()),
            Err(remit_session::Refusal::Fault(fault)) => Err(self.broken(fault)),
        }
    }

    async fn log(&mut self, message: String) -> wasmtime::Result<()> {
        Self::log(self, &message);
        Ok(())
    }
}
