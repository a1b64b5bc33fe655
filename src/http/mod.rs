//! HTTP/1.1 responses to GET requests (RFC 9110, RFC 9112), read in whatever pieces the socket
//! gives, in memory of a fixed size.
//!
//! [`Head`] takes bytes up to the empty line and says how the body is framed; [`Body`] then turns
//! raw bytes into payload. What two readers could understand in two ways is refused, so that a
//! proxy and the device never disagree about where a response ends.
//!
//! An error is final: the rest of the connection means nothing, and it is to be closed.

mod body;
mod content_range;
mod fields;
mod head;
mod line;
mod retained;

use crate::bytes;
use crate::bytes::is_alphanumeric_or;

pub use body::Body;
pub use head::Head;

/// Moves `len` bytes from `start` on to the front, or as many of them as there are.
pub fn move_to_front(bytes: &mut [u8], start: usize, len: usize) {
    let end = bytes.len().min(start + len);
    if start < end {
        bytes.copy_within(start..end, 0);
    }
}

/// Whether a field value, a trailer or a chunk extension may hold this byte (RFC 9110 5.5).
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// Whether a field's name may hold this byte (RFC 9110 5.6.2).
fn is_token(byte: u8) -> bool {
    is_alphanumeric_or(byte, b"!#$%&'*+-.^_`|~")
}

/// `number` with one more digit on its right; `None` when that is no digit or exceeds a `u32`.
fn push_digit(number: u32, digit: u8, radix: u32) -> Option<u32> {
    number.checked_mul(radix)?.checked_add(bytes::digit(digit, radix)?)
}

/// Decimal digits, at least one, below 4 GiB.
#[inline(never)]
fn decimal(digits: &[u8]) -> Option<u32> {
    let number = digits.iter().try_fold(0, |number, &digit| push_digit(number, digit, 10));
    number.filter(|_| !digits.is_empty())
}
