//! Text in little code, without `core::fmt`: decimal numbers, and comparison without letter case.

/// Writes a number to the end of `digits`, which it returns.
#[inline(never)]
pub fn decimal(number: u64, digits: &mut [u8; 20]) -> &[u8] {
    // Byte by byte, as on paper: to divide a u64 at once takes nearly 1 KB of code on 32 bits.
    let mut bytes = number.to_be_bytes();
    let mut start = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        let mut rest = 0;
        let mut all = 0;
        for byte in &mut bytes {
            let value = rest << 8 | u32::from(*byte);
            *byte = (value / 10) as u8;
            all |= *byte;
            rest = value % 10;
        }
        *digit = b'0' + rest as u8;
        start = at;
        if all == 0 {
            break;
        }
    }
    digits.get(start..).unwrap_or_default()
}

/// `eq_ignore_ascii_case`, whose code is unrolled and several times as long.
#[inline(never)]
pub fn same_letters(left: &[u8], right: &[u8]) -> bool {
    // The cases of a letter differ in one bit.
    let is_same = |(a, b): (&u8, &u8)| a == b || a ^ b == 0x20 && (a | b).is_ascii_lowercase();
    left.len() == right.len() && left.iter().zip(right).all(is_same)
}

/// Where `text` stands among words with a space between them, counted from 0; their number if it
/// does not. `fold`: the case of ASCII letters does not count.
#[inline(never)]
pub fn place(words: &[u8], text: &[u8], fold: bool) -> usize {
    let is_other = |word: &&[u8]| !if fold { same_letters(word, text) } else { *word == text };
    words.split(|&byte| byte == b' ').take_while(is_other).count()
}

/// Whether this is an ASCII letter or digit, or one of `others`.
#[inline(never)]
pub fn is_alphanumeric_or(byte: u8, others: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || has(others, byte)
}

/// `contains`, whose code is five times as long, as it looks at several bytes at once.
#[inline(never)]
#[allow(clippy::manual_contains)]
pub fn has(bytes: &[u8], byte: u8) -> bool {
    bytes.iter().any(|&other| other == byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        extern crate std;
        for bits in 0..64 {
            for number in [1 << bits, u64::MAX >> bits, 10_u64.pow(bits % 20)] {
                let expected = std::string::ToString::to_string(&number);
                assert_eq!(decimal(number, &mut [b'x'; 20]), expected.as_bytes());
            }
        }
        assert_eq!(decimal(0, &mut [b'x'; 20]), b"0");
    }

    #[test]
    fn the_case_of_ascii_letters_does_not_count() {
        assert!(same_letters(b"aZ@-\xe9", b"Az@-\xe9"));
        for other in [&b"aZ@"[..], b"aZ@-\xc9", b"aZ`-\xe9", b"aZ@\x0d\xe9", b"aZ@-\xe9."] {
            assert!(!same_letters(b"aZ@-\xe9", other));
        }
    }
}
