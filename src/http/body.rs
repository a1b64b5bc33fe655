//! The body of a response: from raw bytes to payload (RFC 9112 6 and 7.1).

use super::{is_text, push_digit};
use crate::error::{Error, ErrorKind, Location};

/// The longest chunk-size line with its extensions, and the longest trailer section, in bytes.
const SIZE_LINE: u16 = 256;
const TRAILERS: u16 = 4096;

/// What the next raw byte is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Payload of a body that ends with the connection.
    UntilClose,
    /// Payload of a body whose length is known.
    Sized,
    /// A digit of a chunk's size, or what follows it.
    Size,
    /// White space between a chunk's size and its extensions.
    Blank,
    /// Part of a chunk's extensions, which say nothing to us.
    Extension,
    /// Payload of a chunk.
    Chunk,
    /// The end of the line after a chunk's payload.
    ChunkEnd,
    /// The first byte of a trailer, or the empty line after them.
    TrailerStart,
    /// Part of a trailer.
    Trailer,
    /// Nothing: the body is complete.
    Done,
}

/// The body of a response, in 16 bytes.
#[derive(Clone, Copy)]
pub struct Body {
    state: State,
    /// The last byte was the CR of a line's end.
    cr: bool,
    /// Framing bytes of the present chunk-size line, or of the trailers, so far.
    framing: u16,
    /// Payload bytes that the body or the present chunk still has.
    left: u32,
    /// Payload bytes of a body whose length is known.
    length: u32,
}

impl Body {
    /// A body that ends with the connection.
    pub(super) const UNTIL_CLOSE: Self = Self::new(State::UntilClose, 0);
    /// A body in chunks, of which the last is empty.
    pub(super) const CHUNKED: Self = Self::new(State::Size, 0);

    /// A body of so many bytes.
    pub(super) const fn sized(length: u32) -> Self {
        Self::new(if length == 0 { State::Done } else { State::Sized }, length)
    }

    const fn new(state: State, length: u32) -> Self {
        Self { state, cr: false, framing: 0, left: length, length }
    }

    /// The length in bytes of a body of which nothing was read, where it is known.
    pub(super) fn length(&self) -> Option<u32> {
        matches!(self.state, State::Sized | State::Done).then_some(self.length)
    }

    /// Whether the body says where it ends.
    pub(super) fn is_framed(&self) -> bool {
        self.state != State::UntilClose
    }

    /// Decodes raw bytes in place: their payload is moved to the front of `raw`. Returns how many
    /// bytes of payload there are, which may be none.
    ///
    /// # Errors
    /// Malformed chunks, extensions of more than 256 bytes or trailers of more than 4 KiB, and
    /// trailing data after the body, as no second request was sent that they could answer.
    pub fn decode(&mut self, raw: &mut [u8]) -> Result<usize, ErrorKind> {
        match self.state {
            State::UntilClose => return Ok(raw.len()),
            State::Sized => {
                if raw.len() > self.left as usize {
                    return Err(ErrorKind::BodySurplus);
                }
                self.left -= raw.len() as u32;
                if self.left == 0 {
                    self.state = State::Done;
                }
                return Ok(raw.len());
            }
            _ => {}
        }
        let mut decoded = 0;
        for at in 0..raw.len() {
            let byte = raw[at];
            if self.state == State::Chunk {
                // Byte by byte, which is little code; few servers send chunks.
                if let Some(place) = raw.get_mut(decoded) {
                    *place = byte;
                }
                decoded += 1;
                self.left -= 1;
                if self.left == 0 {
                    self.state = State::ChunkEnd;
                }
            } else {
                self.frame(byte)?;
            }
        }
        Ok(decoded)
    }

    /// Whether the body is complete. One that ends with the connection is so after
    /// [`Body::closed`].
    pub fn done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// How many raw bytes may be read now, at most `room`, so that what comes after a body of
    /// known length is left alone; 0 when the body is complete.
    pub fn want(&self, room: usize) -> usize {
        match self.state {
            State::Sized => room.min(self.left as usize),
            State::Done => 0,
            _ => room,
        }
    }

    /// The peer closed the connection.
    ///
    /// # Errors
    /// The body is not complete and had another way to end.
    pub fn closed(&mut self) -> Result<(), Error> {
        let location = match self.state {
            State::UntilClose | State::Done => {
                self.state = State::Done;
                return Ok(());
            }
            State::Sized => Location::Body { got: self.length - self.left, of: self.length },
            _ => Location::None,
        };
        Err(Error { kind: ErrorKind::BodyEarly, location })
    }

    /// Takes one byte that is not payload.
    #[inline(never)]
    fn frame(&mut self, byte: u8) -> Result<(), ErrorKind> {
        use State::*;
        let (limit, kind) = match self.state {
            Done => return Err(ErrorKind::BodySurplus),
            TrailerStart | Trailer => (TRAILERS, ErrorKind::Trailer),
            ChunkEnd => (SIZE_LINE, ErrorKind::ChunkEnd),
            _ => (SIZE_LINE, ErrorKind::ChunkSize),
        };
        let first = self.framing == 0;
        self.framing += 1;
        if self.framing > limit {
            return Err(ErrorKind::ChunkLong);
        }
        if self.cr {
            if byte != b'\n' {
                return Err(kind);
            }
            self.cr = false;
            self.end_line();
            return Ok(());
        }
        self.state = match self.state {
            Size if first => self.digit(byte).ok_or(kind)?,
            state if byte == b'\r' => {
                self.cr = true;
                state
            }
            Size | Blank if matches!(byte, b' ' | b'\t') => Blank,
            Size | Blank if byte == b';' => Extension,
            Size => self.digit(byte).ok_or(kind)?,
            Extension if is_text(byte) => Extension,
            TrailerStart | Trailer if is_text(byte) => Trailer,
            _ => return Err(kind),
        };
        Ok(())
    }

    /// Takes a digit of a chunk's size.
    #[inline(never)]
    fn digit(&mut self, byte: u8) -> Option<State> {
        self.left = push_digit(self.left, byte, 16)?;
        Some(State::Size)
    }

    fn end_line(&mut self) {
        self.state = match self.state {
            State::TrailerStart => State::Done,
            State::Trailer => State::TrailerStart,
            state => {
                self.framing = 0;
                match (state, self.left) {
                    (State::ChunkEnd, _) => State::Size,
                    (_, 0) => State::TrailerStart,
                    _ => State::Chunk,
                }
            }
        }
    }
}
