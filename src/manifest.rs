//! A manifest's form: from JSON tokens to entries.
//!
//! [`Reader`] is pushed bytes and stops at each entry; its memory does not grow with their number.
//! [`crate::cursor`] pulls entries from a file in path order.
//!
//! serde-json-core, the usual crate for this on microcontrollers, reads a whole value that lies in
//! memory and cannot take a number that may be a string; a manifest is neither that small nor
//! that regular.

use crate::digest::hex_decode;
use crate::error::{Error, Place};
use crate::json::{Lexer, Token};
use crate::path::PATH_MAX;

/// Most entries of a manifest.
pub const ENTRIES_MAX: u32 = 32768;
/// Highest version: what a signed 64-bit integer holds.
pub const VERSION_MAX: u64 = i64::MAX as u64;
/// Hex digits of an MD5.
pub const MD5_DIGITS: usize = 32;
/// What the name of the extended signature has more than the signature's.
pub const EXTENDED: &[u8] = b"_ext";

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

/// A member that holds an HMAC-SHA256 as 64 hex digits.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Signature {
    /// Not read yet, or not there, or null.
    #[default]
    Absent,
    /// There, in a form that is no signature's: never valid.
    Malformed,
    Digest([u8; 32]),
}

/// What stands beside `files`.
#[derive(Clone, Copy, Default)]
pub struct Header {
    /// `None` until it is read, or where there is none.
    pub version: Option<u64>,
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

/// The member whose value comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Unknown = 0,
    Version = 1,
    Files = 2,
    Signature = 4,
    Path = 8,
    Md5 = 16,
    Size = 32,
    Sha256 = 64,
    Extended = 128,
}

/// Reads a manifest, or one entry of it.
pub struct Reader {
    lexer: Lexer,
    level: Level,
    member: Member,
    /// Known members seen in the manifest and in the entry: each may come once.
    seen: u8,
    seen_in_entry: u8,
    /// Depth of the container that is being passed over; 0 if none.
    skip: u32,
    entries: u32,
    entry_offset: u32,
    single: bool,
    version: u64,
    md5: Option<[u8; MD5_DIGITS]>,
    size: Option<u64>,
    sha256: Option<[u8; 32]>,
    header: Header,
}

impl Reader {
    /// A reader of a whole manifest.
    pub fn new() -> Self {
        Self::starting(0, Level::Start, false)
    }

    /// A reader of one entry alone, which starts at `offset`.
    pub fn of_entry(offset: u32) -> Self {
        Self::starting(offset, Level::Files, true)
    }

    fn starting(offset: u32, level: Level, single: bool) -> Self {
        Self {
            lexer: Lexer::new(offset),
            level,
            member: Member::Unknown,
            seen: 0,
            seen_in_entry: 0,
            skip: 0,
            entries: 0,
            entry_offset: offset,
            single,
            version: 0,
            md5: None,
            size: None,
            sha256: None,
            header: Header::default(),
        }
    }

