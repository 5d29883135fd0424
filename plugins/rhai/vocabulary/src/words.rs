//! The words, by what they are said of; in the order of the reference.

mod amounts;
mod content;
mod entry;
mod proposals;
mod run;
mod scan;
mod scope;
mod text;

use crate::table::Vocabulary;

pub(crate) fn teach(vocabulary: &mut Vocabulary<'_>) {
    scope::teach(vocabulary);
    entry::teach(vocabulary);
    content::teach(vocabulary);
    proposals::teach(vocabulary);
    scan::teach(vocabulary);
    run::teach(vocabulary);
    amounts::teach(vocabulary);
    text::teach(vocabulary);
}
