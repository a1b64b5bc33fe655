//! A manifest's form: from JSON tokens to entries.
//!
//! [`Reader`] reads a file entry by entry; its memory does not grow with their number.
//! [`crate::manifest::cursor`] gives the entries in path order.
//!
//! Why this is not the work of serde-json-core is in CONTRIBUTING.md.

use crate::bounded::Bounded;
use crate::bytes::digit;
use crate::error::{Error, ErrorKind, Group, Location};
use crate::hash::hex;
use crate::json::{Lexer, Token};
use crate::manifest::context::Context;
use crate::path::PATH_MAX;

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
pub enum HexDigest {
    /// Not read yet, or not there, or null.
    #[default]
    Absent,
    /// There, in a form that is no signature's: never valid.
    Malformed,
    Digest([u8; 32]),
}

impl HexDigest {
    /// Takes what the member has.
    fn read(&mut self, token: Token, text: Option<&[u8]>) {
        if token == Token::Null {
            return;
        }
        let digits = text.filter(|_| token == Token::String).unwrap_or_default();
        let mut digest = [0; 32];
        if hex::decode(digits, &mut digest) {
            *self = Self::Digest(digest);
        } else {
            *self = Self::Malformed;
        }
    }
}

/// What stands beside `files`.
#[derive(Clone, Copy, Default)]
pub struct Header {
    /// 0 until it is read, or where there is none.
    pub version: u64,
    pub signature: HexDigest,
    /// The one of the extended payload: see [`crate::manifest::signature`].
    pub extended: HexDigest,
}

/// Where the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Start,
    Top,
    Files,
    Entry,
}

/// The known members.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Version,
    /// Of the manifest, as are the two signatures.
    Files,
    HexDigest,
    ExtendedSignature,
    /// Of an entry, as are those below.
    Path,
    Md5,
    Size,
    Sha256,
}

/// The known members that an object has had, each of which may come once.
#[derive(Clone, Copy, Default)]
struct Seen(u8);

impl Seen {
    fn contains(self, member: Member) -> bool {
        self.0 & 1 << member as u8 != 0
    }

    fn insert(&mut self, member: Member) {
        self.0 |= 1 << member as u8;
    }
}

/// Reads a manifest, or one entry of it.
// In this order, which leaves no gaps, as the code for fields behind a large one is larger.
#[repr(C)]
pub struct Reader {
    level: Level,
    /// The member whose value comes next; `None` for an unknown one.
    member: Option<Member>,
    seen_in_manifest: Seen,
    seen_in_entry: Seen,
    single: bool,
    sha256: HexDigest,
    md5: Bounded<MD5_DIGITS>,
    entries: u32,
    entry_offset: u32,
    version: u64,
    size: Option<u64>,
    lexer: Lexer,
    header: Header,
}

impl Reader {
    /// A reader of a whole manifest.
    pub fn new() -> Self {
        Self {
            lexer: Lexer::new(0),
            level: Level::Start,
            member: None,
            seen_in_manifest: Seen::default(),
            seen_in_entry: Seen::default(),
            single: false,
            md5: Bounded::new(),
            entries: 0,
            entry_offset: 0,
            version: 0,
            size: None,
            sha256: HexDigest::Absent,
            header: Header::default(),
        }
    }

    /// Starts again; `single`: reads one entry alone, which starts at `offset` and is, but for
    /// that, known to be good. The header stays.
    pub fn restart(&mut self, offset: u32, single: bool) {
        self.lexer.restart(offset);
        self.level = if single { Level::Files } else { Level::Start };
        self.seen_in_manifest = Seen::default();
        self.seen_in_entry = Seen::default();
        self.single = single;
        self.entries = 0;
    }

