//! `Content-Range`: which part of the file a 206 brings (RFC 9110 14.4).

use super::decimal;
use crate::bytes::eq_ignore_ascii_case;

/// A part that goes to the end of the file, as it was asked for.
#[derive(Clone, Copy)]
pub(super) struct ContentRange {
    /// Position of the first byte, counted from 0.
    pub first: u32,
    /// How far behind it the last byte is.
    pub span: u32,
}

impl ContentRange {
    /// Reads `bytes FIRST-LAST/TOTAL`, where `*` for the total is taken at its word that the part
    /// goes to the end. `None` for anything else: another unit, no satisfied range (`bytes */9`), a
    /// part that ends before its start, beyond the end or before it.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (unit, mut range) = value.split_at_checked(6)?;
        if !eq_ignore_ascii_case(unit, b"bytes ") {
            return None;
        }
        let first = number(&mut range, b'-')?;
        let last = number(&mut range, b'/')?;
        if last < first || range != b"*" && decimal(range)? != last.checked_add(1)? {
            return None;
        }
        Some(Self { first, span: last - first })
    }
}

/// The number before the first `mark`; what is behind it is left.
fn number(text: &mut &[u8], mark: u8) -> Option<u32> {
    let at = text.iter().position(|&byte| byte == mark)?;
    let number = decimal(text.get(..at)?);
    *text = text.get(at + 1..)?;
    number
}
