//! A manifest file as the device reads it, for the tests of the core: through a small buffer.

// Each test takes the part that it needs.
#![allow(dead_code)]

use saguarota::error::Error;
use saguarota::json::Source;
use saguarota::manifest::context::Fixed;
use saguarota::manifest::cursor::{Cursor, Summary};

/// The updater's own files, as `path::validate` takes them.
pub const RESERVED: &[u8] = b"ota_state.txt\nversions.json\nsaguarota_backup";

/// Buffer sizes that put every token across an edge, and the ones of real life.
pub const SIZES: [usize; 7] = [1, 2, 3, 7, 16, 64, 512];

/// A file in memory. What the buffer held before is spoilt at each read.
pub struct Memory<'a> {
    file: &'a [u8],
    at: usize,
    buffer: Vec<u8>,
}

impl<'a> Memory<'a> {
    pub fn new(file: &'a [u8], buffer_size: usize) -> Self {
        Self { file, at: 0, buffer: vec![0xff; buffer_size] }
    }
}

impl Source for Memory<'_> {
    fn fill(&mut self) -> usize {
        let rest = &self.file[self.at..];
        let count = rest.len().min(self.buffer.len());
        self.buffer.fill(0xff);
        self.buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        count
    }

    fn seek(&mut self, offset: u32) {
        self.at = offset as usize;
        self.buffer.fill(0xff);
    }

    fn bytes(&self, filled: usize) -> &[u8] {
        &self.buffer[..filled]
    }
}

/// An entry as the reader gives it, with the SHA-256 in hex digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub path: String,
    pub version: u64,
    pub md5: String,
    pub size: Option<u64>,
    pub sha256: Option<String>,
}

/// An entry without size and SHA-256.
pub fn line(path: &str, version: u64, md5: &str) -> Line {
    Line { path: path.to_owned(), version, md5: md5.to_owned(), ..Line::default() }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A manifest file and what is needed to read it.
pub struct Device<'a> {
    file: &'a [u8],
    buffer_size: usize,
    pub cursor: Cursor,
    pub field: &'static [u8],
    pub index: Vec<[u8; 4]>,
    pub table: Vec<u8>,
}

impl<'a> Device<'a> {
    pub fn new(file: &'a [u8], buffer_size: usize) -> Self {
        Self {
            file,
            buffer_size,
            cursor: Cursor::new(),
            field: b"signature",
            index: Vec::new(),
            table: Vec::new(),
        }
    }

    /// The cursor, and a context over a source that stands at the file's start.
    pub fn parts(&mut self) -> (&mut Cursor, Fixed<'_, Memory<'a>>) {
        let source = Memory::new(self.file, self.buffer_size);
        let context = Fixed {
            source,
            field: self.field,
            reserved: RESERVED,
            index: &mut self.index,
            table: &mut self.table,
        };
        (&mut self.cursor, context)
    }

    pub fn validate(&mut self) -> Result<Summary, Error> {
        let (cursor, mut context) = self.parts();
        let found = cursor.validate(&mut context);
        found.map_err(|kind| cursor.error(kind))
    }

    /// What the updater does before it pulls entries: validate, sort where needed, rewind. The
    /// context that comes back is the one to pull with.
    pub fn prepare(&mut self) -> Result<Summary, Error> {
        let found = self.validate()?;
        if !found.ordered {
            self.index = vec![[0; 4]; found.entries as usize];
            let (cursor, mut context) = self.parts();
            let sorted = cursor.sort(&mut context);
            sorted.map_err(|kind| cursor.error(kind))?;
        }
        let (cursor, mut context) = self.parts();
        cursor.rewind(&mut context);
        Ok(found)
    }

    pub fn verify(&mut self, key: &[u8]) -> bool {
        let (cursor, mut context) = self.parts();
        let verifier = cursor.verifier(key);
        cursor.verify(&mut context, verifier).expect("the validate has accepted this file")
    }

    /// All entries in path order, after [`Device::prepare`].
    pub fn lines(&mut self) -> Vec<Line> {
        let (cursor, mut context) = self.parts();
        cursor.rewind(&mut context);
        let mut lines = Vec::new();
        while cursor.advance(&mut context).expect("the validate has accepted this file") {
            let entry = cursor.entry();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("not UTF-8");
            lines.push(Line {
                path: text(entry.path),
                version: entry.version,
                md5: text(entry.md5),
                size: entry.size,
                sha256: entry.sha256.map(|digest| hex(digest)),
            });
            assert_eq!(cursor.passed() as usize, lines.len());
        }
        lines
    }
}

/// Summary and entries of a file.
pub fn read(file: &[u8], buffer_size: usize) -> Result<(Summary, Vec<Line>), Error> {
    let mut device = Device::new(file, buffer_size);
    let found = device.prepare()?;
    let lines = device.lines();
    assert_eq!(lines.len(), found.entries as usize);
    Ok((found, lines))
}

/// Reads at every buffer size; they must agree.
pub fn read_all(file: &str) -> Result<(Summary, Vec<Line>), Error> {
    let whole = read(file.as_bytes(), file.len().max(1));
    for size in SIZES {
        assert_eq!(read(file.as_bytes(), size), whole, "{file} by {size}");
    }
    whole
}
