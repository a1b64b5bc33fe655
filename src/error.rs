//! The one error type of the core: what is wrong, and where.
//!
//! `ffi` turns it into a Python exception; nothing else in the crate raises.

use crate::fault::Fault;

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

    /// The exception's two arguments behind the code: entry and byte, or how many bytes of how many
    /// a body had.
    pub const fn numbers(&self) -> (Option<u32>, Option<u32>) {
        match self.place {
            Place::Nowhere => (None, None),
            Place::Byte(byte) => (None, Some(byte)),
            Place::Entry { index, byte } => (Some(index), Some(byte)),
            Place::Body { got, of } => (Some(got), Some(of)),
        }
    }
}

/// Without a place.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}
