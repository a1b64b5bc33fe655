//! One line of a response head, gathered byte by byte.

use super::is_text;
use crate::error::Error;

/// How much of a line is kept: a `Location` field whose value has its greatest length.
const KEPT: usize = "Location: ".len() + super::fields::LOCATION;

/// What httparse wants to see at the end of a head.
const END: &[u8; 4] = b"\r\n\r\n";

/// A line, or as much of it as is kept.
pub(super) struct Line {
    bytes: heapless::Vec<u8, { KEPT + END.len() }>,
    /// The last byte was a carriage return.
    cr: bool,
    /// The line goes on beyond `bytes`.
    pub long: bool,
}

impl Line {
    pub const fn new() -> Self {
        Self { bytes: heapless::Vec::new(), cr: false, long: false }
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
        self.bytes.is_empty()
    }

    /// The line, ended in such a way that httparse takes it for a whole head.
    pub fn ended(&mut self) -> &[u8] {
        // It fits: `push` leaves room for it.
        let _ = self.bytes.extend_from_slice(END);
        &self.bytes
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.long = false;
    }
}
