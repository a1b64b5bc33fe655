//! One line of a response head, gathered byte by byte; and the one value that outlives its line.

use super::{is_text, move_to_front};
use crate::bounded::Bounded;
use crate::error::ErrorKind;

/// How much is retained: a `Location` field whose value has its greatest length and, behind the
/// value alone, room for those fields that may follow and matter.
const CAPACITY: usize = super::retained::LOCATION_MAX + 64;

/// A line, or as much of it as is retained, behind a value that was retained before.
// In this order, as the code for fields behind a large one is larger.
#[repr(C)]
pub(super) struct Line {
    /// Where the line starts in `bytes`; the retained value is before it.
    start: usize,
    /// The last byte was a carriage return.
    cr: bool,
    /// The line goes on beyond `bytes`.
    pub long: bool,
    bytes: Bounded<CAPACITY>,
}

impl Line {
    pub const fn new() -> Self {
        Self { bytes: Bounded::new(), start: 0, cr: false, long: false }
    }

    /// Takes the next byte; true when it ends the line. A line ends with CRLF or, as RFC 9112 2.2
    /// allows, with LF alone. Neither is retained.
    ///
    /// # Errors
    /// Control characters, and a CR that no LF follows, even where the line is no longer retained.
    pub fn push(&mut self, byte: u8) -> Result<bool, ErrorKind> {
        if byte == b'\n' {
            self.cr = false;
            return Ok(true);
        }
        if self.cr || !(is_text(byte) || byte == b'\r') {
            return Err(ErrorKind::HeadControl);
        }
        if byte == b'\r' {
            self.cr = true;
        } else {
            self.long |= self.bytes.push(byte).is_err();
        }
        Ok(false)
    }

    /// The line so far.
    pub fn text(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The retained value; empty if there is none.
    pub fn retained(&self) -> &[u8] {
        self.bytes.get(..self.start).unwrap_or_default()
    }

    /// Starts the next line.
    pub fn clear(&mut self) {
        self.bytes.truncate(self.start);
        self.long = false;
    }

    /// Keeps so many bytes of the line from `offset` on, in place of what was retained before.
    pub fn retain(&mut self, offset: usize, len: usize) {
        let from = self.start + offset;
        move_to_front(&mut self.bytes, from, len);
        self.start = len;
    }

    /// Forgets the line and the retained value.
    pub fn reset(&mut self) {
        self.start = 0;
        self.cr = false;
        self.clear();
    }
}
