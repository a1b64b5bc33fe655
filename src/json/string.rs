//! Strings: escapes, UTF-8, and the text that is kept of them (RFC 8259, sections 7 and 8.1).

use super::TEXT_MAX;
use heapless::Vec;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Plain,
    Escape,
    /// The digits of `\u`, of which so many were read.
    Hex(u8),
}

/// The text of the string or number that is being read, behind one that was kept before.
pub struct Gathered {
    bytes: Vec<u8, TEXT_MAX>,
    /// Where the current text starts in `bytes`; the kept one is before it.
    start: usize,
    /// The text is too long, or holds a surrogate without its partner.
    flawed: bool,
    inside: Inside,
    code: u16,
    /// A high surrogate that waits for its low one; 0 if none.
    high: u16,
    /// Continuation bytes still to come, and the range of the next one.
    utf8: (u8, u8, u8),
}

impl Gathered {
    /// No text, none kept.
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            flawed: false,
            inside: Inside::Plain,
            code: 0,
            high: 0,
            utf8: (0, 0, 0),
        }
    }

    /// Starts another text.
    pub fn begin(&mut self) {
        self.bytes.truncate(self.start);
        self.flawed = false;
    }

    /// The current text; `None` where it is flawed.
    pub fn get(&self) -> Option<&[u8]> {
        self.bytes.get(self.start..).filter(|_| !self.flawed)
    }

    /// Keeps the current text beside those that follow.
    pub fn keep(&mut self) {
        self.start = self.bytes.len();
    }

    /// The kept text; empty if there is none.
    pub fn kept(&self) -> &[u8] {
        self.bytes.get(..self.start).unwrap_or_default()
    }

    /// Forgets the kept text.
    pub fn release(&mut self) {
        self.start = 0;
        self.bytes.clear();
    }

    /// Appends a byte.
    pub fn push(&mut self, byte: u8) {
        if !self.flawed && self.bytes.push(byte).is_err() {
            self.flawed = true;
        }
    }

    /// Takes the plain ASCII at the head of `rest` in one go: how many bytes that is.
    pub fn plain_run(&mut self, rest: &[u8]) -> usize {
        if self.inside != Inside::Plain || self.utf8.0 != 0 || self.high != 0 {
            return 0;
        }
        let plain = |b: &u8| matches!(b, 0x20..=0x7f) && *b != b'"' && *b != b'\\';
        let run = rest.iter().position(|b| !plain(b)).unwrap_or(rest.len());
        if !self.flawed && self.bytes.extend_from_slice(&rest[..run]).is_err() {
            self.flawed = true;
        }
        run
    }

    /// Takes one byte of a string; true for the quotation mark that ends it.
    pub fn byte(&mut self, byte: u8) -> Result<bool, &'static str> {
        match self.inside {
            Inside::Plain => return self.plain(byte),
            Inside::Escape => self.escape(byte)?,
            Inside::Hex(done) => self.hex_digit(byte, done)?,
        }
        Ok(false)
    }

    fn plain(&mut self, byte: u8) -> Result<bool, &'static str> {
        if byte >= 0x80 || self.utf8.0 != 0 {
            self.lone_surrogate();
            if !self.utf8_byte(byte) {
                return Err("not UTF-8");
            }
            self.push(byte);
            return Ok(false);
        }
        match byte {
            b'\\' => self.inside = Inside::Escape,
            b'"' => {
                self.lone_surrogate();
                return Ok(true);
            }
            0..=0x1f => return Err("control character in a string"),
            _ => {
                self.lone_surrogate();
                self.push(byte);
            }
        }
        Ok(false)
    }

    /// The ranges of RFC 3629, section 4.
    fn utf8_byte(&mut self, byte: u8) -> bool {
        let (need, low, high) = self.utf8;
        if need != 0 {
            self.utf8 = (need - 1, 0x80, 0xbf);
            return (low..=high).contains(&byte);
        }
        self.utf8 = match byte {
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf),
            0xed => (2, 0x80, 0x9f),
            0xe1..=0xef => (2, 0x80, 0xbf),
            0xf0 => (3, 0x90, 0xbf),
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f),
            _ => return false,
        };
        true
    }

    fn escape(&mut self, byte: u8) -> Result<(), &'static str> {
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.code = 0;
                self.inside = Inside::Hex(0);
                return Ok(());
            }
            _ => return Err("unknown escape"),
        };
        self.lone_surrogate();
        self.push(plain);
        self.inside = Inside::Plain;
        Ok(())
    }

    fn hex_digit(&mut self, byte: u8, done: u8) -> Result<(), &'static str> {
        let digit = (byte as char).to_digit(16).ok_or("malformed \\u escape")?;
        self.code = self.code << 4 | digit as u16;
        self.inside = Inside::Hex(done + 1);
        if done == 3 {
            self.code_unit();
            self.inside = Inside::Plain;
        }
        Ok(())
    }

    /// Takes one UTF-16 code unit; a pair of surrogates makes one character.
    fn code_unit(&mut self) {
        let unit = self.code;
        match unit {
            0xd800..=0xdbff => {
                self.lone_surrogate();
                self.high = unit;
            }
            0xdc00..=0xdfff if self.high != 0 => {
                let high = u32::from(self.high - 0xd800) << 10;
                self.high = 0;
                self.push_char(0x10000 + (high | u32::from(unit - 0xdc00)));
            }
            0xdc00..=0xdfff => self.flawed = true,
            _ => {
                self.lone_surrogate();
                self.push_char(unit.into());
            }
        }
    }

    fn push_char(&mut self, code: u32) {
        if let Some(c) = char::from_u32(code) {
            for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
                self.push(byte);
            }
        }
    }

    /// Something else than a low surrogate follows: a waiting high one stays alone.
    fn lone_surrogate(&mut self) {
        if self.high != 0 {
            self.high = 0;
            self.flawed = true;
        }
    }
}
