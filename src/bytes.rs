//! What `core` also has, in less code or for bytes that come in pieces; each says why.

/// Checks UTF-8 byte by byte: `core::str::from_utf8` wants all bytes in memory at once, and of a
/// string that nobody asks for none is kept.
///
/// ```
/// use saguarota::bytes::Utf8;
///
/// let mut utf8 = Utf8::new();
/// assert!("é".bytes().all(|byte| utf8.push(byte)) && utf8.is_whole());
/// assert!(!utf8.push(0xff));
/// ```
pub struct Utf8 {
    /// Continuation bytes still to come.
    due: u8,
    /// The byte before the next one.
    last: u8,
}

impl Utf8 {
    /// Before the first byte.
    pub const fn new() -> Self {
        Self { due: 0, last: 0 }
    }

    /// Checks the next byte; false where it cannot stand there (RFC 3629, section 4).
    #[inline(never)]
    pub fn push(&mut self, byte: u8) -> bool {
        let last = core::mem::replace(&mut self.last, byte);
        if self.due != 0 {
            self.due -= 1;
            // What fewer bytes can say; surrogates; what is over U+10FFFF.
            let bad = match last {
                0xe0 => byte < 0xa0,
                0xf0 => byte < 0x90,
                0xed => byte >= 0xa0,
                0xf4 => byte >= 0x90,
                _ => false,
            };
            return byte & 0xc0 == 0x80 && !bad;
        }
        self.due = u8::from(byte >= 0xc2) + u8::from(byte >= 0xe0) + u8::from(byte >= 0xf0);
        byte < 0x80 || self.due != 0 && byte <= 0xf4
    }

    /// Whether the last character is whole.
    pub fn is_whole(&self) -> bool {
        self.due == 0
    }
}

impl Default for Utf8 {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether these bytes are a text. `core::str::from_utf8`, which is made for speed, takes 0.5 KB
/// more.
#[inline(never)]
pub fn is_utf8(bytes: &[u8]) -> bool {
    let mut utf8 = Utf8::new();
    bytes.iter().all(|&byte| utf8.push(byte)) && utf8.is_whole()
}

/// The value of a digit to the base of 10 or 16.
#[inline(never)]
pub fn digit(byte: u8, radix: u32) -> Option<u32> {
    char::from(byte).to_digit(radix)
}

/// Writes a number to the end of `digits`, which it returns.
///
/// ```
/// assert_eq!(saguarota::bytes::decimal(1200, &mut [0; 20]), b"1200");
/// ```
#[inline(never)]
pub fn decimal(number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut number = number.to_be_bytes();
    let mut start = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + divide_by_ten(&mut number);
        start = at;
        if number == [0; 8] {
            break;
        }
    }
    digits.get(start..).unwrap_or_default()
}

/// Divides a big-endian number in place, byte by byte as on paper, and returns the remainder: the
/// division of a `u64` at once takes about 500 bytes of code on 32 bits.
fn divide_by_ten(number: &mut [u8; 8]) -> u8 {
    let mut remainder = 0;
    for byte in number {
        let value = u16::from(remainder) << 8 | u16::from(*byte);
        *byte = (value / 10) as u8;
        remainder = (value % 10) as u8;
    }
    remainder
}

/// The parts between the marks. One function for all, where each closure given to `core`'s `split`
/// would make another.
pub fn split(bytes: &[u8], mark: u8) -> impl Iterator<Item = &[u8]> {
    bytes.split(move |&byte| byte == mark)
}

/// Whether this is an ASCII letter or digit, or one of `others`.
#[inline(never)]
pub fn is_alphanumeric_or(byte: u8, others: &[u8]) -> bool {
    byte.is_ascii_alphanumeric() || has(others, byte)
}

/// `contains`, which looks at several bytes at once and takes 0.2 KB more.
#[inline(never)]
#[allow(clippy::manual_contains)]
pub fn has(bytes: &[u8], byte: u8) -> bool {
    bytes.iter().any(|&other| other == byte)
}

/// Whether two texts are the same but for the case of ASCII letters. `core`'s function
/// compares several bytes at once where the CPU can, and takes 0.3 KB more there.
#[inline(never)]
pub fn eq_ignore_ascii_case(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_accepted() {
        for c in '\0'..=char::MAX {
            assert!(is_utf8(c.encode_utf8(&mut [0; 4]).as_bytes()), "{c:?}");
        }
    }

    #[test]
    fn what_std_refuses_is_refused() {
        for pair in 0..=u16::MAX {
            let [one, two] = pair.to_be_bytes();
            for three in [0, 0x7f, 0x80, 0xbf, 0xc0, 0xff] {
                for bytes in [&[one, two][..], &[one, two, three], &[one, two, three, 0x80]] {
                    assert_eq!(is_utf8(bytes), core::str::from_utf8(bytes).is_ok(), "{bytes:x?}");
                }
            }
        }
    }

    #[test]
    fn case_is_that_of_the_standard_library() {
        for one in 0..=u8::MAX {
            for other in 0..=u8::MAX {
                let expected = [b'x', one].eq_ignore_ascii_case(&[b'X', other]);
                assert_eq!(eq_ignore_ascii_case(&[b'x', one], &[b'X', other]), expected);
            }
        }
        assert!(!eq_ignore_ascii_case(b"ab", b"a") && !eq_ignore_ascii_case(b"a", b"ab"));
    }

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
}
