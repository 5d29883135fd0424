//! The reference of the vocabulary, written from the table.

/// The vocabulary as a page of Markdown.
pub fn reference() -> String {
    String::new()
}
