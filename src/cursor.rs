//! Entries of a manifest file, pulled in path order.
//!
//! A [`Cursor`] reads through a [`Source`] that owns the bytes. Where the entries do not stand in
//! path order, [`Cursor::sort`] fills an index of four bytes an entry and the cursor follows it.

use crate::auth::Verifier;
use crate::error::Error;
use crate::manifest::{Entry, Reader, Signature};
use crate::members::{self, Member};
use crate::order::{Held, Order};
use crate::path;
use crate::text::same_letters;

/// A file that is read through one small buffer.
pub trait Source {
    /// Reads the next bytes of the file into the buffer; 0 at the file's end.
    fn fill(&mut self) -> usize;
    /// Makes `fill` go on at `offset` bytes from the start of the file.
    fn seek(&mut self, offset: u32);
    /// The buffer's first `filled` bytes.
    fn bytes(&self, filled: usize) -> &[u8];
}

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
    /// There is a signature.
    pub signed: bool,
    /// The signature is the key's, and the extended one too where there is one. `None`: no key, no
    /// signature, or [`Cursor::verify`] must tell, since the payload starts with the version and
    /// goes on in path order, and the extended one must be known of by then.
    pub valid: Option<bool>,
    /// Each entry has a SHA-256 and, where a key was given, there is an extended signature.
    pub extended: bool,
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
    /// The part of the source's buffer that is not read yet.
    at: usize,
    filled: usize,
    position: Position,
    trust: Trust,
    /// Entries passed so far.
    passed: u32,
}

impl Cursor {
    /// A cursor before the first entry. The source must stand at its start.
    pub fn new() -> Self {
        Self {
            reader: Reader::new(),
            at: 0,
            filled: 0,
            position: Position::Start,
            trust: Trust::Unknown,
            passed: 0,
        }
    }

    /// Goes back before the first entry.
    pub fn rewind<S: Source>(&mut self, context: &mut Context<S>) {
        self.position = Position::Start;
        self.passed = 0;
        self.restart(context, Reader::new(), 0);
    }

