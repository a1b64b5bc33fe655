//! The one error type of the core: what is wrong, and where.
//!
//! `ffi` turns it into a Python exception; nothing else in the crate raises.

use crate::fault::Fault;
use crate::text::{decimal, Text};

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

/// The four forms of a message, of which the second and the third are ends of the first. In one
/// text, which takes less code.
const FORMS: &[u8] = b"entry #, byte #: *\n* after # of # bytes\n";

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
        let (start, mut number, other) = match self.place {
            Place::Entry { index, byte } => (0, index, byte),
            Place::Byte(byte) => (9, byte, 0),
            Place::Nowhere => (17, 0, 0),
            Place::Body { got, of } => (19, got, of),
        };
        for byte in FORMS.iter().skip(start) {
            match byte {
                b'\n' => break,
                b'*' => self.what.say(out),
                b'#' => {
                    out.push(decimal(number.into(), &mut [0; 20]));
                    number = other;
                }
                _ => out.push(core::slice::from_ref(byte)),
            }
        }
    }
}

/// Without a place.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}