    /// The entry at which [`Reader::next`] stopped.
    pub fn entry(&self) -> Entry<'_> {
        Entry {
            path: self.path(),
            version: self.version,
            md5: &self.md5,
            size: self.size,
            sha256: match &self.sha256 {
                HexDigest::Digest(digest) => Some(digest),
                _ => None,
            },
        }
    }

    /// Whether it has a SHA-256.
    pub fn has_sha256(&self) -> bool {
        matches!(self.sha256, HexDigest::Digest(_))
    }

    /// Its path.
    pub fn path(&self) -> &[u8] {
        self.lexer.retained()
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

    /// An error with its location, which is where the reader stopped.
    pub fn error(&self, kind: ErrorKind) -> Error {
        let is_of_path = kind.group() == Group::Path;
        let byte = if is_of_path { self.entry_offset } else { self.lexer.offset() };
        let in_entry = is_of_path || self.level == Level::Entry && kind != ErrorKind::EndsEarly;
        let location = match kind {
            _ if kind.group() == Group::Call => Location::None,
            _ if in_entry && !self.single => {
                Location::Entry { index: self.entries.saturating_sub(1), byte }
            }
            _ => Location::Byte(byte),
        };
        Error { kind, location }
    }

    /// Reads on; true where an entry is complete, false at the end of the manifest.
    pub fn next<C: Context>(&mut self, context: &mut C) -> Result<bool, ErrorKind> {
        loop {
            self.lexer.next(context)?;
            let (token, level) = (self.lexer.token(), self.level);
            if token == Token::End {
                return Ok(false);
            }
            // The signature's name is one beside `files`; to ask for it at each token takes time.
            let field = if level == Level::Top { context.field() } else { b"" };
            self.accept(token, field)?;
            if token == Token::ObjectEnd && level == Level::Entry {
                return Ok(true);
            }
            if token.opens() && level == self.level {
                self.lexer.pass_over(context)?;
            }
        }
    }

    #[inline(never)]
    fn accept(&mut self, token: Token, field: &[u8]) -> Result<(), ErrorKind> {
        match (self.level, token) {
            (Level::Start, Token::ObjectStart) | (Level::Files, Token::ArrayEnd) => {
                // The last entry's path.
                self.lexer.release();
                self.level = Level::Top;
            }
            (Level::Start, _) => return Err(ErrorKind::NotAnObject),
            (Level::Files, Token::ObjectStart) => {
                if self.entries == ENTRIES_MAX {
                    return Err(ErrorKind::Entries);
                }
                self.level = Level::Entry;
                self.entries += 1;
                self.entry_offset = self.lexer.offset() - 1;
                self.lexer.release();
                self.version = 0;
                self.md5.clear();
                self.size = None;
                self.sha256 = HexDigest::Absent;
                self.seen_in_entry = Seen::default();
            }
            (Level::Files, _) => return Err(ErrorKind::EntryNoObject),
            (_, Token::Key) => {
                self.member = self.known(field);
                if let Some(member) = self.member {
                    let in_entry = self.level == Level::Entry;
                    let seen =
                        if in_entry { &mut self.seen_in_entry } else { &mut self.seen_in_manifest };
                    // The signer would read one of two values for one name, and we the other.
                    if seen.contains(member) {
                        return Err(ErrorKind::NameTwice);
                    }
                    seen.insert(member);
                }
            }
            (Level::Top, Token::ObjectEnd) => {
                if !self.seen_in_manifest.contains(Member::Files) {
                    return Err(ErrorKind::NoFiles);
                }
            }
            (Level::Entry, Token::ObjectEnd) => {
                if !self.seen_in_entry.contains(Member::Path) {
                    return Err(ErrorKind::NoPath);
                }
                self.level = Level::Files;
            }
            _ => return self.value(token),
        }
        Ok(())
    }

    /// The member that has just been named; `None` for an unknown one.
    #[inline(never)]
    fn known(&self, field: &[u8]) -> Option<Member> {
        let name = self.lexer.text()?;
        let in_entry = self.level == Level::Entry;
        let is = |known: &str| name == known.as_bytes();
        match () {
            _ if is("version") => Some(Member::Version),
            _ if in_entry && is("path") => Some(Member::Path),
            _ if in_entry && is("md5") => Some(Member::Md5),
            _ if in_entry && is("size") => Some(Member::Size),
            _ if in_entry && is("sha256") => Some(Member::Sha256),
            _ if in_entry => None,
            _ if is("files") => Some(Member::Files),
            // The signature's name is the user's.
            _ => match name.strip_prefix(field)? {
                b"" => Some(Member::HexDigest),
                b"_ext" => Some(Member::ExtendedSignature),
                _ => None,
            },
        }
    }

    /// Takes the value of a member, or the start of one.
    fn value(&mut self, token: Token) -> Result<(), ErrorKind> {
        let Some(member) = self.member else { return Ok(()) };
        let text = self.lexer.text();
        match member {
            Member::Version => {
                let version = number(token, text)?;
                if self.level == Level::Entry {
                    self.version = version;
                } else {
                    self.header.version = version;
                }
            }
            Member::Files if token == Token::ArrayStart => self.level = Level::Files,
            Member::Files => return Err(ErrorKind::FilesNoList),
            Member::Path if token != Token::String => return Err(ErrorKind::PathNoString),
            Member::Path => {
                if text.ok_or(ErrorKind::PathNotUnicode)?.len() > PATH_MAX {
                    return Err(ErrorKind::PathLong);
                }
                self.lexer.retain();
            }
            // Manifests were free to hold anything by this name and SHA-256's: what has not their
            // form counts as absent.
            Member::Size => self.size = number(token, text).ok(),
            Member::Md5 if token == Token::Null => {}
            Member::Md5 if token != Token::String => return Err(ErrorKind::Md5NoString),
            Member::Md5 => {
                let text = text.filter(|text| is_md5(text)).ok_or(ErrorKind::Md5Digits)?;
                self.md5.clear();
                self.md5.extend_as_fits(text);
            }
            Member::Sha256 => self.sha256.read(token, text),
            Member::HexDigest => self.header.signature.read(token, text),
            Member::ExtendedSignature => self.header.extended.read(token, text),
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
fn number(token: Token, text: Option<&[u8]>) -> Result<u64, ErrorKind> {
    let mut value = 0u64;
    match text {
        Some(digits @ [_, ..]) if matches!(token, Token::Number | Token::String) => {
            for &byte in digits {
                let digit = digit(byte, 10).ok_or(ErrorKind::VersionNotWhole)?;
                value = value
                    .checked_mul(10)
                    .and_then(|tens| tens.checked_add(digit.into()))
                    .filter(|&value| value <= VERSION_MAX)
                    .ok_or(ErrorKind::VersionRange)?;
            }
            Ok(value)
        }
        _ => Err(ErrorKind::VersionNoNumber),
    }
}
