//! XML as the service writes it, and the little of it that is read.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::refusal::{Code, Refusal};

/// Writes a document, element by element.
#[derive(Debug, Default)]
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn document() -> Self {
        Self(String::from(r#"<?xml version="1.0" encoding="utf-8"?>"#))
    }

    pub(crate) fn open(mut self, name: &str, attributes: &[(&str, &str)]) -> Self {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push(' ');
            self.0.push_str(key);
            self.0.push_str("=\"");
            escape(value, &mut self.0);
            self.0.push('"');
        }
        self.0.push('>');
        self
    }

    pub(crate) fn close(mut self, name: &str) -> Self {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self
    }

    pub(crate) fn text(mut self, name: &str, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        if text.is_empty() {
            self.0.push('<');
            self.0.push_str(name);
            self.0.push_str(" />");
            return self;
        }
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
        escape(text, &mut self.0);
        self.close(name)
    }

    pub(crate) fn maybe(self, name: &str, text: Option<impl AsRef<str>>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// A name, percent-encoded and marked where XML 1.0 has no way to say it.
    ///
    /// Assumption: which characters the service marks. The swagger (`BlobName`) has the
    /// attribute; that it is used for what XML cannot hold follows.
    pub(crate) fn name(self, element: &str, name: &str) -> Self {
        if !name.chars().any(unspeakable) {
            return self.text(element, name);
        }
        let encoded =
            percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        self.open(element, &[("Encoded", "true")])
            .raw(&encoded.to_string())
            .close(element)
    }

    pub(crate) fn raw(mut self, text: &str) -> Self {
        self.0.push_str(text);
        self
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

fn unspeakable(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\r' | '\u{fffe}' | '\u{ffff}')
}

fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '&' => into.push_str("&amp;"),
            '"' => into.push_str("&quot;"),
            // A reader would make a blank of it otherwise.
            '\r' | '\n' | '\t' => into.push_str(&format!("&#{};", u32::from(c))),
            c => into.push(c),
        }
    }
}

/// One element with text, and the names of the elements it lies in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) path: Vec<String>,
    pub(crate) text: String,
}

impl Leaf {
    /// The element's own name.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Whether the path ends so.
    pub(crate) fn ends(&self, path: &[&str]) -> bool {
        self.path.len() >= path.len()
            && self.path[self.path.len() - path.len()..]
                .iter()
                .zip(path)
                .all(|(a, b)| a == b)
    }
}

/// The leaves of a document in order: all that the bodies of this service need.
pub(crate) fn leaves(document: &[u8]) -> Result<Vec<Leaf>, Refusal> {
    let invalid = || Refusal(Code::InvalidXmlDocument);
    let document = std::str::from_utf8(document).map_err(|_| invalid())?;
    let mut reader = Reader::from_str(document.trim_start_matches('\u{feff}'));
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut leaf = false;
    let mut found = Vec::new();
    loop {
        match reader.read_event().map_err(|_| invalid())? {
            Event::Start(start) => {
                path.push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                text.clear();
                leaf = true;
            }
            Event::Empty(empty) => {
                let mut path = path.clone();
                path.push(String::from_utf8_lossy(empty.local_name().as_ref()).into_owned());
                found.push(Leaf {
                    path,
                    text: String::new(),
                });
                leaf = false;
            }
            Event::Text(part) => text.push_str(&part.decode().map_err(|_| invalid())?),
            Event::GeneralRef(part) => {
                if let Some(c) = part.resolve_char_ref().map_err(|_| invalid())? {
                    text.push(c);
                } else {
                    let name = part.decode().map_err(|_| invalid())?;
                    text.push_str(
                        quick_xml::escape::resolve_predefined_entity(&name).ok_or_else(invalid)?,
                    );
                }
            }
            Event::CData(part) => text.push_str(&part.decode().map_err(|_| invalid())?),
            Event::End(_) => {
                if leaf {
                    found.push(Leaf {
                        path: path.clone(),
                        text: std::mem::take(&mut text),
                    });
                }
                leaf = false;
                path.pop();
            }
            Event::Eof if path.is_empty() => return Ok(found),
            Event::Eof => return Err(invalid()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let name = "a <b> & \"c\"\n\t+ ü";
        let text = Writer::document()
            .open("A", &[("b", name)])
            .text("B", name)
            .text("C", "")
            .close("A")
            .finish();
        let leaves = leaves(text.as_bytes()).unwrap();
        assert_eq!(leaves[0].text, name);
        assert!(leaves[0].ends(&["A", "B"]));
        assert_eq!((leaves[1].name(), leaves[1].text.as_str()), ("C", ""));
        assert!(super::leaves(b"<A><B></A>").is_err());
    }
}
