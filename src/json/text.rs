//! The text that is kept of strings and numbers.

use super::TEXT_MAX;

/// The text of the string or number that is being read, behind one that was kept before.
// In this order, so that short instructions reach what is before the long array.
#[repr(C)]
pub struct Text {
    len: usize,
    /// Where the current text starts in `bytes`; the kept one is before it.
    start: usize,
    /// The text is too long, or holds a surrogate without its partner.
    pub flawed: bool,
    bytes: [u8; TEXT_MAX],
}

impl Text {
    /// No text, none kept.
    pub const fn new() -> Self {
        Self { bytes: [0; TEXT_MAX], len: 0, start: 0, flawed: false }
    }

    /// Starts another text.
    pub fn begin(&mut self) {
        self.len = self.start;
        self.flawed = false;
    }

    /// The current text; `None` where it is flawed.
    pub fn get(&self) -> Option<&[u8]> {
        self.bytes.get(self.start..self.len).filter(|_| !self.flawed)
    }

    /// Keeps the current text beside those that follow.
    pub fn keep(&mut self) {
        self.start = self.len;
    }

    /// The kept text; empty if there is none.
    #[inline(never)]
    pub fn kept(&self) -> &[u8] {
        self.bytes.get(..self.start).unwrap_or_default()
    }

    /// Forgets the kept text.
    pub fn release(&mut self) {
        self.start = 0;
    }

    /// Appends a byte.
    pub fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.len) {
            Some(slot) => {
                *slot = byte;
                self.len += 1;
            }
            None => self.flawed = true,
        }
    }

    /// Appends a character.
    pub fn push_char(&mut self, character: char) {
        for &byte in character.encode_utf8(&mut [0; 4]).as_bytes() {
            self.push(byte);
        }
    }
}
