//! Numbers in decimal, and a search for one byte, without `core::fmt` and in little code.

/// Writes a number to the end of `digits`, which it returns.
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
}
