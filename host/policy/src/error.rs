//! What can be wrong with a text on the command line or in a file's value.

use remit_workspace::PatternError;

/// Why a text is not what it should be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TextError {
    /// No right of this name.
    #[error("`{found}` is no right{}", suggestion(*nearest))]
    UnknownRight {
        /// The text given.
        found: String,
        /// The right that was probably meant.
        nearest: Option<&'static str>,
    },
    /// No stronger form of delete of this name.
    #[error("`{found}` is no stronger form of delete (purge, cascade, cancel){}", suggestion(*nearest))]
    UnknownStrength {
        /// The text given.
        found: String,
        /// The form that was probably meant.
        nearest: Option<&'static str>,
    },
    /// Only delete has stronger forms.
    #[error("only `delete` has stronger forms, `{0}` has none")]
    NoStrongerForm(&'static str),
    /// It is not `right=pattern`.
    #[error("`{0}` is not written `right=pattern`, such as `delete=/runs/**`")]
    Allow(String),
    /// What stands for the places is no pattern.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// It is not `act=number` or the like.
    #[error(
        "`{0}` is not written like `delete=5000`, `delete.bytes=100 GiB` or `delete.percent=50`"
    )]
    Raise(String),
    /// It is no size.
    #[error("`{0}` is no size, such as `20 GiB`, `5 KB` or `512 B`")]
    Size(String),
    /// It is no duration.
    #[error("`{0}` is no duration, such as `5 min`, `30 s` or `90 days`")]
    Duration(String),
    /// It is no SHA-256.
    #[error("`{0}` is no SHA-256: 64 hexadecimal digits are wanted")]
    Digest(String),
    /// It is no name.
    #[error("`{0}` is no name: a lower-case letter, then at most 63 of `a-z`, `0-9`, `-` and `_`")]
    Name(String),
    /// It is no version.
    #[error("`{0}` is no version: at most 64 letters, digits, `.`, `-` and `+`")]
    Version(String),
    /// It is no case id.
    #[error("`{0}` is no case id: 1 to 64 visible ASCII characters")]
    Case(String),
    /// It is no date.
    #[error("`{0}` is no date, such as `2026-11-22` or `2026-11-22T09:00:00Z`")]
    When(String),
    /// It is empty, too long, or holds control characters.
    #[error("{0} must be 1 to 1000 characters on one line, without control characters")]
    Words(&'static str),
    /// A value that is not of the parameter's type.
    #[error("`{found}` is not of the type {wanted}")]
    Type {
        /// The text given.
        found: String,
        /// The type declared.
        wanted: &'static str,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}
