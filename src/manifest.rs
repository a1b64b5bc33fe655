//! A manifest's form: from JSON tokens to entries.
//!
//! [`Reader`] reads a file entry by entry; its memory does not grow with their number.
//! [`crate::cursor`] gives the entries in path order.
//!
//! serde-json-core, the usual crate for this on microcontrollers, reads a whole value that lies in
//! memory and cannot take a number that may be a string; a manifest is neither that small nor
//! that regular.

use crate::chars::digit;
use crate::error::{Error, Place};
use crate::fault::Fault;
use crate::hash::hex;
use crate::json::{Lexer, Source, Token};
use crate::path::PATH_MAX;
use crate::text::place;

/// Most entries of a manifest.
pub const ENTRIES_MAX: u32 = 32768;
/// Highest version: what a signed 64-bit integer holds.
pub const VERSION_MAX: u64 = i64::MAX as u64;
/// Hex digits of an MD5.
pub const MD5_DIGITS: usize = 32;

/// One file of a manifest.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// UTF-8, at most [`PATH_MAX`] bytes, otherwise unchecked.
    pub path: &'a [u8],
    /// 0 where the manifest gives none.
    pub version: u64,
    /// Hex digits as written; empty where the manifest gives none.
    pub md5: &'a [u8],
    /// Bytes of the file.
    pub size: Option<u64>,
    pub sha256: Option<&'a [u8; 32]>,
}

/// A member that holds a SHA-256 or an HMAC of it as 64 hex digits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Signature {
    /// Not read yet, or not there, or null.
    #[default]
    Absent,
    /// There, in a form that is no signature's: never valid.
    Malformed,
    Digest([u8; 32]),
}

impl Signature {
    /// Reads the digits in place: a digest that is copied takes more code.
    fn read(&mut self, hex: &[u8]) {
        *self = Self::Digest([0; 32]);
        if let Self::Digest(digest) = self {
            if !hex::decode(hex, digest) {
                *self = Self::Malformed;
            }
        }
    }
}

/// What stands beside `files`.
#[derive(Clone, Copy, Default)]
pub struct Header {
    /// 0 until it is read, or where there is none.
    pub version: u64,
    pub signature: Signature,
    /// The one of the extended payload: see [`crate::auth`].
    pub extended: Signature,
}

/// Where the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Start,
    Top,
    Files,
    Entry,
}

/// The known members, in the order of their bits below; the signature's name is the user's, and the
/// last word is what the extended signature's has behind that.
const NAMES: &[u8] = b"version files path md5 size sha256 _ext";
const EXTENDED: usize = 6;
const VERSION: u8 = 1;
const FILES: u8 = 2;
const PATH: u8 = 4;
const MD5: u8 = 8;
const SIZE: u8 = 16;
const SHA256: u8 = 32;
const SIGNATURE: u8 = 64;
const SIGNATURE_EXTENDED: u8 = 128;
/// The members of an entry; the others, and the version, are those of the manifest.
const OF_ENTRY: u8 = VERSION | PATH | MD5 | SIZE | SHA256;

/// Reads a manifest, or one entry of it.
// In this order, so that short instructions reach what is before the lexer's long text.
#[repr(C)]
pub struct Reader {
    level: Level,
    /// The member whose value comes next; 0 for an unknown one.
    member: u8,
    /// Known members seen in the manifest and in the entry: each may come once.
    seen: [u8; 2],
    single: bool,
    md5_len: u8,
    entries: u32,
    entry_offset: u32,
    version: u64,
    size: Option<u64>,
    md5: [u8; MD5_DIGITS],
    sha256: Signature,
    header: Header,
    lexer: Lexer,
}

impl Reader {
    /// A reader of a whole manifest.
    pub fn new() -> Self {
        Self {
            lexer: Lexer::new(0),
            level: Level::Start,
            member: 0,
            seen: [0; 2],
            single: false,
            md5_len: 0,
            md5: [0; MD5_DIGITS],
            entries: 0,
            entry_offset: 0,
            version: 0,
            size: None,
            sha256: Signature::Absent,
            header: Header::default(),
        }
    }

