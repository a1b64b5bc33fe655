//! Hexadecimal digits, in which manifests carry digests.

use crate::bytes;

/// Writes `bytes`, at most 32 of them, as lower-case digits.
///
/// ```
/// use saguarota::hash::hex;
///
/// let mut bytes = [0; 2];
/// assert!(hex::decode(b"0aFF", &mut bytes));
/// assert_eq!(hex::encode(&bytes, &mut [0; 64]), b"0aff");
/// ```
pub fn encode<'a>(bytes: &[u8], digits: &'a mut [u8; 64]) -> &'a [u8] {
    let digit = |nibble| b"0123456789abcdef"[usize::from(nibble)];
    let (pairs, _) = digits.as_chunks_mut();
    for (byte, pair) in bytes.iter().zip(pairs) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    digits.get(..2 * bytes.len()).unwrap_or_default()
}

/// Writes the bytes that digits of either case stand for; false where there are not exactly two a
/// byte, or others.
pub fn decode(digits: &[u8], bytes: &mut [u8]) -> bool {
    for (at, &digit) in digits.iter().enumerate() {
        match (bytes.get_mut(at / 2), bytes::digit(digit, 16)) {
            (Some(byte), Some(digit)) => *byte = *byte << 4 | digit as u8,
            _ => return false,
        }
    }
    digits.len() == 2 * bytes.len()
}
