//! One line of a response head, gathered byte by byte; and the one value that outlives its line.

use super::is_text;
use crate::error::Error;

/// How much is kept: a `Location` field whose value has its greatest length and, behind the value
/// alone, room for those fields that may follow and matter.
const KEPT: usize = super::kept::LOCATION + 64;

/// What httparse wants to see at the end of a head.
const END: &[u8; 4] = b"\r\n\r\n";

/// A line, or as much of it as is kept, behind a value that was kept before.
pub(super) struct Line {
    bytes: heapless::Vec<u8, { KEPT + END.len() }>,
    /// Where the line starts in `bytes`; the kept value is before it.
    start: usize,
    /// The last byte was a carriage return.
    cr: bool,
    /// The line goes on beyond `bytes`.
    pub long: bool,
}

impl Line {
    pub const fn new() -> Self {
        Self { bytes: heapless::Vec::new(), start: 0, cr: false, long: false }
    }

    /// Takes the next byte; true when it ends the line. A line ends with CRLF or, as RFC 9112 2.2
    /// allows, with LF alone. Neither is kept.
    ///
    /// # Errors
    /// Control characters, and a CR that no LF follows, even where the line is no longer kept.
    pub fn push(&mut self, byte: u8) -> Result<bool, Error> {
        if byte == b'\n' {
            self.cr = false;
            return Ok(true);
        }
        if self.cr || !(is_text(byte) || byte == b'\r') {
            return Err(Error::new("control character in the response head"));
        }
        if byte == b'\r' {
            self.cr = true;
        } else if self.bytes.len() >= KEPT || self.bytes.push(byte).is_err() {
            self.long = true;
        }
        Ok(false)
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.len() == self.start
    }

    /// The kept value; and the line, ended in such a way that httparse takes it for a whole head.
    pub fn ended(&mut self) -> (&[u8], &[u8]) {
        // It fits: `push` leaves room for it.
        let _ = self.bytes.extend_from_slice(END);
        self.bytes.split_at_checked(self.start).unwrap_or_default()
    }

    /// Starts the next line.
    pub fn clear(&mut self) {
        self.bytes.truncate(self.start);
        self.long = false;
    }

    /// Keeps so many bytes of the line from `offset` on, in place of what was kept before.
    pub fn keep(&mut self, offset: usize, len: usize) {
        let from = self.start + offset;
        self.bytes.copy_within(from..from + len, 0);
        self.start = len;
    }

    /// The kept value; empty if there is none.
    pub fn kept(&self) -> &[u8] {
        self.bytes.get(..self.start).unwrap_or_default()
    }

    /// Forgets the line and the kept value.
    pub fn reset(&mut self) {
        self.start = 0;
        self.clear();
    }
}