    /// Starts again; `single`: reads one entry alone, which starts at `offset` and is, but for that,
    /// known to be good. The header stays.
    pub fn restart(&mut self, offset: u32, single: bool) {
        self.lexer.restart(offset);
        self.level = if single { Level::Files } else { Level::Start };
        self.seen = [0; 2];
        self.single = single;
        self.entries = 0;
    }

    /// The entry at which [`Reader::next`] stopped.
    pub fn entry(&self) -> Entry<'_> {
        Entry {
            path: self.path(),
            version: self.version,
            md5: self.md5.get(..self.md5_len.into()).unwrap_or_default(),
            size: self.size,
            sha256: match &self.sha256 {
                Signature::Digest(digest) => Some(digest),
                _ => None,
            },
        }
    }

    /// Whether it has a SHA-256.
    pub fn has_sha256(&self) -> bool {
        matches!(self.sha256, Signature::Digest(_))
    }

    /// Its path.
    pub fn path(&self) -> &[u8] {
        self.lexer.kept()
    }

    /// Its version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What was read beside `files` so far.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Forgets what was read beside `files`.
    pub fn forget_header(&mut self) {
        self.header = Header::default();
    }

    /// Entries read so far.
    pub fn entries(&self) -> u32 {
        self.entries
    }

    /// Where the last entry starts, in bytes from the start of the manifest.
    pub fn entry_offset(&self) -> u32 {
        self.entry_offset
    }

    /// A fault with its place, which is where the reader stopped.
    pub fn error(&self, fault: Fault) -> Error {
        let is_of_path = fault.is_of_path();
        let byte = if is_of_path { self.entry_offset } else { self.lexer.offset() };
        let in_entry = is_of_path || self.level == Level::Entry && fault != Fault::EndsEarly;
        let place = match fault {
            _ if !fault.is_of_content() => Place::Nowhere,
            _ if in_entry && !self.single => {
                Place::Entry { index: self.entries.saturating_sub(1), byte }
            }
            _ => Place::Byte(byte),
        };
        Error { what: fault, place }
    }

    /// Reads on; true where an entry is complete, false at the end of the manifest. `field` names
    /// the signature.
    pub fn next<S: Source>(&mut self, source: &mut S, field: &[u8]) -> Result<bool, Fault> {
        loop {
            self.lexer.next(source)?;
            let (token, level) = (self.lexer.token(), self.level);
            if token == Token::End {
                return Ok(false);
            }
            self.take(token, field)?;
            if token == Token::ObjectEnd && level == Level::Entry {
                return Ok(true);
            }
            if token.opens() && level == self.level {
                self.lexer.pass_over(source)?;
            }
        }
    }

    #[inline(never)]
    fn take(&mut self, token: Token, field: &[u8]) -> Result<(), Fault> {
        let in_entry = self.level == Level::Entry;
        match (self.level, token) {
            (Level::Start, Token::ObjectStart) | (Level::Files, Token::ArrayEnd) => {
                // The last entry's path.
                self.lexer.release();
                self.level = Level::Top;
            }
            (Level::Start, _) => return Err(Fault::NotAnObject),
            (Level::Files, Token::ObjectStart) => {
                if self.entries == ENTRIES_MAX {
                    return Err(Fault::Entries);
                }
                self.level = Level::Entry;
                self.entries += 1;
                self.entry_offset = self.lexer.offset() - 1;
                self.lexer.release();
                self.version = 0;
                self.md5_len = 0;
                self.size = None;
                self.sha256 = Signature::Absent;
                self.seen[1] = 0;
            }
            (Level::Files, _) => return Err(Fault::EntryNoObject),
            (_, Token::Key) => {
                self.member = self.known(field);
                // Two values for one name would be read one way by the signer and another way here.
                let seen = &mut self.seen[usize::from(in_entry)];
                if *seen & self.member != 0 {
                    return Err(Fault::NameTwice);
                }
                *seen |= self.member;
            }
            (Level::Top, Token::ObjectEnd) if self.seen[0] & FILES == 0 => {
                return Err(Fault::NoFiles);
            }
            (Level::Top, Token::ObjectEnd) => {}
            (Level::Entry, Token::ObjectEnd) => {
                if self.seen[1] & PATH == 0 {
                    return Err(Fault::NoPath);
                }
                self.level = Level::Files;
            }
            _ => return self.value(token),
        }
        Ok(())
    }

    /// The member that has just been named; 0 for an unknown one.
    #[inline(never)]
    fn known(&self, field: &[u8]) -> u8 {
        let Some(name) = self.lexer.text() else { return 0 };
        let in_entry = self.level == Level::Entry;
        let here = if in_entry { OF_ENTRY } else { VERSION | FILES };
        let bit = 1 << place(NAMES, name, false);
        if bit & here != 0 {
            return bit;
        }
        match name.strip_prefix(field) {
            Some(b"") if !in_entry => SIGNATURE,
            Some(rest) if !in_entry && place(NAMES, rest, false) == EXTENDED => SIGNATURE_EXTENDED,
            _ => 0,
        }
    }

    /// Takes the value of a member, or the start of one.
    fn value(&mut self, token: Token) -> Result<(), Fault> {
        let text = self.lexer.text();
        match self.member {
            VERSION => {
                let version = number(token, text)?;
                if self.level == Level::Entry {
                    self.version = version;
                } else {
                    self.header.version = version;
                }
            }
            FILES if token == Token::ArrayStart => self.level = Level::Files,
            FILES => return Err(Fault::FilesNoList),
            PATH if token != Token::String => return Err(Fault::PathNoString),
            PATH => {
                if text.ok_or(Fault::PathNotKept)?.len() > PATH_MAX {
                    return Err(Fault::PathLong);
                }
                self.lexer.keep();
            }
            // Manifests were free to hold anything by this name and SHA-256's: what has not their
            // form counts as absent.
            SIZE => self.size = number(token, text).ok(),
            0 => {}
            _ if token == Token::Null => {}
            MD5 if token != Token::String => return Err(Fault::Md5NoString),
            MD5 => {
                let text = text.filter(|text| is_md5(text)).ok_or(Fault::Md5Digits)?;
                for (to, from) in self.md5.iter_mut().zip(text) {
                    *to = *from;
                }
                self.md5_len = text.len() as u8;
            }
            member => {
                let place = match member {
                    SHA256 => &mut self.sha256,
                    SIGNATURE => &mut self.header.signature,
                    _ => &mut self.header.extended,
                };
                place.read(text.filter(|_| token == Token::String).unwrap_or_default());
            }
        }
        Ok(())
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

fn is_md5(text: &[u8]) -> bool {
    text.is_empty()
        || text.len() == MD5_DIGITS && text.iter().all(|&byte| digit(byte, 16).is_some())
}

/// A version, or a file's size: an integer, also as a string of decimal digits.
fn number(token: Token, text: Option<&[u8]>) -> Result<u64, Fault> {
    let mut value = 0u64;
    match text {
        Some(digits @ [_, ..]) if matches!(token, Token::Number | Token::String) => {
            for &byte in digits {
                let digit = digit(byte, 10).ok_or(Fault::VersionNotWhole)?;
                // Ten times as much is beyond `VERSION_MAX` and would be beyond 64 bits.
                if value >> 60 != 0 {
                    return Err(Fault::VersionRange);
                }
                value = value * 10 + u64::from(digit);
                if value > VERSION_MAX {
                    return Err(Fault::VersionRange);
                }
            }
            Ok(value)
        }
        _ => Err(Fault::VersionNoNumber),
    }
}