    /// The entry under the cursor.
    pub fn entry(&self) -> Entry<'_> {
        self.reader.entry()
    }

    /// How many entries the cursor has come to, the one under it included.
    pub fn passed(&self) -> u32 {
        self.passed
    }

    /// Moves to the next entry in path order; false at the end.
    ///
    /// An error before the manifest was surveyed and, where that found it unordered, sorted.
    pub fn advance<S: Source>(&mut self, context: &mut Context<S>) -> Result<bool, Error> {
        self.check_surveyed()?;
        if self.trust == Trust::Unsorted {
            return Err(Error::new("manifest must be sorted first"));
        }
        let found = if context.index.is_empty() {
            self.read(context)?
        } else if (self.passed as usize) < context.index.len() {
            self.load(context, self.passed as usize)?;
            true
        } else {
            false
        };
        self.position = if found { Position::Entry } else { Position::End };
        self.passed += u32::from(found);
        Ok(found)
    }

    /// The entry under the cursor, after moving to the first one if need be; `None` at the end.
    pub fn peek<S: Source>(
        &mut self,
        context: &mut Context<S>,
    ) -> Result<Option<Entry<'_>>, Error> {
        if self.position == Position::Start {
            self.advance(context)?;
        }
        Ok((self.position == Position::Entry).then(|| self.reader.entry()))
    }

    /// Reads the whole manifest once: its form, limits, paths and order and, where these allow it
    /// in one pass, its signature under `key`. The cursor is left at the end.
    pub fn survey<S: Source>(
        &mut self,
        context: &mut Context<S>,
        key: Option<&[u8]>,
    ) -> Result<Survey, Error> {
        self.trust = Trust::Unknown;
        self.rewind(context);
        let mut ordered = true;
        let mut order = Order::new();
        let mut hashed = true;
        let mut verifier = None;
        while self.read(context)? {
            let entry = self.reader.entry();
            path::check(entry.path, context.own).map_err(|what| self.reader.error_here(what))?;
            if self.reader.entries() == 1 {
                let header = self.reader.header();
                let key = key.filter(|_| header.version.is_some());
                verifier = key.map(|key| Verifier::new(key, header));
            }
            if ordered {
                let follows = order.follow(entry.path);
                ordered = follows.map_err(|what| self.reader.error_here(what))?;
            }
            if let (true, Some(verifier)) = (ordered, &mut verifier) {
                verifier.entry(&entry);
            }
            hashed &= entry.sha256.is_some();
        }
        self.position = Position::End;
        self.trust = if ordered { Trust::Ready } else { Trust::Unsorted };
        let header = self.reader.header();
        let signed = header.signature != Signature::Absent;
        let valid = match verifier {
            Some(verifier) if signed && ordered => verifier.verify(header),
            _ => None,
        };
        Ok(Survey {
            version: header.version.unwrap_or(0),
            entries: self.reader.entries(),
            ordered,
            signed,
            valid,
            extended: hashed && (key.is_none() || header.extended != Signature::Absent),
        })
    }

    /// Whether the signature is the one of `key` and, where there is one, the extended signature
    /// too, by a pass over the entries in path order. False where there is no signature.
    pub fn verify<S: Source>(
        &mut self,
        context: &mut Context<S>,
        key: &[u8],
    ) -> Result<bool, Error> {
        // Version and signatures may stand behind the entries: the first pass finds them.
        self.rewind(context);
        while self.read(context)? {}
        let header = *self.reader.header();
        let mut verifier = Verifier::new(key, &header);
        self.rewind(context);
        while self.advance(context)? {
            verifier.entry(&self.entry());
        }
        Ok(verifier.verify(&header).unwrap_or(false))
    }

    /// Fills `table`, which has one place an entry, with the members of the paths, and sorts it. To
    /// be called after a survey, whatever the entries' order; leaves the cursor before the first
    /// entry.
    pub fn members<S: Source>(
        &mut self,
        context: &mut Context<S>,
        table: &mut [Member],
        fold: bool,
    ) -> Result<(), Error> {
        self.check_surveyed()?;
        self.rewind(context);
        for place in table.iter_mut() {
            if !self.read(context)? {
                return Err(Error::new("table is larger than the manifest"));
            }
            *place = members::member(self.entry().path, fold);
        }
        if self.read(context)? {
            return Err(Error::new("table is smaller than the manifest"));
        }
        members::sort(table);
        self.rewind(context);
        Ok(())
    }

    /// Whether a path ends with `suffix`, the case of ASCII letters aside. To be called after a
    /// survey, whatever the entries' order; leaves the cursor before the first entry.
    pub fn has_suffix<S: Source>(
        &mut self,
        context: &mut Context<S>,
        suffix: &[u8],
    ) -> Result<bool, Error> {
        self.check_surveyed()?;
        self.rewind(context);
        let mut found = false;
        while !found && self.read(context)? {
            let path = self.entry().path;
            // Beyond the path's end where the suffix is longer.
            let start = path.len().wrapping_sub(suffix.len());
            found = path.get(start..).is_some_and(|end| same_letters(end, suffix));
        }
        self.rewind(context);
        Ok(found)
    }

    fn check_surveyed(&self) -> Result<(), Error> {
        match self.trust {
            Trust::Unknown => Err(Error::new("manifest must be surveyed first")),
            Trust::Unsorted | Trust::Ready => Ok(()),
        }
    }

    /// Fills `context.index`, which has one place an entry, in path order; refuses a path that
    /// comes twice or lies below another. To be called after a survey; leaves the cursor before the
    /// first entry.
    ///
    /// A heap sort that reads the paths from the file: about `3 n log2 n` reads of one buffer.
    pub fn sort<S: Source>(&mut self, context: &mut Context<S>) -> Result<(), Error> {
        self.check_surveyed()?;
        self.trust = Trust::Unsorted;
        self.rewind(context);
        let count = context.index.len();
        for place in 0..count {
            if !self.read(context)? {
                return Err(Error::new("index is larger than the manifest"));
            }
            context.index[place] = self.reader.entry_offset().to_le_bytes();
        }
        if self.read(context)? {
            return Err(Error::new("index is smaller than the manifest"));
        }
        for root in (0..count / 2).rev() {
            self.sift_down(context, root, count)?;
        }
        for end in (1..count).rev() {
            context.index.swap(0, end);
            self.sift_down(context, 0, end)?;
        }
        let mut order = Order::new();
        for place in 0..count {
            self.load(context, place)?;
            let follows = order.follow(self.reader.entry().path);
            follows.map_err(|what| self.reader.error_here(what))?;
        }
        self.rewind(context);
        self.trust = Trust::Ready;
        Ok(())
    }

    fn sift_down<S: Source>(
        &mut self,
        context: &mut Context<S>,
        mut root: usize,
        end: usize,
    ) -> Result<(), Error> {
        let mut held = Held::new();
        loop {
            let mut child = 2 * root + 1;
            if child >= end {
                return Ok(());
            }
            self.load(context, child)?;
            held.set(self.entry().path);
            if child + 1 < end {
                self.load(context, child + 1)?;
                if self.entry().path > held.get() {
                    child += 1;
                    held.set(self.entry().path);
                }
            }
            self.load(context, root)?;
            if self.entry().path >= held.get() {
                return Ok(());
            }
            context.index.swap(root, child);
            root = child;
        }
    }

    /// Reads the entry that the index has at `place`.
    fn load<S: Source>(&mut self, context: &mut Context<S>, place: usize) -> Result<(), Error> {
        let offset = u32::from_le_bytes(context.index[place]);
        self.restart(context, Reader::of_entry(offset), offset);
        self.read(context)?;
        Ok(())
    }

    fn restart<S: Source>(&mut self, context: &mut Context<S>, reader: Reader, offset: u32) {
        self.reader = reader;
        (self.at, self.filled) = (0, 0);
        context.source.seek(offset);
    }

    /// Reads to the end of the next entry as the file has it; false at the end of the manifest.
    fn read<S: Source>(&mut self, context: &mut Context<S>) -> Result<bool, Error> {
        loop {
            let bytes = context.source.bytes(self.filled);
            if self.reader.feed(context.field, bytes, &mut self.at)? {
                return Ok(true);
            }
            // Before the read, which may raise and be tried again.
            (self.at, self.filled) = (0, 0);
            self.filled = context.source.fill();
            if self.filled == 0 {
                self.reader.finish()?;
                return Ok(false);
            }
        }
    }
}

impl Default for Cursor {
    fn default() -> Self {
        Self::new()
    }
}
