//! Two paths of a manifest that are one file on FAT, or one a file and the other a folder, found in
//! bounded memory: the table is the caller's and may be small.
//!
//! Each path and each folder above it has a key, a hash of its form without case. A pass over the
//! manifest keeps the lowest keys that the table has room for, of those that earlier passes have
//! not dealt with. A key that comes again is that of a pair, or of paths that share it by chance
//! or by their accents, which further passes tell apart. `n` different paths and folders take
//! `n / places` passes, rounded down, and one.

use crate::bytes::split;
use crate::error::ErrorKind;
use crate::fat;
use crate::manifest::context::Context;
use crate::manifest::cursor::Cursor;
use crate::manifest::path_order::HeldPath;

/// A hash, of which the lowest bit tells files from folders. Little-endian.
pub type Key = [u8; KEY];
const KEY: usize = 4;

/// Set in the keys of folders.
const FOLDER: u32 = 1;

/// A key without what tells files from folders.
fn bare(key: u32) -> u32 {
    key & !FOLDER
}

/// The lowest bare key behind this one, if there is one.
fn after(bare: u32) -> Option<u32> {
    bare.checked_add(FOLDER + 1)
}

/// Whether two names with these keys could be one file: two folders are one without harm.
fn has_file(one: u32, other: u32) -> bool {
    one & other & FOLDER == 0
}

/// FNV-1a: short, and as a key that is shared only costs time, good enough.
const START: u32 = 0x811c9dc5;
const PRIME: u32 = 0x01000193;

/// Stands for no key: each bare one is less.
const NONE: u32 = u32::MAX;

/// Searches a manifest that was validated, whatever its order, and puts the first pair that it
/// comes upon, in the manifest's order, into `pair`; false where there is none. Leaves the cursor
/// before the first entry. An error where the context's table has no place for a key, or loses some
/// meanwhile.
pub fn find<C: Context>(
    cursor: &mut Cursor,
    context: &mut C,
    pair: &mut [HeldPath; 2],
) -> Result<bool, ErrorKind> {
    let places = context.table().len() / KEY;
    if places == 0 {
        return Err(ErrorKind::TableSmall);
    }
    let mut next = Some(0);
    let mut found = false;
    while let (Some(from), false) = (next, found) {
        let mut lowest = Lowest { used: 0, from, twice: NONE };
        cursor.begin(context)?;
        let mut names = Names::new();
        while names.next(cursor, context)? {
            lowest.push(keys(context, places)?, names.key);
        }
        // A key that has fallen out of the table is a later pass's.
        let dealt_with = lowest.twice.min(lowest.highest(keys(context, places)?));
        if dealt_with == lowest.twice && dealt_with != NONE {
            found = confirm(cursor, context, dealt_with, pair)?;
        }
        next = after(dealt_with);
    }
    cursor.rewind(context);
    Ok(found)
}

/// The table, of which the search began with so many places.
fn keys<C: Context>(context: &mut C, places: usize) -> Result<&mut [Key], ErrorKind> {
    let (keys, _) = context.table().as_chunks_mut();
    keys.get_mut(..places).ok_or(ErrorKind::TableSmall)
}

/// Looks for a pair among the files and folders with this key.
fn confirm<C: Context>(
    cursor: &mut Cursor,
    context: &mut C,
    wanted: u32,
    pair: &mut [HeldPath; 2],
) -> Result<bool, ErrorKind> {
    let [first, second] = pair;
    // Each of them in turn is held against those behind it.
    let mut turn = 0;
    loop {
        let (mut count, mut held_end, mut held_key) = (0, 0, 0);
        cursor.begin(context)?;
        let mut names = Names::new();
        while names.next(cursor, context)? {
            if bare(names.key) != wanted {
                continue;
            }
            let path = cursor.path();
            if count == turn {
                first.set(path);
                (held_end, held_key) = (names.end, names.key);
            } else if count > turn && has_file(held_key, names.key) {
                let held = first.get().get(..held_end).unwrap_or_default();
                if fat::same(held, path.get(..names.end).unwrap_or_default()) {
                    second.set(path);
                    return Ok(true);
                }
            }
            count += 1;
        }
        turn += 1;
        if count <= turn + 1 {
            return Ok(false);
        }
    }
}

/// One reading of the manifest, name by name: each path with the folders above it, from the root
/// on, and itself.
struct Names {
    hash: u32,
    /// The name that was come to last is so much of the cursor's path.
    end: usize,
    /// Its key.
    key: u32,
}

impl Names {
    /// Before the first name, where the cursor is before the first entry and so has no path.
    fn new() -> Self {
        Self { hash: START, end: 0, key: 0 }
    }

    /// Goes on to the next name; false at the end.
    fn next<C: Context>(
        &mut self,
        cursor: &mut Cursor,
        context: &mut C,
    ) -> Result<bool, ErrorKind> {
        if self.end < cursor.path().len() {
            self.add(b'/');
            self.end += 1;
        } else if cursor.read(context)? {
            (self.hash, self.end) = (START, 0);
        } else {
            return Ok(false);
        }
        let path = cursor.path();
        let rest = path.get(self.end..).unwrap_or_default();
        let segment = split(rest, b'/').next().unwrap_or_default();
        let is_short = fat::is_short(segment);
        for &byte in segment {
            self.add(fat::form(byte, is_short));
        }
        self.end += segment.len();
        self.key = bare(self.hash) | if self.end < path.len() { FOLDER } else { 0 };
        Ok(true)
    }

    fn add(&mut self, byte: u8) {
        self.hash = (self.hash ^ u32::from(byte)).wrapping_mul(PRIME);
    }
}

/// The lowest different keys from a bound on, in order.
struct Lowest {
    /// How many places of the table are.
    used: usize,
    from: u32,
    /// The lowest key that came twice, at least once of a file, or [`NONE`].
    twice: u32,
}

impl Lowest {
    fn push(&mut self, table: &mut [Key], key: u32) {
        let wanted = bare(key);
        if wanted < self.from {
            return;
        }
        let used = table.get(..self.used).unwrap_or_default();
        let at = used.partition_point(|place| u32::from_le_bytes(*place) < wanted);
        match used.get(at).map(|place| u32::from_le_bytes(*place)) {
            Some(there) if bare(there) == wanted => {
                if has_file(there, key) {
                    self.twice = self.twice.min(wanted);
                }
            }
            _ => {
                if self.used < table.len() {
                    self.used += 1;
                }
                // The highest one falls out.
                let mut carried = key.to_le_bytes();
                for place in table.get_mut(at..self.used).unwrap_or_default() {
                    carried = core::mem::replace(place, carried);
                }
            }
        }
    }

    /// The highest key that this pass has dealt with; [`NONE`] if it was all of them.
    fn highest(&self, table: &[Key]) -> u32 {
        match table.last() {
            Some(last) if self.used == table.len() => bare(u32::from_le_bytes(*last)),
            _ => NONE,
        }
    }
}
