//! Entries of a manifest file, pulled in path order.
//!
//! A [`Cursor`] reads through a [`Source`] that owns the bytes. Where the entries do not stand in
//! path order, [`Cursor::sort`] fills an index of four bytes an entry and the cursor follows it.

use crate::auth::Verifier;
use crate::error::Error;
use crate::fault::Fault;
pub use crate::json::Source;
use crate::manifest::{Entry, Reader, Signature};
use crate::members::{self, Member};
use crate::order::{Held, Order};
use crate::path;
use crate::sort::sort;
use core::cmp::Ordering;

/// What a manifest is read with.
pub struct Context<'a, S> {
    pub source: S,
    /// Name of the signature member.
    pub field: &'a [u8],
    /// The updater's own files: see [`path::check`].
    pub own: &'a [u8],
    /// Offsets of the entries in path order, little-endian; empty where the file is in order.
    pub index: &'a mut [[u8; 4]],
}

/// What [`Cursor::survey`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The manifest's version; 0 where it has none.
    pub version: u64,
    pub entries: u32,
    /// The entries stand in path order: no index is needed.
    pub ordered: bool,
    /// There is a signature, of which [`Cursor::verify`] tells whether it is right.
    pub signed: bool,
    /// There is an extended signature.
    pub extended: bool,
    /// Each entry has a SHA-256.
    pub hashed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Start,
    Entry,
    End,
}

/// How far the manifest is known to be in order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Not surveyed yet, or refused.
    Unknown,
    /// Well-formed, but to be sorted first.
    Unsorted,
    Ready,
}

/// A place in a manifest, about 600 bytes.
pub struct Cursor {
    reader: Reader,
    position: Position,
    trust: Trust,
    /// Set while the file is read, and still where the source has raised.
    reading: bool,
    /// Entries passed so far.
    passed: u32,
}

impl Cursor {
    /// A cursor before the first entry. The source must stand at its start.
    pub fn new() -> Self {
        Self {
            reader: Reader::new(),
            position: Position::Start,
            trust: Trust::Unknown,
            reading: false,
            passed: 0,
        }
    }

    /// Goes back before the first entry.
    pub fn rewind<S: Source>(&mut self, context: &mut Context<S>) {
        self.position = Position::Start;
        self.passed = 0;
        self.restart(context, 0, false);
    }

