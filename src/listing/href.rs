//! The value of an `href` attribute: its character references and white space, and where it leads
//! (HTML, section 13.2.5.72 and following; URL Standard, section 4.4; RFC 3986, section 4.2).

use crate::chars::{digit, encode};
use crate::path::PATH_MAX;
use crate::text::{is_alphanumeric_or, place};

/// Longest link in bytes that can name a legal path: each of its bytes percent-encoded, `./` before
/// them and `/` behind.
const LINK_MAX: usize = 3 * PATH_MAX + 3;
/// Room for a character reference before it is decoded, the longest being `&#x10ffff`, zeros aside.
const REFERENCE_MAX: usize = 15;

/// An attribute's value, or as much of it as is kept.
// In this order: see [`super::Listing`].
#[repr(C)]
pub(super) struct Href {
    len: usize,
    /// Where in `bytes` the character reference that is read has its name; 0 outside of one.
    reference: usize,
    /// The value goes on beyond `bytes`.
    pub long: bool,
    bytes: [u8; LINK_MAX + REFERENCE_MAX],
}

impl Href {
    pub const fn new() -> Self {
        Self { bytes: [0; LINK_MAX + REFERENCE_MAX], len: 0, reference: 0, long: false }
    }

    /// Starts another value.
    pub fn clear(&mut self) {
        self.len = 0;
        self.reference = 0;
        self.long = false;
    }

    /// Takes the next byte of the value.
    pub fn push(&mut self, byte: u8) {
        if self.reference != 0 && !is_alphanumeric_or(byte, b"#") {
            let decoded = self.end_reference(byte == b';');
            if decoded && byte == b';' {
                return;
            }
        }
        if byte == b'&' {
            self.reference = self.len + 1;
        }
        self.put(byte);
    }

    /// Decodes the reference, or leaves an unknown one as it is; whether it was known. A name needs
    /// its semicolon.
    fn end_reference(&mut self, semicolon: bool) -> bool {
        let start = core::mem::take(&mut self.reference);
        let name = self.bytes.get(start..self.len).unwrap_or_default();
        let Some(code) = character(name, semicolon) else { return false };
        self.len = start - 1;
        let mut bytes = encode(code);
        loop {
            self.put(bytes as u8);
            bytes >>= 8;
            if bytes == 0 {
                return true;
            }
        }
    }

    #[inline(never)]
    fn put(&mut self, byte: u8) {
        match byte {
            b'\t' | b'\n' | b'\r' => {}
            b' ' | 0x0c if self.len == 0 => {}
            _ => match self.bytes.get_mut(self.len) {
                Some(slot) => {
                    *slot = byte;
                    self.len += 1;
                }
                None => self.long = true,
            },
        }
    }

    /// Ends the value.
    pub fn finish(&mut self) {
        if self.reference != 0 {
            self.end_reference(false);
        }
        while let [rest @ .., b' ' | 0x0c] = self.kept() {
            self.len = rest.len();
        }
    }

    fn kept(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The link below the folder that it is relative to; `None` where it leads elsewhere or to the
    /// folder itself. Of a long one the kept part tells: a query or fragment behind that is missed,
    /// so that such a link, which no server sorts its listing by, is a problem and not skipped.
    pub fn link(&self) -> Option<&[u8]> {
        let mut link = self.kept();
        if matches!(link.first(), Some(b'/' | b'\\')) {
            return None;
        }
        // A scheme is a letter, letters and digits and `+-.`, and a colon: RFC 3986, section 3.1.
        let is_letter = |&byte: &u8| byte > b'9' && is_alphanumeric_or(byte, b"");
        let mut scheme = link.first().is_some_and(is_letter);
        for &byte in link {
            if matches!(byte, b'?' | b'#') || scheme && byte == b':' {
                return None;
            }
            scheme &= is_alphanumeric_or(byte, b"+-.");
        }
        while let [b'.', b'/', rest @ ..] = link {
            link = rest;
        }
        let head = link.split(|&byte| byte == b'/').next().unwrap_or_default();
        (!link.is_empty() && place(b". ..", head, false) == 2).then_some(link)
    }

    /// The value for people.
    pub fn printable(&mut self) -> &[u8] {
        let bytes = self.bytes.get_mut(..self.len.min(PATH_MAX)).unwrap_or_default();
        for byte in &mut *bytes {
            if !matches!(byte, b' '..=b'~') {
                *byte = b'?';
            }
        }
        bytes
    }
}

/// The code of the character that a reference stands for. For a number without one it is U+FFFD;
/// control characters are let through, for the path is checked after this.
fn character(name: &[u8], semicolon: bool) -> Option<u32> {
    let (digits, radix) = match name {
        [b'#', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'#', digits @ ..] => (digits, 10),
        _ if semicolon => {
            let known = b"&<>\"'".get(place(b"amp lt gt quot apos", name, false));
            return known.map(|&byte| byte.into());
        }
        _ => return None,
    };
    if digits.is_empty() {
        return None;
    }
    let mut code = 0u32;
    for &byte in digits {
        // At most one more than the last character's: no digit makes a character of it again.
        code = (code * radix + digit(byte, radix)?).min(0x11_0000);
    }
    Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).into())
}
