//! HTTP/1.1 responses to GET requests (RFC 9110, RFC 9112), read in whatever pieces the socket
//! gives, in memory of a fixed size.
//!
//! [`Head`] takes bytes up to the empty line and says how the body is framed; [`Body`] then turns
//! raw bytes into payload. What two readers could understand in two ways is refused, so that a
//! proxy and the device never disagree about where a response ends.
//!
//! An error is final: the rest of the connection means nothing, and it is to be closed.

mod body;
mod fields;
mod head;
mod kept;
mod line;
mod range;

pub use body::Body;
pub use head::Head;

/// Whether a field value, a trailer or a chunk extension may hold this byte (RFC 9110 5.5).
fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// `number` with one more digit on its right; `None` when that is no digit or exceeds a `u32`.
fn push_digit<const RADIX: u32>(number: u32, digit: u8) -> Option<u32> {
    let digit = char::from(digit).to_digit(RADIX)?;
    number.checked_mul(RADIX)?.checked_add(digit)
}

/// Decimal digits, at least one, below 4 GiB.
#[inline(never)]
fn decimal(digits: &[u8]) -> Option<u32> {
    let number = digits.iter().try_fold(0, |number, &digit| push_digit::<10>(number, digit));
    number.filter(|_| !digits.is_empty())
}
