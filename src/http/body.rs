//! The body of a response: from raw bytes to payload (RFC 9112 6 and 7.1).

use super::{is_text, push_digit};
use crate::error::{Error, Place};

/// The longest chunk-size line with its extensions, and the longest trailer section, in bytes.
const SIZE_LINE: u16 = 256;
const TRAILERS: u16 = 4096;

/// What marks the end of a body.
#[derive(Clone, Copy)]
pub(super) enum Framing {
    /// A number of bytes.
    Length(u32),
    /// Chunks, of which the last is empty.
    Chunked,
    /// The end of the connection.
    UntilClose,
}

/// What the next raw byte is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Payload of a body whose length is known.
    Sized,
    /// Payload of a body that ends with the connection.
    UntilClose,
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
    pub(super) fn new(framing: Framing) -> Self {
        let (state, length) = match framing {
            Framing::Length(0) => (State::Done, 0),
            Framing::Length(length) => (State::Sized, length),
            Framing::Chunked => (State::Size, 0),
            Framing::UntilClose => (State::UntilClose, 0),
        };
        Self { state, cr: false, framing: 0, left: length, length }
    }

    /// Decodes raw bytes in place: their payload is moved to the front of `raw`. Returns how many
    /// bytes of payload there are, which may be none.
    ///
    /// # Errors
    /// Malformed chunks, extensions of more than 256 bytes or trailers of more than 4 KiB, and
    /// bytes after the end of the body, as no second request was sent that they could answer.
    pub fn decode(&mut self, raw: &mut [u8]) -> Result<usize, Error> {
        let (mut at, mut kept) = (0, 0);
        while let Some(&byte) = raw.get(at) {
            match self.state {
                State::Done => return Err(Error::new("bytes after the end of the body")),
                State::UntilClose => return Ok(raw.len()),
                State::Sized | State::Chunk => {
                    let taken = (raw.len() - at).min(self.left as usize);
                    if kept != at {
                        raw.copy_within(at..at + taken, kept);
                    }
                    at += taken;
                    kept += taken;
                    self.left -= taken as u32;
                    if self.left == 0 {
                        self.state = match self.state {
                            State::Chunk => State::ChunkEnd,
                            _ => State::Done,
                        };
                    }
                }
                _ => {
                    let state = self.state;
                    let trailer = matches!(state, State::TrailerStart | State::Trailer);
                    self.framing += 1;
                    if self.framing > if trailer { TRAILERS } else { SIZE_LINE } {
                        return Err(Error::new("chunk extensions or trailers too long"));
                    }
                    if !self.frame(byte) {
                        return Err(Error::new(match state {
                            _ if trailer => "malformed trailer",
                            State::ChunkEnd => "chunk does not end where its size says",
                            _ => "malformed chunk size",
                        }));
                    }
                    at += 1;
                }
            }
        }
        Ok(kept)
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
        let what = "body ended early";
        match self.state {
            State::UntilClose | State::Done => {
                self.state = State::Done;
                Ok(())
            }
            State::Sized => {
                let got = self.length - self.left;
                Err(Error { what, place: Place::Body { got, of: self.length } })
            }
            _ => Err(Error::new(what)),
        }
    }

    /// Takes one byte that is not payload; false where it does not belong there.
    fn frame(&mut self, byte: u8) -> bool {
        use State::*;
        let first = self.framing == 1;
        if self.cr {
            self.cr = false;
            self.end_line();
            return byte == b'\n';
        }
        if byte == b'\r' && !(first && self.state == Size) {
            self.cr = true;
            return true;
        }
        let next = match self.state {
            Size | Blank if matches!(byte, b' ' | b'\t') && !first => Blank,
            Size | Blank if byte == b';' && !first => Extension,
            Size => match push_digit(self.left, byte, 16) {
                Some(left) => {
                    self.left = left;
                    Size
                }
                None => return false,
            },
            Extension if is_text(byte) => Extension,
            TrailerStart | Trailer if is_text(byte) => Trailer,
            _ => return false,
        };
        self.state = next;
        true
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
