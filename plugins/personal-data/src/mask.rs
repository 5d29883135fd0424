//! Where something could be: 64 bytes at a time become bit masks, one per class of bytes, and the
//! masks, shifted against each other, leave few candidates.
//!
//! The mask may let through what is nothing, never keep back what is something: a property test
//! compares it with asking everywhere. With `simd128` the classes are made sixteen bytes at a
//! time, else eight; both say the same.

/// Bytes per mask.
pub(crate) const BLOCK: usize = 64;

/// For each class of bytes, where in the block they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Classes {
    digit: u64,
    /// ASCII letters and digits.
    alnum: u64,
    hex: u64,
    upper: u64,
    zero: u64,
    at: u64,
    colon: u64,
    plus: u64,
    open: u64,
    backslash: u64,
    space: u64,
    hyphen: u64,
    slash: u64,
    dot: u64,
}

impl Classes {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    #[inline]
    pub(crate) fn of(block: &[u8; BLOCK]) -> Self {
        Self::of_vectors(block)
    }

    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    #[inline]
    pub(crate) fn of(block: &[u8; BLOCK]) -> Self {
        Self::of_words(block)
    }

    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    #[inline]
    fn of_vectors(block: &[u8; BLOCK]) -> Self {
        use core::arch::wasm32::{
            i8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u8x16_sub, u64x2, v128, v128_or,
        };
        let word = |n: usize| {
            let bytes = block[8 * n..8 * n + 8].try_into();
            u64::from_le_bytes(bytes.expect("eight bytes are eight bytes"))
        };
        let lanes: [v128; 4] = core::array::from_fn(|n| u64x2(word(2 * n), word(2 * n + 1)));
        let lowered = lanes.map(|lane| v128_or(lane, u8x16_splat(0x20)));
        let gather = |masks: [v128; 4]| {
            masks
                .into_iter()
                .rev()
                .fold(0, |all, mask| all << 16 | u64::from(i8x16_bitmask(mask)))
        };
        let within = |lanes: [v128; 4], first: u8, count: u8| {
            lanes.map(|lane| u8x16_lt(u8x16_sub(lane, u8x16_splat(first)), u8x16_splat(count)))
        };
        let is = |byte: u8| gather(lanes.map(|lane| u8x16_eq(lane, u8x16_splat(byte))));
        let digit = gather(within(lanes, b'0', 10));
        Self {
            digit,
            alnum: digit | gather(within(lowered, b'a', 26)),
            hex: digit | gather(within(lowered, b'a', 6)),
            upper: gather(within(lanes, b'A', 26)),
            zero: is(b'0'),
            at: is(b'@'),
            colon: is(b':'),
            plus: is(b'+'),
            open: is(b'('),
            backslash: is(b'\\'),
            space: is(b' '),
            hyphen: is(b'-'),
            slash: is(b'/'),
            dot: is(b'.'),
        }
    }