    /// The entry at which [`Reader::feed`] stopped.
    pub fn entry(&self) -> Entry<'_> {
        Entry {
            path: self.lexer.kept(),
            version: self.version,
            md5: self.md5.as_ref().map_or(&[], |digits| digits),
            size: self.size,
            sha256: self.sha256.as_ref(),
        }
    }

    /// What was read beside `files` so far.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Entries read so far.
    pub fn entries(&self) -> u32 {
        self.entries
    }

    /// Where the last entry starts, in bytes from the start of the manifest.
    pub fn entry_offset(&self) -> u32 {
        self.entry_offset
    }

    /// An error in the entry at which the reader stopped.
    pub fn error_here(&self, what: &'static str) -> Error {
        let byte = self.entry_offset;
        if self.single {
            return Error::at(what, byte);
        }
        Error { what, place: Place::Entry { index: self.entries.saturating_sub(1), byte } }
    }

    /// Reads on from `input[*at..]`; true where an entry is complete, false where the input is
    /// used up. `field` names the signature.
    pub fn feed(&mut self, field: &[u8], input: &[u8], at: &mut usize) -> Result<bool, Error> {
        loop {
            let token = self.lexer.next(input, at).map_err(|e| self.locate(e))?;
            let Some(token) = token else { return Ok(false) };
            if self.skip != 0 {
                if self.lexer.depth() < self.skip {
                    self.skip = 0;
                }
                continue;
            }
            let ended_entry = match self.level {
                Level::Start => self.start(token),
                Level::Top => self.top(token, field),
                Level::Files => self.files(token),
                Level::Entry => self.in_entry(token),
            };
            if ended_entry.map_err(|what| self.fault(what))? {
                return Ok(true);
            }
        }
    }

    /// To be called at the end of the input: is the manifest whole?
    pub fn finish(&self) -> Result<(), Error> {
        if self.lexer.at_end() {
            Ok(())
        } else {
            Err(Error::at("manifest ends early", self.lexer.offset()))
        }
    }

    fn fault(&self, what: &'static str) -> Error {
        self.locate(Error::at(what, self.lexer.offset()))
    }

    /// Adds the entry's number to an error within one.
    fn locate(&self, error: Error) -> Error {
        match error.place {
            Place::Byte(byte) if self.level == Level::Entry && !self.single => {
                Error { what: error.what, place: Place::Entry { index: self.entries, byte } }
            }
            _ => error,
        }
    }

    fn start(&mut self, token: Token) -> Result<bool, &'static str> {
        if token != Token::ObjectStart {
            return Err("manifest is not a JSON object");
        }
        self.level = Level::Top;
        Ok(false)
    }

    fn top(&mut self, token: Token, field: &[u8]) -> Result<bool, &'static str> {
        match (token, self.member) {
            (Token::Key, _) => {
                self.member = match self.lexer.text() {
                    Some(b"version") => Member::Version,
                    Some(b"files") => Member::Files,
                    Some(name) if name == field => Member::Signature,
                    Some(name) if name.strip_suffix(EXTENDED) == Some(field) => Member::Extended,
                    _ => Member::Unknown,
                };
                once(&mut self.seen, self.member)?;
            }
            (Token::ObjectEnd, _) => {
                if self.seen & Member::Files as u8 == 0 {
                    return Err("manifest has no files");
                }
            }
            (_, Member::Version) => self.header.version = Some(version(token, self.lexer.text())?),
            (Token::ArrayStart, Member::Files) => self.level = Level::Files,
            (_, Member::Files) => return Err("files is not a list"),
            (Token::Null, Member::Signature | Member::Extended) => {}
            (_, Member::Signature | Member::Extended) => {
                let signature = match self.sha256(token) {
                    Some(digest) => Signature::Digest(digest),
                    None => Signature::Malformed,
                };
                if self.member == Member::Signature {
                    self.header.signature = signature;
                } else {
                    self.header.extended = signature;
                }
                self.pass_over(token);
            }
            _ => self.pass_over(token),
        }
        Ok(false)
    }

    fn files(&mut self, token: Token) -> Result<bool, &'static str> {
        // The last entry's path.
        self.lexer.release();
        match token {
            Token::ObjectStart => {
                if self.entries == ENTRIES_MAX {
                    return Err("over 32768 entries");
                }
                self.entry_offset = self.lexer.offset() - 1;
                self.version = 0;
                (self.md5, self.size, self.sha256) = (None, None, None);
                self.seen_in_entry = 0;
                self.level = Level::Entry;
            }
            Token::ArrayEnd => self.level = Level::Top,
            _ => return Err("entry is not an object"),
        }
        Ok(false)
    }

    fn in_entry(&mut self, token: Token) -> Result<bool, &'static str> {
        match (token, self.member) {
            (Token::Key, _) => {
                self.member = match self.lexer.text() {
                    Some(b"path") => Member::Path,
                    Some(b"version") => Member::Version,
                    Some(b"md5") => Member::Md5,
                    Some(b"size") => Member::Size,
                    Some(b"sha256") => Member::Sha256,
                    _ => Member::Unknown,
                };
                once(&mut self.seen_in_entry, self.member)?;
            }
            (Token::ObjectEnd, _) => {
                if self.seen_in_entry & Member::Path as u8 == 0 {
                    return Err("entry has no path");
                }
                self.entries += 1;
                self.level = if self.single { Level::Start } else { Level::Files };
                return Ok(true);
            }
            (_, Member::Version) => self.version = version(token, self.lexer.text())?,
            (Token::String, Member::Path) => {
                let text = self.lexer.text().ok_or("path over 255 bytes or not Unicode")?;
                if text.len() > PATH_MAX {
                    return Err("path over 255 bytes");
                }
                self.lexer.keep();
            }
            (_, Member::Path) => return Err("path is not a string"),
            (Token::Null, Member::Md5) => {}
            (Token::String, Member::Md5) => {
                let text = self.lexer.text().filter(|text| is_md5(text));
                let text = text.ok_or("md5 is not 32 hex digits")?;
                self.md5 = text.try_into().ok();
            }
            (_, Member::Md5) => return Err("md5 is not a string"),
            // Manifests were free to hold anything by these two names: what has not their form
            // counts as absent.
            (_, Member::Size) => {
                self.size = version(token, self.lexer.text()).ok();
                self.pass_over(token);
            }
            (_, Member::Sha256) => {
                self.sha256 = self.sha256(token);
                self.pass_over(token);
            }
            _ => self.pass_over(token),
        }
        Ok(false)
    }

    /// The 32 bytes whose hex digits were read last.
    fn sha256(&self, token: Token) -> Option<[u8; 32]> {
        self.lexer.text().filter(|_| token == Token::String).and_then(hex_decode)
    }

    /// Starts passing over the container that `token` opens, if it opens one.
    fn pass_over(&mut self, token: Token) {
        if matches!(token, Token::ObjectStart | Token::ArrayStart) {
            self.skip = self.lexer.depth();
        }
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

/// Two values for one name would be read one way by the signer and another way here.
fn once(seen: &mut u8, member: Member) -> Result<(), &'static str> {
    let bit = member as u8;
    if *seen & bit != 0 {
        return Err("name given twice");
    }
    *seen |= bit;
    Ok(())
}

fn is_md5(text: &[u8]) -> bool {
    text.is_empty() || text.len() == MD5_DIGITS && text.iter().all(u8::is_ascii_hexdigit)
}

/// A version, or a file's size: an integer, also as a string of decimal digits.
fn version(token: Token, text: Option<&[u8]>) -> Result<u64, &'static str> {
    if !matches!(token, Token::Number | Token::String) {
        return Err("version is not a number");
    }
    let digits = text.filter(|text| !text.is_empty()).ok_or("version is not a number")?;
    digits.iter().try_fold(0u64, |value, &digit| {
        if !digit.is_ascii_digit() {
            return Err("version is not a whole number from 0 up");
        }
        let next = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0')));
        next.filter(|&v| v <= VERSION_MAX).ok_or("version is out of range")
    })
}
