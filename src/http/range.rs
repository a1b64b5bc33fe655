//! `Content-Range`: which part of the file a 206 brings (RFC 9110 14.4).

use super::decimal;
use crate::text::same_letters;

/// A part that goes to the end of the file, as it was asked for.
#[derive(Clone, Copy)]
pub(super) struct Range {
    /// Position of the first byte, counted from 0.
    pub first: u32,
    /// How far behind it the last byte is.
    pub span: u32,
}

impl Range {
    /// Reads `bytes FIRST-LAST/TOTAL`, where `*` for the total is taken at its word that the part
    /// goes to the end. `None` for anything else: another unit, no satisfied range (`bytes */9`), a
    /// part that ends before its start, beyond the end or before it.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (unit, range) = value.split_at_checked(6)?;
        if !same_letters(unit, b"bytes ") {
            return None;
        }
        let (first, rest) = number(range, b'-')?;
        let (last, total) = number(rest, b'/')?;
        let to_end = total == b"*" || decimal(total)?.checked_sub(1) == Some(last);
        Some(Self { first, span: last.checked_sub(first)? }).filter(|_| to_end)
    }
}

/// The number before the first `mark`, and what is behind it.
fn number(text: &[u8], mark: u8) -> Option<(u32, &[u8])> {
    let at = text.iter().position(|&byte| byte == mark)?;
    Some((decimal(text.get(..at)?)?, text.get(at + 1..)?))
}
