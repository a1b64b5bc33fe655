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
use crate::manifest::cursor::{Context, Cursor};
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

/// The lowest bare key behind this one.
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
        let mut lowest = Lowest { used: 0, from, twice: None };
        each(cursor, context, &mut |context, _, _, key| {
            lowest.push(keys(context, places)?, key);
            Ok(())
        })?;
        let highest = lowest.highest(keys(context, places)?);
        next = highest.and_then(after);
        if let Some(twice) = lowest.twice {
            // A key that has fallen out of the table is a later pass's.
            if highest.is_none_or(|key| twice <= key) {
                found = confirm(cursor, context, twice, pair)?;
                next = after(twice);
            }
        }
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
    let mut found = false;
    // Each of them in turn is held against those behind it.
    for turn in 0.. {
        let (mut count, mut held_end, mut held_key) = (0, 0, 0);
        each(cursor, context, &mut |_, path, name, key| {
            if bare(key) != wanted || found {
                return Ok(());
            }
            if count == turn {
                first.set(path);
                (held_end, held_key) = (name.len(), key);
            } else if count > turn && has_file(held_key, key) {
                let held = first.get().get(..held_end).unwrap_or_default();
                if fat::same(held, name) {
                    second.set(path);
                    found = true;
                }
            }
            count += 1;
            Ok(())
        })?;
        if found || count <= turn + 2 {
            break;
        }
    }
    Ok(found)
}

/// Is given the context, a path, the path of a folder above it or itself, and that one's key. One
/// code for both passes, not one each.
type Take<'a, C> = dyn FnMut(&mut C, &[u8], &[u8], u32) -> Result<(), ErrorKind> + 'a;

/// Reads the manifest once, and gives `take` each path with the folders above it, from the root on,
/// and itself.
fn each<C: Context>(
    cursor: &mut Cursor,
    context: &mut C,
    take: &mut Take<C>,
) -> Result<(), ErrorKind> {
    cursor.begin(context)?;
    while cursor.read(context)? {
        let path = cursor.path();
        let (mut hash, mut end) = (START, 0);
        for segment in split(path, b'/') {
            let is_short = fat::is_short(segment);
            for &byte in segment {
                hash = (hash ^ u32::from(fat::form(byte, is_short))).wrapping_mul(PRIME);
            }
            end += segment.len();
            let folder = if end < path.len() { FOLDER } else { 0 };
            let name = path.get(..end).unwrap_or_default();
            take(context, path, name, bare(hash) | folder)?;
            hash = (hash ^ u32::from(b'/')).wrapping_mul(PRIME);
            end += 1;
        }
    }
    Ok(())
}

/// The lowest different keys from a bound on, in order.
struct Lowest {
    /// How many places of the table are.
    used: usize,
    from: u32,
    /// The lowest key that came twice, at least once of a file.
    twice: Option<u32>,
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
                    self.twice = Some(self.twice.map_or(wanted, |twice| twice.min(wanted)));
                }
            }
            _ => {
                if self.used < table.len() {
                    self.used += 1;
                }
                // The highest one falls out.
                let mut carried = key.to_le_bytes();
                for place in table.iter_mut().take(self.used).skip(at) {
                    core::mem::swap(place, &mut carried);
                }
            }
        }
    }

    /// The highest key that this pass has dealt with; None if it was all of them.
    fn highest(&self, table: &[Key]) -> Option<u32> {
        let last = table.last().filter(|_| self.used == table.len());
        last.map(|last| bare(u32::from_le_bytes(*last)))
    }
}
