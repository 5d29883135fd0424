//! The service's XML as a tree, with every character of a text kept.
//!
//! Microsoft's client deserialises the same documents but trims nothing less than we may lose: names begin
//! and end with spaces. Not a validator: what is not understood is left out.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use crate::error::Answer;

/// An element. Its words are those of the answer itself, unless something in them was escaped.
#[derive(Debug, Default)]
pub(crate) struct Tree<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) text: Cow<'a, str>,
    /// Whether an attribute says that the text is percent-encoded.
    is_encoded: bool,
    pub(crate) children: Vec<Self>,
}

/// Deeper than any answer of the service.
const DEPTH_MAX: usize = 16;

const BROKEN: Answer = Answer::Malformed("the XML is broken");

impl Tree<'static> {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Answer> {
        Ok(Tree::parse_each(bytes, "", |_| Ok(()))?.into_owned())
    }
}

impl<'a> Tree<'a> {
    /// The same, but what stands in the root's child `list` is handed over one element after another, and is
    /// not kept: a page has thousands, each some kilobytes as a tree.
    pub(crate) fn parse_each(
        bytes: &'a [u8],
        list: &str,
        mut each: impl FnMut(Self) -> Result<(), Answer>,
    ) -> Result<Self, Answer> {
        let text = std::str::from_utf8(bytes).map_err(|_| BROKEN)?;
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Self> = vec![Self::default()];
        let mut close = |open: &mut Vec<Self>, element: Self| {
            let depth = open.len();
            let parent = open.last_mut().ok_or(BROKEN)?;
            // The document, its root, and the list in it.
            if depth == 3 && parent.name == list {
                return each(element);
            }
            parent.children.push(element);
            Ok(())
        };
        loop {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let rest = text.get(at..).unwrap_or_default();
            match reader.read_event().map_err(|_| BROKEN)? {
                Event::Start(start) if open.len() < DEPTH_MAX => open.push(Self::of(&start, rest)),
                Event::Start(_) => return Err(BROKEN),
                Event::Empty(start) => {
                    close(&mut open, Self::of(&start, rest))?;
                }
                Event::End(_) => {
                    let element = open.pop().ok_or(BROKEN)?;
                    close(&mut open, element)?;
                }
                Event::Text(text) => {
                    let text = text.decode().map_err(|_| BROKEN)?;
                    open.last_mut().ok_or(BROKEN)?.say(text);
                }
                Event::CData(data) => {
                    let text = data.decode().map_err(|_| BROKEN)?;
                    open.last_mut().ok_or(BROKEN)?.say(text);
                }
                Event::GeneralRef(reference) => {
                    let into = open.last_mut().ok_or(BROKEN)?.text.to_mut();
                    match reference.resolve_char_ref().map_err(|_| BROKEN)? {
                        Some(character) => into.push(character),
                        None => {
                            let name = reference.decode().map_err(|_| BROKEN)?;
                            into.push_str(resolve_predefined_entity(&name).ok_or(BROKEN)?);
                        }
                    }
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        // An answer that was cut off leaves something open.
        let [root] = open.as_mut_slice() else {
            return Err(BROKEN);
        };
        root.children.pop().ok_or(BROKEN)
    }

    /// An element whose tag is what `rest` begins with.
    fn of(start: &BytesStart<'_>, rest: &'a str) -> Self {
        let is_encoded = start
            .attributes_raw()
            .iter()
            .any(|byte| !byte.is_ascii_whitespace())
            && start
                .try_get_attribute("Encoded")
                .ok()
                .flatten()
                .is_some_and(|attribute| &*attribute.value == b"true");
        let name = start.name();
        let here = rest.get(1..=name.as_ref().len());
        Self {
            name: match here {
                Some(here) if here.as_bytes() == name.as_ref() => here.into(),
                _ => String::from_utf8_lossy(name.as_ref()).into_owned().into(),
            },
            is_encoded,
            ..Self::default()
        }
    }

    fn say(&mut self, text: Cow<'a, str>) {
        match self.text.is_empty() {
            true => self.text = text,
            false => self.text.to_mut().push_str(&text),
        }
    }

    fn into_owned(self) -> Tree<'static> {
        Tree {
            name: self.name.into_owned().into(),
            text: self.text.into_owned().into(),
            is_encoded: self.is_encoded,
            children: self.children.into_iter().map(Tree::into_owned).collect(),
        }
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child; none when it is absent or empty.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.child(name)
            .map(|child| &*child.text)
            .filter(|text| !text.is_empty())
    }

    /// The name in an element `Name`, which the service encodes where XML could not say it.
    pub(crate) fn blob_name(&self) -> Option<String> {
        let name = self.child("Name")?;
        if !name.is_encoded {
            return Some(name.text.clone().into_owned());
        }
        let path =
            remit_workspace::EntryPath::parse(&format!("/x{}", name.text.replace('/', "%2F")));
        let bytes = path.ok()?.segments().next()?;
        String::from_utf8(bytes)
            .ok()
            .map(|text| text[1..].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(xml: &str) -> String {
        let tree = Tree::parse(format!("<Blob><Name>{xml}</Name></Blob>").as_bytes()).unwrap();
        tree.blob_name().unwrap()
    }

    #[test]
    fn names_keep_every_character() {
        for (xml, expect) in [
            (" lead", " lead"),
            ("trail ", "trail "),
            ("a&amp;b&lt;c&#x26;d", "a&b<c&d"),
            ("a\tb\nc", "a\tb\nc"),
            ("<![CDATA[a]]>", "a"),
        ] {
            assert_eq!(name(xml), expect);
        }
        let encoded = Tree::parse(b"<Blob><Name Encoded=\"true\">a%EF%BF%BE/b%20</Name></Blob>");
        assert_eq!(encoded.unwrap().blob_name().unwrap(), "a\u{fffe}/b ");
    }

    #[test]
    fn a_list_is_handed_over_and_nothing_else() {
        let xml = "<R><L><B><L><B>in</B></L></B><B/></L><M><B>x</B></M><B>y</B></R>";
        let mut seen = Vec::new();
        let tree = Tree::parse_each(xml.as_bytes(), "L", |element| {
            seen.push((element.name.into_owned(), element.children.len()));
            Ok(())
        });
        let tree = tree.unwrap();
        assert_eq!(seen, [("B".to_owned(), 1), ("B".to_owned(), 0)]);
        assert_eq!(tree.child("L").unwrap().children.len(), 0);
        assert_eq!(tree.value("B"), Some("y"));
        assert_eq!(tree.child("M").unwrap().value("B"), Some("x"));
        let stopped = Tree::parse_each(xml.as_bytes(), "L", |_| Err(Answer::Malformed("no")));
        assert!(stopped.is_err());
    }

    #[test]
    fn an_answer_that_was_cut_off_is_no_answer() {
        let whole = "<?xml version=\"1.0\"?><R><A>x</A><B/></R>";
        let tree = Tree::parse(whole.as_bytes()).unwrap();
        assert_eq!((tree.value("A"), tree.value("B")), (Some("x"), None));
        for end in 0..whole.len() {
            assert!(Tree::parse(&whole.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
