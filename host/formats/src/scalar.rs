//! The bare tokens of JSON, read byte by byte: numbers, `true`, `false`, `null`.

/// How far a bare token has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
    Word { rest: &'static [u8] },
    Wrong,
}

impl Scalar {
    pub(crate) fn start(byte: u8) -> Self {
        match byte {
            b'-' => Self::Minus,
            b'0' => Self::Zero,
            b'1'..=b'9' => Self::Integer,
            b't' => Self::Word { rest: b"rue" },
            b'f' => Self::Word { rest: b"alse" },
            b'n' => Self::Word { rest: b"ull" },
            _ => Self::Wrong,
        }
    }

    pub(crate) fn next(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Minus, b'0') => Self::Zero,
            (Self::Minus, b'1'..=b'9') | (Self::Integer, b'0'..=b'9') => Self::Integer,
            (Self::Zero | Self::Integer, b'.') => Self::Point,
            (Self::Point | Self::Fraction, b'0'..=b'9') => Self::Fraction,
            (Self::Zero | Self::Integer | Self::Fraction, b'e' | b'E') => Self::Exponent,
            (Self::Exponent, b'+' | b'-') => Self::ExponentSign,
            (Self::Exponent | Self::ExponentSign | Self::ExponentDigits, b'0'..=b'9') => {
                Self::ExponentDigits
            }
            (
                Self::Word {
                    rest: [first, rest @ ..],
                },
                byte,
            ) if *first == byte => Self::Word { rest },
            _ => Self::Wrong,
        }
    }

    pub(crate) fn is_complete(self) -> bool {
        matches!(
            self,
            Self::Zero
                | Self::Integer
                | Self::Fraction
                | Self::ExponentDigits
                | Self::Word { rest: [] }
        )
    }
}