    #[cfg_attr(
        all(target_arch = "wasm32", target_feature = "simd128"),
        expect(dead_code, reason = "vectors do it there")
    )]
    fn of_words(block: &[u8; BLOCK]) -> Self {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x80 * ONES;
        let words: [u64; 8] = core::array::from_fn(|n| {
            let bytes = block[8 * n..8 * n + 8].try_into();
            u64::from_le_bytes(bytes.expect("eight bytes are eight bytes"))
        });
        // Each byte's answer is its highest bit; the product collects the eight of them.
        let range = |first: u8, count: u8| {
            words.iter().rev().fold(0, |all, &word| {
                let low = word & !HIGH;
                let from = low + u64::from(0x80 - first) * ONES;
                let to = low + u64::from(0x80 - first - count) * ONES;
                let bits = (from & !to & !word & HIGH) >> 7;
                all << 8 | bits.wrapping_mul(0x0102_0408_1020_4080) >> 56
            })
        };
        let is = |byte: u8| range(byte, 1);
        let digit = range(b'0', 10);
        let upper = range(b'A', 26);
        Self {
            digit,
            alnum: digit | upper | range(b'a', 26),
            hex: digit | range(b'A', 6) | range(b'a', 6),
            upper,
            zero: is(b'0'),
            at: is(b'@'),
            colon: is(b':'),
            plus: is(b'+'),
            open: is(b'('),
            backslash: is(b'\\'),
            space: is(b' '),
            hyphen: is(b'-'),
            slash: is(b'/'),
            dot: is(b'.'),
        }
    }

    /// Returns where `verify` is worth asking, given the block before this one.
    #[inline]
    pub(crate) fn candidates(&self, before: &Self) -> u64 {
        // What stands `n` bytes before each place; the block before is known.
        let back = |class: fn(&Self) -> u64, n: u32| class(self) << n | class(before) >> (64 - n);
        // What stands `n` bytes after each place; the block after is not known: perhaps.
        let ahead = |mask: u64, n: u32| mask >> n | u64::MAX << (64 - n);

        let escaped = |n: u32| back(|c| c.backslash, n);
        let joined = back(|c| c.alnum, 1) & !escaped(2);
        let first = self.digit & !back(|c| c.digit, 1);
        let begins = first & !joined;

        let two = self.digit & ahead(self.digit, 1);
        let three = two & ahead(self.digit, 2);
        let four = two & ahead(two, 2);
        let eight = four & ahead(four, 4);
        let thirteen = eight & ahead(eight, 5);

        let dots = self.dot
            & ahead(self.digit, 1)
            & (ahead(self.dot, 2) | ahead(self.dot, 3) | ahead(self.dot, 4));
        let ipv4 = ahead(dots, 1) | ahead(dots, 2) | ahead(dots, 3);

        let gap = self.space | self.hyphen;
        let card = thirteen | four & ahead(gap, 4) & ahead(self.digit, 5);

        let joint = self.hyphen | self.dot;
        let american = three & ahead(joint, 3) & ahead(self.digit, 4) & ahead(joint, 7);
        let after_area = gap | self.slash;
        let area = three & (ahead(after_area, 3) | ahead(after_area, 4) | ahead(after_area, 5));
        let pair = self.space | self.dot;
        let pairs = two & ahead(pair, 2) & ahead(self.digit, 3) & ahead(pair, 5);
        let national = self.zero & (area | pairs);

        let iban = first
            & ahead(self.digit, 1)
            & back(|c| c.upper, 1)
            & back(|c| c.upper, 2)
            & !(back(|c| c.alnum, 3) & !escaped(4));
        let ipv6 = self.colon
            & back(|c| c.hex, 1)
            & back(|c| c.hex, 2)
            & back(|c| c.hex, 3)
            & back(|c| c.hex, 4);
        let prefixed = (self.plus & ahead(self.digit, 1) | self.open & ahead(three, 1)) & !joined;

        begins & (ipv4 | card | american | national) | iban | ipv6 | prefixed | self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_what_their_names_say() {
        for start in (0..=255_u8).step_by(64) {
            let block: [u8; BLOCK] = core::array::from_fn(|n| start + n as u8);
            let classes = Classes::of(&block);
            assert_eq!(classes, Classes::of_words(&block));
            let expect = |class: fn(&u8) -> bool| {
                (0..BLOCK).fold(0, |all, n| all | u64::from(class(&block[n])) << n)
            };
            assert_eq!(classes.digit, expect(u8::is_ascii_digit));
            assert_eq!(classes.alnum, expect(u8::is_ascii_alphanumeric));
            assert_eq!(classes.hex, expect(u8::is_ascii_hexdigit));
            assert_eq!(classes.upper, expect(u8::is_ascii_uppercase));
            assert_eq!(classes.zero, expect(|byte| *byte == b'0'));
            assert_eq!(classes.at, expect(|byte| *byte == b'@'));
            assert_eq!(classes.colon, expect(|byte| *byte == b':'));
            assert_eq!(classes.plus, expect(|byte| *byte == b'+'));
            assert_eq!(classes.open, expect(|byte| *byte == b'('));
            assert_eq!(classes.backslash, expect(|byte| *byte == b'\\'));
            assert_eq!(classes.space, expect(|byte| *byte == b' '));
            assert_eq!(classes.hyphen, expect(|byte| *byte == b'-'));
            assert_eq!(classes.slash, expect(|byte| *byte == b'/'));
            assert_eq!(classes.dot, expect(|byte| *byte == b'.'));
        }
    }
}
