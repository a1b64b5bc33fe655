//! Which names are one file on FAT as MicroPython builds it: FatFs with long names, which takes
//! each byte of a name for a character of code page 437.
//!
//! FatFs finds a file in two ways. By its long name, where the case of letters does not count, nor
//! that of the code page's: `\u{e4}` and `\u{e5}` are C3 A4 and C3 A5 in UTF-8, and A4 and A5 are
//! the two cases of one letter. And by its short name, where the name has the form of one (8.3);
//! there most vowels lose their accents, so that `\u{c8}.py` and `\u{c9}.py` are one file, but
//! `\u{c8}-module.py` and `\u{c9}-module.py` are two.

use crate::bytes::{has, split};

/// For the bytes from 0x80 on: of a letter that has two cases, the lower one; or the ASCII letter
/// that stands for the byte in a short name.
const FORMS: &[u8; 38] = b"\x87\x81ea\x84a\x86\x87eeeiii\x84\x86\x82\x91\x91o\x94ouuy\x94\x81\
\x9b\x9c\x9d\x9e\x9faiou\xa4\xa4";

/// Whether two paths are one file. Both are well-formed, see [`crate::path::form`]: none of their
/// segments can be a short name that FAT has made up.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    let mut pairs = split(one, b'/').zip(split(other, b'/'));
    one.len() == other.len() && pairs.all(|(a, b)| same_name(a, b))
}

/// A byte that is the same for all bytes that [`same`] may take for this one in a name of this
/// kind. The converse does not hold for short names, of which some keep a letter's case or accent.
pub fn form(byte: u8, is_short: bool) -> u8 {
    let lower = lower(byte);
    entry(lower).filter(|_| is_short).unwrap_or(lower)
}

#[inline(never)]
fn same_name(one: &[u8], other: &[u8]) -> bool {
    let equal = |form: fn(u8) -> u8| one.iter().zip(other).all(|(a, b)| form(*a) == form(*b));
    one.len() == other.len() && (equal(lower) || is_short(one) && equal(short_form))
}

/// What long names are compared by.
fn lower(byte: u8) -> u8 {
    match (byte, entry(byte)) {
        (b'A'..=b'Z', _) => byte | 0x20,
        (0xe4, _) => 0xe5,
        (0xe8, _) => 0xed,
        (_, Some(form)) if !form.is_ascii() => form,
        _ => byte,
    }
}

/// What short names are compared by: a capital E with an acute accent keeps it, and two Greek
/// letters keep their case.
fn short_form(byte: u8) -> u8 {
    match byte {
        0x90 | 0xe4 | 0xe8 => byte,
        _ => form(byte, true),
    }
}

fn entry(byte: u8) -> Option<u8> {
    FORMS.get(usize::from(byte).wrapping_sub(0x80)).copied()
}

/// Whether a name is, but for the case of its letters, its own short name.
#[inline(never)]
pub fn is_short(name: &[u8]) -> bool {
    let dot = name.iter().position(|&byte| byte == b'.').unwrap_or(name.len());
    let (base, end) = name.split_at(dot);
    matches!(base.len(), 1..=8)
        && end.len() <= 4
        && !has(end.get(1..).unwrap_or_default(), b'.')
        && !name.iter().any(|&byte| has(b" +,;=[]", byte))
}
