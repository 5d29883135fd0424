//! Where words go: stdout is the answer and nothing else; everything besides is stderr.

#![expect(clippy::print_stderr, reason = "this is the one file that may")]

use std::io::{self, BufRead as _, BufWriter, IsTerminal as _, Write};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use remit_report::Style;

use crate::args::Output;
use crate::error::{Cause, CommandError};
use crate::exit::Exit;

/// What is wrong in a file, with its line and a caret.
pub(crate) fn rendered(wrong: &dyn miette::Diagnostic) -> String {
    let mut text = String::new();
    let handler =
        miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
    match handler.render_report(&mut text, wrong) {
        Ok(()) => text.trim().to_owned(),
        Err(_) => wrong.to_string(),
    }
}

/// What a person sees.
pub(crate) struct Ui {
    quiet: bool,
    /// Whether answers are JSON.
    pub(crate) json: bool,
    /// Whether answers may have colours.
    pub(crate) colour: bool,
    /// Columns of the terminal; 100 where there is none.
    pub(crate) width: usize,
}

impl Ui {
    pub(crate) fn new(output: &Output) -> Self {
        let width = std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok())
            .unwrap_or(100);
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colour = !output.json && !no_colour && io::stdout().is_terminal();
        Self {
            quiet: output.quiet,
            json: output.json,
            colour,
            width,
        }
    }

    /// Where the answer is written. Flushed when dropped; write errors are met on the way.
    pub(crate) fn out(&self) -> BufWriter<io::StdoutLock<'static>> {
        BufWriter::new(io::stdout().lock())
    }

    /// Says something besides the answer.
    pub(crate) fn status(&self, text: impl AsRef<str>) {
        if !self.quiet {
            eprintln!("{}", text.as_ref());
        }
    }

    /// Warns; also under `--quiet`.
    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        eprintln!("warning: {}", text.as_ref());
    }

    /// Says what would help.
    pub(crate) fn hint(&self, text: impl AsRef<str>) {
        eprintln!("hint: {}", text.as_ref());
    }

    /// Prints an error with its causes, once.
    pub(crate) fn fail(&self, error: &CommandError) -> ExitCode {
        match &error.cause {
            Cause::BrokenPipe => return Exit::Done.into(),
            Cause::Error(cause) => {
                eprintln!("error: {cause}");
                let mut next = cause.source();
                while let Some(cause) = next {
                    eprintln!("  because: {cause}");
                    next = cause.source();
                }
            }
            Cause::File(diagnostic) => {
                eprintln!("error: {}", rendered(diagnostic.as_ref()));
            }
        }
        for hint in &error.hints {
            self.hint(hint);
        }
        error.exit.into()
    }

    /// Whether a person can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a person; the line without its end. None when the input ends.
    pub(crate) fn ask(&self, question: &str) -> Result<Option<String>, CommandError> {
        Self::answer_to(question)
    }

    /// The same, for a thread of its own.
    pub(crate) fn answer_to(question: &str) -> Result<Option<String>, CommandError> {
        eprint!("{question} ");
        io::stderr().flush()?;
        let mut line = String::new();
        let n = io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| CommandError::io("cannot read the answer", error))?;
        Ok((n > 0).then(|| line.trim().to_owned()))
    }

    /// Asks for a secret, which is not shown while it is typed. None where nobody can be asked.
    pub(crate) fn ask_secret(&self, question: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        rpassword::prompt_password(format!("{question} ")).ok()
    }

    /// How answers are set.
    pub(crate) fn style(&self) -> Style {
        if self.colour {
            Style::Ansi
        } else {
            Style::Plain
        }
    }

    /// A bar for work of a known length, on a terminal only.
    pub(crate) fn bar(&self, what: &'static str, length: u64) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(length), self.draw_target());
        let style = ProgressStyle::with_template(
            "{msg:12} {bar:30} {human_pos}/{human_len} · {per_sec} · {eta} left",
        );
        bar.set_style(style.expect("a constant template"));
        bar.set_message(what);
        bar
    }

    /// The same for so many bytes: how many there are, how fast they come and how long it will take.
    pub(crate) fn bar_of_bytes(&self, what: &'static str, bytes: u64) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(bytes), self.draw_target());
        let style = ProgressStyle::with_template(
            "{msg:12} {bar:30} {binary_bytes}/{binary_total_bytes} · {binary_bytes_per_sec} · {eta} left",
        );
        bar.set_style(style.expect("a constant template"));
        bar.set_message(what);
        bar
    }

    /// A counter for work of unknown length, on a terminal only.
    pub(crate) fn spinner(&self, what: &'static str) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(None, self.draw_target());
        let style = ProgressStyle::with_template("{spinner} {msg} {human_pos} · {elapsed}");
        bar.set_style(style.expect("a constant template"));
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    fn draw_target(&self) -> ProgressDrawTarget {
        match self.quiet || self.json {
            true => ProgressDrawTarget::hidden(),
            // indicatif itself hides it where stderr is no terminal.
            false => ProgressDrawTarget::stderr(),
        }
    }
}
