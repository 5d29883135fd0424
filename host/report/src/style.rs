//! How a line may be painted: plainly, or with the colours of a terminal.

use std::fmt;

/// Plain text or ANSI colours. Whoever owns the terminal decides; nothing here looks at one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences at all.
    #[default]
    Plain,
    /// Sixteen colours and bold, which every terminal has.
    Ansi,
}

/// What a piece of text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Careful,
    Danger,
}

impl Style {
    /// The text in its tone. It must be escaped already.
    pub(crate) fn paint<'t>(self, tone: Tone, text: &'t str) -> Painted<'t> {
        let code = match (self, tone) {
            (Self::Plain, _) | (Self::Ansi, Tone::Plain) => None,
            (Self::Ansi, Tone::Strong) => Some("1"),
            (Self::Ansi, Tone::Faint) => Some("2"),
            (Self::Ansi, Tone::Good) => Some("32"),
            (Self::Ansi, Tone::Careful) => Some("33"),
            (Self::Ansi, Tone::Danger) => Some("1;31"),
        };
        Painted { code, text }
    }
}

pub(crate) struct Painted<'t> {
    code: Option<&'static str>,
    text: &'t str,
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) if !self.text.is_empty() => {
                write!(f, "\u{1b}[{code}m{}\u{1b}[0m", self.text)
            }
            _ => f.write_str(self.text),
        }
    }
}

/// Lines of at most `width` characters, broken at spaces; a word that is longer stays whole, so that
/// paths and commands can be copied.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if used + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_only() {
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrap("/a/long/path b", 4), ["/a/long/path", "b"]);
        assert_eq!(wrap("a  b", 4), ["a b"]);
        assert!(wrap("", 4).is_empty());
    }

    #[test]
    fn plain_has_no_escapes() {
        assert_eq!(Style::Plain.paint(Tone::Danger, "x").to_string(), "x");
        assert_eq!(
            Style::Ansi.paint(Tone::Danger, "x").to_string(),
            "\u{1b}[1;31mx\u{1b}[0m"
        );
    }
}
