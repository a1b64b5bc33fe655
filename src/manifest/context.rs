//! What a call reads a manifest with.

use crate::json::Source;

/// What a manifest is read with.
///
/// A device's source may be written in Python, and resize or move at each read what the rest lies
/// in. So that is lent; and as reading and seeking need `&mut self`, nothing is held across them.
pub trait Context: Source {
    /// Name of the signature member.
    fn field(&self) -> &[u8];
    /// The updater's own files: see [`crate::path::validate`].
    fn reserved(&self) -> &[u8];
    /// Offsets of the entries in path order, little-endian; empty where the file is in order.
    fn index(&mut self) -> &mut [[u8; 4]];
    /// What [`crate::manifest::cursor::Cursor::path_hashes`] fills, or
    /// [`crate::manifest::fat_aliases::find`] works in.
    fn table(&mut self) -> &mut [u8];
}

/// A context whose memory stays where it is.
pub struct Fixed<'a, S> {
    pub source: S,
    pub field: &'a [u8],
    pub reserved: &'a [u8],
    pub index: &'a mut [[u8; 4]],
    pub table: &'a mut [u8],
}

impl<S: Source> Source for Fixed<'_, S> {
    fn fill(&mut self) -> usize {
        self.source.fill()
    }

    fn seek(&mut self, offset: u32) {
        self.source.seek(offset);
    }

    fn bytes(&self, filled: usize) -> &[u8] {
        self.source.bytes(filled)
    }
}

impl<S: Source> Context for Fixed<'_, S> {
    fn field(&self) -> &[u8] {
        self.field
    }

    fn reserved(&self) -> &[u8] {
        self.reserved
    }

    fn index(&mut self) -> &mut [[u8; 4]] {
        self.index
    }

    fn table(&mut self) -> &mut [u8] {
        self.table
    }
}
