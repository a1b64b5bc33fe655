//! The value of an `href` attribute: its character references and white space, and where it leads
//! (HTML, section 13.2.5.72 and following; URL Standard, section 4.4; RFC 3986, section 4.2).

use crate::bounded::Bounded;
use crate::bytes::{digit, is_alphanumeric_or, split};
use crate::path::PATH_MAX;

/// Longest link in bytes that can name a legal path: each of its bytes percent-encoded, `./` before
/// them and `/` behind.
const LINK_MAX: usize = 3 * PATH_MAX + 3;
/// Room for a character reference before it is decoded, the longest being `&#x10ffff`, zeros aside.
const REFERENCE_MAX: usize = 15;

/// An attribute's value, or as much of it as is kept.
pub(super) struct Href {
    bytes: Bounded<{ LINK_MAX + REFERENCE_MAX }>,
    /// Where in `bytes` the character reference that is read has its `&`.
    reference: Option<usize>,
    /// The value goes on beyond `bytes`.
    pub long: bool,
}

impl Href {
    pub const fn new() -> Self {
        Self { bytes: Bounded::new(), reference: None, long: false }
    }

    /// Starts another value.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.reference = None;
        self.long = false;
    }

    /// Takes the next byte of the value.
    pub fn push(&mut self, byte: u8) {
        if self.reference.is_some() && !is_alphanumeric_or(byte, b"#") {
            let decoded = self.end_reference(byte == b';');
            if decoded && byte == b';' {
                return;
            }
        }
        if byte == b'&' {
            self.reference = Some(self.bytes.len());
        }
        self.put(byte);
    }

    /// Decodes the reference, or leaves an unknown one as it is; whether it was known. A name needs
    /// its semicolon.
    fn end_reference(&mut self, semicolon: bool) -> bool {
        let Some(start) = self.reference.take() else { return false };
        let name = self.bytes.get(start + 1..).unwrap_or_default();
        let Some(character) = character(name, semicolon) else { return false };
        self.bytes.truncate(start);
        for &byte in character.encode_utf8(&mut [0; 4]).as_bytes() {
            self.put(byte);
        }
        true
    }

    fn put(&mut self, byte: u8) {
        match byte {
            b'\t' | b'\n' | b'\r' => {}
            b' ' | 0x0c if self.bytes.is_empty() => {}
            _ => self.long |= self.bytes.push(byte).is_err(),
        }
    }

    /// Ends the value.
    pub fn finish(&mut self) {
        self.end_reference(false);
        while let [.., b' ' | 0x0c] = self.bytes.as_slice() {
            self.bytes.pop();
        }
    }

    /// The link below the folder that it is relative to; `None` where it leads elsewhere or to the
    /// folder itself. Of a long one the kept part tells: a query or fragment behind that is missed,
    /// so that such a link, which no server sorts its listing by, is a problem and not skipped.
    pub fn link(&self) -> Option<&[u8]> {
        let mut link = self.bytes.as_slice();
        if matches!(link.first(), Some(b'/' | b'\\')) {
            return None;
        }
        // A scheme is a letter, letters and digits and `+-.`, and a colon: RFC 3986, section 3.1.
        let mut scheme = link.first().is_some_and(u8::is_ascii_alphabetic);
        for &byte in link {
            if matches!(byte, b'?' | b'#') || scheme && byte == b':' {
                return None;
            }
            scheme &= is_alphanumeric_or(byte, b"+-.");
        }
        while let [b'.', b'/', rest @ ..] = link {
            link = rest;
        }
        let head = split(link, b'/').next().unwrap_or_default();
        (!link.is_empty() && !matches!(head, b"." | b"..")).then_some(link)
    }

    /// The value for people.
    pub fn printable(&mut self) -> &[u8] {
        self.bytes.truncate(PATH_MAX);
        for byte in self.bytes.iter_mut() {
            if !matches!(byte, b' '..=b'~') {
                *byte = b'?';
            }
        }
        &self.bytes
    }
}

/// The character that a reference stands for. For a number without one it is U+FFFD; control
/// characters are let through, for the path is checked after this.
fn character(name: &[u8], semicolon: bool) -> Option<char> {
    let (digits, radix) = match name {
        [b'#', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'#', digits @ ..] => (digits, 10),
        _ => return if semicolon { named(name) } else { None },
    };
    if digits.is_empty() {
        return None;
    }
    let mut code = 0u32;
    for &byte in digits {
        code = code.saturating_mul(radix).saturating_add(digit(byte, radix)?);
    }
    Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

fn named(name: &[u8]) -> Option<char> {
    match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        _ => None,
    }
}
