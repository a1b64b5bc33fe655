//! Entries of a manifest file, pulled in path order.
//!
//! A [`Cursor`] reads through a [`Context`], which also lends it what else it needs. Where the
//! entries do not stand in path order, [`Cursor::sort`] fills an index of four bytes an entry and
//! the cursor follows it.

use crate::error::{Error, ErrorKind};
use crate::manifest::context::Context;
use crate::manifest::path_hashes::{self, PathHash};
use crate::manifest::path_order::{HeldPath, Order};
use crate::manifest::reader::{Entry, HexDigest, Reader};
use crate::manifest::signature::Verifier;
use crate::manifest::sort::sort;
use crate::path;
use core::cmp::Ordering;
use core::mem::size_of;

/// What [`Cursor::validate`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The manifest's version; 0 where it has none.
    pub version: u64,
    pub entries: u32,
    /// The entries stand in path order: no index is needed.
    pub ordered: bool,
    /// There is a signature, which [`Cursor::verify`] checks.
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
    /// Not validated yet, or refused.
    Unknown,
    /// Well-formed, but to be sorted first.
    Unsorted,
    Ready,
}

/// A position in a manifest, about 600 bytes.
///
/// ```
/// # use saguarota::json::Source;
/// use saguarota::manifest::{context::Fixed, cursor::Cursor};
/// # struct Memory<'a>(&'a [u8], bool);
/// # impl Source for Memory<'_> {
/// #     fn fill(&mut self) -> usize {
/// #         if std::mem::replace(&mut self.1, true) { 0 } else { self.0.len() }
/// #     }
/// #     fn seek(&mut self, offset: u32) {
/// #         assert_eq!(offset, 0);
/// #         self.1 = false;
/// #     }
/// #     fn bytes(&self, filled: usize) -> &[u8] {
/// #         &self.0[..filled]
/// #     }
/// # }
///
/// let file = br#"{"version": 7, "files": [{"path": "main.py", "version": 7}]}"#;
/// // `Memory` reads bytes in memory: see `json::Lexer`.
/// let source = Memory(file, false);
/// let (field, reserved) = (b"signature", b"ota_state.txt");
/// let mut context = Fixed { source, field, reserved, index: &mut [], table: &mut [] };
/// let mut cursor = Cursor::new();
/// let summary = cursor.validate(&mut context)?;
/// assert_eq!((summary.version, summary.entries, summary.ordered), (7, 1, true));
///
/// cursor.rewind(&mut context);
/// assert!(cursor.advance(&mut context)?);
/// assert_eq!((cursor.path(), cursor.version()), (&b"main.py"[..], 7));
/// # Ok::<(), saguarota::error::ErrorKind>(())
/// ```
// In this order, as the code for fields behind a large one is larger.
#[repr(C)]
pub struct Cursor {
    /// Entries passed so far.
    passed: u32,
    position: Position,
    trust: Trust,
    /// Set while the file is read, and still where the source has raised.
    reading: bool,
    reader: Reader,
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
    pub fn rewind<C: Context>(&mut self, context: &mut C) {
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

    /// The error, with its location, of a kind that a method below has just returned.
    pub fn error(&self, kind: ErrorKind) -> Error {
        self.reader.error(kind)
    }

    /// Moves to the next entry in path order; false at the end.
    ///
    /// An error before the manifest was validated and, where that found it unordered, sorted.
    #[inline(never)]
    pub fn advance<C: Context>(&mut self, context: &mut C) -> Result<bool, ErrorKind> {
        match self.trust {
            Trust::Unknown => return Err(ErrorKind::NotValidated),
            Trust::Unsorted => return Err(ErrorKind::NotSorted),
            Trust::Ready => {}
        }
        let index = context.index();
        let found = if index.is_empty() {
            self.read(context)?
        } else if let Some(&offset) = index.get(self.passed as usize) {
            self.load(context, offset)?
        } else {
            false
        };
        self.position = if found { Position::Entry } else { Position::End };
        self.passed += u32::from(found);
        Ok(found)
    }

    /// Whether there is an entry under the cursor, after moving to the first one if need be.
    pub fn peek<C: Context>(&mut self, context: &mut C) -> Result<bool, ErrorKind> {
        match self.position {
            Position::Start => self.advance(context),
            Position::Entry => Ok(true),
            Position::End => Ok(false),
        }
    }

    /// Reads the whole manifest once: its form, limits, paths and order. The cursor is left at the
    /// end.
    pub fn validate<C: Context>(&mut self, context: &mut C) -> Result<Summary, ErrorKind> {
        self.trust = Trust::Unknown;
        self.rewind(context);
        self.reader.forget_header();
        let mut ordered = true;
        let mut order = Order::new();
        let mut hashed = true;
        while self.read(context)? {
            let path = self.reader.path();
            path::validate(path, context.reserved())?;
            if ordered {
                ordered = order.follow(path)?;
            }
            hashed &= self.reader.has_sha256();
        }
        self.position = Position::End;
        self.trust = if ordered { Trust::Ready } else { Trust::Unsorted };
        let header = self.reader.header();
        Ok(Summary {
            version: header.version,
            entries: self.reader.entries(),
            ordered,
            signed: header.signature != HexDigest::Absent,
            extended: header.extended != HexDigest::Absent,
            hashed,
        })
    }

    /// What [`Cursor::verify`] takes of the key. To be called after a validate, which has read the
    /// version and the signatures, wherever they stand.
    pub fn verifier(&self, key: &[u8]) -> Verifier {
        Verifier::new(key, self.reader.header())
    }

    /// Whether the signature is the one of the verifier's key and, where there is one, the extended
    /// signature too, by a pass over the entries in path order. False where there is no signature.
    pub fn verify<C: Context>(
        &mut self,
        context: &mut C,
        mut verifier: Verifier,
    ) -> Result<bool, ErrorKind> {
        self.rewind(context);
        while self.advance(context)? {
            verifier.entry(&self.entry());
        }
        Ok(verifier.verify(self.reader.header()))
    }

    /// Fills the context's table, which has eight bytes an entry, with the members of the paths. To
    /// be called after a validate, whatever the entries' order; leaves the cursor before the first
    /// entry.
    pub fn path_hashes<C: Context>(
        &mut self,
        context: &mut C,
        ignore_case: bool,
    ) -> Result<(), ErrorKind> {
        self.begin(context)?;
        let mut used = 0;
        while self.read(context)? {
            let (places, _) = context.table().as_chunks_mut();
            let place: &mut PathHash = places.get_mut(used).ok_or(ErrorKind::TableSize)?;
            *place = path_hashes::path_hash(self.reader.path(), ignore_case);
            used += 1;
        }
        if context.table().len() != used * size_of::<PathHash>() {
            return Err(ErrorKind::TableSize);
        }
        self.rewind(context);
        Ok(())
    }

    /// Goes back before the first entry of a manifest that was validated.
    #[inline(never)]
    pub(crate) fn begin<C: Context>(&mut self, context: &mut C) -> Result<(), ErrorKind> {
        if self.trust == Trust::Unknown {
            return Err(ErrorKind::NotValidated);
        }
        self.rewind(context);
        Ok(())
    }

    /// Fills the context's index, which has one place an entry, in path order; refuses a path that
    /// comes twice or lies below another, and an index that is resized meanwhile. To be called
    /// after a validate; leaves the cursor before the first entry.
    ///
    /// Reads the paths from the file: about 20 times each for 1000 of them.
    pub fn sort<C: Context>(&mut self, context: &mut C) -> Result<(), ErrorKind> {
        self.begin(context)?;
        self.trust = Trust::Unsorted;
        let mut count = 0;
        while self.read(context)? {
            let place = context.index().get_mut(count).ok_or(ErrorKind::IndexSize)?;
            *place = self.reader.entry_offset().to_le_bytes();
            count += 1;
        }
        if context.index().len() != count {
            return Err(ErrorKind::IndexSize);
        }
        // The path of the entry that is on its way down, and its place.
        let (mut held, mut held_at) = (HeldPath::new(), None);
        sort(count, |first, second| {
            if held_at != Some(second) {
                self.load_nth(context, second)?;
                held.set(self.reader.path());
                held_at = Some(second);
            }
            self.load_nth(context, first)?;
            let wrong = self.reader.path().cmp(held.get()) == Ordering::Greater;
            if wrong {
                let Some([place, .., held_place]) = context.index().get_mut(first..=second) else {
                    return Err(ErrorKind::IndexSize);
                };
                (*place, *held_place) = (*held_place, *place);
                held_at = Some(first);
            }
            Ok(wrong)
        })?;
        let mut order = Order::new();
        for place in 0..count {
            self.load_nth(context, place)?;
            order.follow(self.reader.path())?;
        }
        if context.index().len() != count {
            return Err(ErrorKind::IndexSize);
        }
        self.rewind(context);
        self.trust = Trust::Ready;
        Ok(())
    }

    /// Reads the entry of a place of the index.
    #[inline(never)]
    fn load_nth<C: Context>(&mut self, context: &mut C, place: usize) -> Result<(), ErrorKind> {
        let offset = *context.index().get(place).ok_or(ErrorKind::IndexSize)?;
        self.load(context, offset).map(|_| ())
    }

    /// Reads the entry at an offset of the index; false where there is none.
    #[inline(never)]
    fn load<C: Context>(&mut self, context: &mut C, offset: [u8; 4]) -> Result<bool, ErrorKind> {
        self.restart(context, u32::from_le_bytes(offset), true);
        self.read(context)
    }

    fn restart<C: Context>(&mut self, context: &mut C, offset: u32, single: bool) {
        self.reader.restart(offset, single);
        self.reading = false;
        context.seek(offset);
    }

    /// Reads to the end of the next entry as the file has it; false at the end of the manifest.
    #[inline(never)]
    pub(crate) fn read<C: Context>(&mut self, context: &mut C) -> Result<bool, ErrorKind> {
        if self.reading {
            // The source has raised amid an entry: back to its start.
            self.restart(context, 0, false);
            self.reading = true;
            for _ in 0..self.passed {
                self.reader.next(context)?;
            }
        }
        self.reading = true;
        let found = self.reader.next(context)?;
        self.reading = false;
        Ok(found)
    }
}

impl Default for Cursor {
    fn default() -> Self {
        Self::new()
    }
}
