//! The one error type of the core: what is wrong, and where.
//!
//! `ffi` turns it into a Python exception; nothing else in the crate raises.

use crate::fault::Fault;
use crate::text::Text;

/// What was found wrong with bytes that came from outside, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    pub what: Fault,
    /// Where it was found.
    pub place: Place,
}

/// Where an error was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere in particular.
    Nowhere,
    /// At a byte offset from the start of the input, counted from 0.
    Byte(u32),
    /// In an entry of a manifest's `files` (counted from 0), at a byte offset of the manifest.
    Entry { index: u32, byte: u32 },
    /// A message body ended after `got` of `of` bytes.
    Body { got: u32, of: u32 },
}

impl Error {
    /// An error without a place.
    pub const fn new(what: Fault) -> Self {
        Self { what, place: Place::Nowhere }
    }

    /// An error at a byte offset.
    pub const fn at(what: Fault, byte: u32) -> Self {
        Self { what, place: Place::Byte(byte) }
    }

    /// Writes the message that the user reads, for example
    /// `entry 3, byte 210: path leaves the destination`.
    pub fn describe(&self, out: &mut Text) {
        match self.place {
            Place::Byte(byte) => out.push_with_number("byte ", byte),
            Place::Entry { index, byte } => {
                out.push_with_number("entry ", index);
                out.push_with_number(", byte ", byte);
            }
            Place::Nowhere | Place::Body { .. } => {}
        }
        if matches!(self.place, Place::Byte(_) | Place::Entry { .. }) {
            out.push(b": ");
        }
        self.what.say(out);
        if let Place::Body { got, of } = self.place {
            out.push_with_number(" after ", got);
            out.push_with_number(" of ", of);
            out.push(b" bytes");
        }
    }
}

/// Without a place.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}
