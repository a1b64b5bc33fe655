//! Two paths of a manifest that are one file on FAT, or one a file and the other a folder, found in
//! bounded memory: the table is the caller's and may be small.
//!
//! Each path and each folder above it has a key, a hash of its form without case. A pass over the
//! manifest keeps the lowest keys that the table has room for, of those that earlier passes have
//! not dealt with. A key that comes again is that of a pair, or of paths that share it by chance
//! or by their accents, which further passes tell apart. `n` different paths and folders take
//! `n / places` passes, rounded down, and one.

use crate::cursor::{Context, Cursor, Source};
use crate::fat;
use crate::fault::Fault;
use crate::order::Held;

/// A hash, of which the lowest bit tells files from folders. Little-endian.
pub type Key = [u8; 4];

/// Set in the keys of folders.
const FOLDER: u32 = 1;
/// FNV-1a: short, and as a key that is shared only costs time, good enough.
const START: u32 = 0x811c9dc5;
const PRIME: u32 = 0x01000193;

/// Searches a manifest that was surveyed, whatever its order, and puts the first pair that it
/// comes upon, in the manifest's order, into `pair`; false where there is none. Leaves the cursor
/// before the first entry. `table` has one place at least.
pub fn find<S: Source>(
    cursor: &mut Cursor,
    context: &mut Context<S>,
    table: &mut [Key],
    pair: &mut [Held; 2],
) -> Result<bool, Fault> {
    let mut next = Some(0);
    let mut found = false;
    while let (Some(from), false) = (next, found) {
        let mut lowest = Lowest { table, used: 0, from, twice: None };
        each(cursor, context, &mut |_, _, key| lowest.take(key))?;
        let highest = lowest.highest();
        next = highest.and_then(|key| key.checked_add(2));
        if let Some(twice) = lowest.twice {
            // A key that has fallen out of the table is a later pass's.
            if highest.is_none_or(|key| twice <= key) {
                found = confirm(cursor, context, twice, pair)?;
                next = twice.checked_add(2);
            }
        }
    }
    cursor.rewind(context);
    Ok(found)
}

/// Looks for a pair among the files and folders with this key.
fn confirm<S: Source>(
    cursor: &mut Cursor,
    context: &mut Context<S>,
    wanted: u32,
    pair: &mut [Held; 2],
) -> Result<bool, Fault> {
    let [first, second] = pair;
    let mut found = false;
    // Each of them in turn is held against those behind it.
    for turn in 0.. {
        let (mut count, mut held_end, mut held_key) = (0, 0, 0);
        each(cursor, context, &mut |path, name, key| {
            if key & !FOLDER != wanted || found {
                return;
            }
            if count == turn {
                first.set(path);
                (held_end, held_key) = (name.len(), key);
            } else if count > turn && held_key & key & FOLDER == 0 {
                let held = first.get().get(..held_end).unwrap_or_default();
                if fat::same(held, name) {
                    second.set(path);
                    found = true;
                }
            }
            count += 1;
        })?;
        if found || count <= turn + 2 {
            break;
        }
    }
    Ok(found)
}

/// Is given a path, the path of a folder above it or itself, and that one's key. One code for both
/// passes, not one each.
type Take<'a> = dyn FnMut(&[u8], &[u8], u32) + 'a;

/// Reads the manifest once, and gives `take` each path with the folders above it, from the root on,
/// and itself.
fn each<S: Source>(
    cursor: &mut Cursor,
    context: &mut Context<S>,
    take: &mut Take,
) -> Result<(), Fault> {
    cursor.begin(context)?;
    while cursor.read(context)? {
        let path = cursor.path();
        let (mut hash, mut end) = (START, 0);
        for segment in path.split(|&byte| byte == b'/') {
            let is_short = fat::is_short(segment);
            for &byte in segment {
                hash = (hash ^ u32::from(fat::form(byte, is_short))).wrapping_mul(PRIME);
            }
            end += segment.len();
            let folder = if end < path.len() { FOLDER } else { 0 };
            take(path, path.get(..end).unwrap_or_default(), hash & !FOLDER | folder);
            hash = (hash ^ u32::from(b'/')).wrapping_mul(PRIME);
            end += 1;
        }
    }
    Ok(())
}

/// The lowest different keys from a bound on, in order.
struct Lowest<'a> {
    table: &'a mut [Key],
    used: usize,
    from: u32,
    /// The lowest key that came twice, at least once of a file.
    twice: Option<u32>,
}

impl Lowest<'_> {
    fn take(&mut self, key: u32) {
        let bare = key & !FOLDER;
        if bare < self.from {
            return;
        }
        let used = self.table.get(..self.used).unwrap_or_default();
        let at = used.partition_point(|place| u32::from_le_bytes(*place) < bare);
        match used.get(at).map(|place| u32::from_le_bytes(*place)) {
            Some(there) if there & !FOLDER == bare => {
                if there & key & FOLDER == 0 {
                    self.twice = Some(self.twice.map_or(bare, |twice| twice.min(bare)));
                }
            }
            _ => {
                if self.used < self.table.len() {
                    self.used += 1;
                }
                // The highest one falls out.
                let mut carried = key.to_le_bytes();
                for place in self.table.iter_mut().take(self.used).skip(at) {
                    core::mem::swap(place, &mut carried);
                }
            }
        }
    }

    /// The highest key that this pass has dealt with; None if it was all of them.
    fn highest(&self) -> Option<u32> {
        let last = self.table.last().filter(|_| self.used == self.table.len());
        last.map(|last| u32::from_le_bytes(*last) & !FOLDER)
    }
}