    /// The entry under the cursor.
    pub fn entry(&self) -> Entry<'_> {
        self.reader.entry()
    }

    /// Its path.
    #[inline(never)]
    pub fn path(&self) -> &[u8] {
        self.reader.path()
    }

    /// Its version.
    pub fn version(&self) -> u64 {
        self.reader.version()
    }

    /// How many entries the cursor has come to, the one under it included.
    pub fn passed(&self) -> u32 {
        self.passed
    }

    /// What a fault is that one of the methods below has just given.
    pub fn error(&self, fault: Fault) -> Error {
        self.reader.error(fault)
    }

    /// Moves to the next entry in path order; false at the end.
    ///
    /// A fault before the manifest was surveyed and, where that found it unordered, sorted.
    #[inline(never)]
    pub fn advance<S: Source>(&mut self, context: &mut Context<S>) -> Result<bool, Fault> {
        match self.trust {
            Trust::Unknown => return Err(Fault::NotValidated),
            Trust::Unsorted => return Err(Fault::NotSorted),
            Trust::Ready => {}
        }
        let found = if context.index.is_empty() {
            self.read(context)?
        } else {
            let offset = context.index.get(self.passed as usize).copied();
            self.load(context, offset.as_ref())?
        };
        self.position = if found { Position::Entry } else { Position::End };
        self.passed += u32::from(found);
        Ok(found)
    }

    /// Whether there is an entry under the cursor, after moving to the first one if need be.
    pub fn peek<S: Source>(&mut self, context: &mut Context<S>) -> Result<bool, Fault> {
        match self.position {
            Position::Start => self.advance(context),
            Position::Entry => Ok(true),
            Position::End => Ok(false),
        }
    }

    /// Reads the whole manifest once: its form, limits, paths and order. The cursor is left at the
    /// end.
    pub fn survey<S: Source>(&mut self, context: &mut Context<S>) -> Result<Survey, Fault> {
        self.trust = Trust::Unknown;
        self.rewind(context);
        self.reader.forget_header();
        let mut ordered = true;
        let mut order = Order::new();
        let mut hashed = true;
        while self.read(context)? {
            let path = self.reader.path();
            path::check(path, context.own)?;
            if ordered {
                ordered = order.follow(path)?;
            }
            hashed &= self.reader.has_sha256();
        }
        self.position = Position::End;
        self.trust = if ordered { Trust::Ready } else { Trust::Unsorted };
        let header = self.reader.header();
        Ok(Survey {
            version: header.version,
            entries: self.reader.entries(),
            ordered,
            signed: header.signature != Signature::Absent,
            extended: header.extended != Signature::Absent,
            hashed,
        })
    }

    /// Whether the signature is the one of `key` and, where there is one, the extended signature
    /// too, by a pass over the entries in path order. False where there is no signature.
    pub fn verify<S: Source>(
        &mut self,
        context: &mut Context<S>,
        key: &[u8],
    ) -> Result<bool, Fault> {
        // Version and signatures are known, wherever they stand: the survey has read them.
        let mut verifier = Verifier::new(key, self.reader.header());
        self.rewind(context);
        while self.advance(context)? {
            verifier.entry(&self.entry());
        }
        Ok(verifier.verify(self.reader.header()))
    }

    /// Fills `table`, which has one place an entry, with the members of the paths. To be called after
    /// a survey, whatever the entries' order; leaves the cursor before the first entry.
    pub fn members<S: Source>(
        &mut self,
        context: &mut Context<S>,
        table: &mut [Member],
        fold: bool,
    ) -> Result<(), Fault> {
        self.begin(context)?;
        for place in table.iter_mut() {
            self.read_or(context, true, Fault::TableSize)?;
            *place = members::member(self.reader.path(), fold);
        }
        self.read_or(context, false, Fault::TableSize)?;
        self.rewind(context);
        Ok(())
    }

    /// Goes back before the first entry of a manifest that was surveyed.
    #[inline(never)]
    pub(crate) fn begin<S: Source>(&mut self, context: &mut Context<S>) -> Result<(), Fault> {
        if self.trust == Trust::Unknown {
            return Err(Fault::NotValidated);
        }
        self.rewind(context);
        Ok(())
    }

    /// Fills `context.index`, which has one place an entry, in path order; refuses a path that
    /// comes twice or lies below another. To be called after a survey; leaves the cursor before the
    /// first entry.
    ///
    /// Reads the paths from the file: about 20 times each for 1000 of them.
    pub fn sort<S: Source>(&mut self, context: &mut Context<S>) -> Result<(), Fault> {
        self.begin(context)?;
        self.trust = Trust::Unsorted;
        // Taken out, for the cursor reads while it is sorted.
        let index = core::mem::take(&mut context.index);
        for place in index.iter_mut() {
            self.read_or(context, true, Fault::IndexSize)?;
            *place = self.reader.entry_offset().to_le_bytes();
        }
        self.read_or(context, false, Fault::IndexSize)?;
        // The path of the entry that is on its way down, and its place.
        let (mut held, mut held_at) = (Held::new(), None);
        sort(index.len(), |first, second| {
            if held_at != Some(second) {
                self.load(context, index.get(second))?;
                held.set(self.reader.path());
                held_at = Some(second);
            }
            self.load(context, index.get(first))?;
            let wrong = self.reader.path().cmp(held.get()) == Ordering::Greater;
            if wrong {
                index.swap(first, second);
                held_at = Some(first);
            }
            Ok(wrong)
        })?;
        let mut order = Order::new();
        for offset in index.iter() {
            self.load(context, Some(offset))?;
            order.follow(self.reader.path())?;
        }
        context.index = index;
        self.rewind(context);
        self.trust = Trust::Ready;
        Ok(())
    }

    /// Reads the entry at an offset of the index; false where there is none.
    #[inline(never)]
    fn load<S: Source>(
        &mut self,
        context: &mut Context<S>,
        offset: Option<&[u8; 4]>,
    ) -> Result<bool, Fault> {
        let Some(offset) = offset else { return Ok(false) };
        self.restart(context, u32::from_le_bytes(*offset), true);
        self.read(context)
    }

    fn restart<S: Source>(&mut self, context: &mut Context<S>, offset: u32, single: bool) {
        self.reader.restart(offset, single);
        self.reading = false;
        context.source.seek(offset);
    }

    /// Reads on where there must, or must not, be one more entry.
    #[inline(never)]
    fn read_or<S: Source>(
        &mut self,
        context: &mut Context<S>,
        found: bool,
        fault: Fault,
    ) -> Result<(), Fault> {
        if self.read(context)? == found {
            Ok(())
        } else {
            Err(fault)
        }
    }

    /// Reads to the end of the next entry as the file has it; false at the end of the manifest.
    #[inline(never)]
    pub(crate) fn read<S: Source>(&mut self, context: &mut Context<S>) -> Result<bool, Fault> {
        if self.reading {
            // The source has raised amid an entry: back to its start.
            self.restart(context, 0, false);
            self.reading = true;
            for _ in 0..self.passed {
                self.reader.next(&mut context.source, context.field)?;
            }
        }
        self.reading = true;
        let found = self.reader.next(&mut context.source, context.field)?;
        self.reading = false;
        Ok(found)
    }
}

impl Default for Cursor {
    fn default() -> Self {
        Self::new()
    }
}
