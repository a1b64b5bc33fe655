//! The text that is retained of strings and numbers.

use super::TEXT_MAX;
use crate::bounded::Bounded;

/// The text of the string or number that is being read, behind one that was retained before.
// In this order, as the code for fields behind a large one is larger.
#[repr(C)]
pub struct Text {
    /// Where the current text starts in `bytes`; the retained one is before it.
    start: usize,
    /// The text is too long, or holds a surrogate without its partner.
    pub flawed: bool,
    bytes: Bounded<TEXT_MAX>,
}

impl Text {
    /// No text, none retained.
    pub const fn new() -> Self {
        Self { bytes: Bounded::new(), start: 0, flawed: false }
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
    pub fn retain(&mut self) {
        self.start = self.bytes.len();
    }

    /// The retained text; empty if there is none.
    #[inline(never)]
    pub fn retained(&self) -> &[u8] {
        self.bytes.get(..self.start).unwrap_or_default()
    }

    /// Forgets the retained text.
    pub fn release(&mut self) {
        self.start = 0;
    }

    /// Appends a byte.
    pub fn push(&mut self, byte: u8) {
        if self.bytes.push(byte).is_err() {
            self.flawed = true;
        }
    }

    /// Appends a character.
    pub fn push_char(&mut self, character: char) {
        for &byte in character.encode_utf8(&mut [0; 4]).as_bytes() {
            self.push(byte);
        }
    }
}
