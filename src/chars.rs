//! Characters: UTF-8 (RFC 3629) that comes in pieces, and digits.

/// Checks UTF-8 byte by byte: `core::str::from_utf8` wants all bytes in memory at once, and of a
/// string that nobody asks for none is kept.
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

    /// Takes the next byte; false where it cannot stand there (RFC 3629, section 4).
    #[inline(never)]
    pub fn take(&mut self, byte: u8) -> bool {
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
    bytes.iter().all(|&byte| utf8.take(byte)) && utf8.is_whole()
}

/// The value of a digit to the base of 10 or 16.
#[inline(never)]
pub fn digit(byte: u8, radix: u32) -> Option<u32> {
    char::from(byte).to_digit(radix)
}

#[cfg(test)]
mod tests {
    use super::is_utf8;

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
}
