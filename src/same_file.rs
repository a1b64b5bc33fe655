//! Two paths of a manifest that are one file on FAT, or one a file and the other a folder, found in
//! bounded memory: the table is the caller's and may be small.
//!
//! Each path and each folder above it has a key, 63 bits of the MD5 of its form without case. A
//! pass over the manifest keeps the lowest keys that the table has room for, of those that earlier
//! passes have not dealt with; a key that comes again belongs to a pair, or to paths that share it
//! by chance or accent, which a further pass tells apart. `n` different paths and folders take
//! `n / places` passes.

use crate::cursor::{Context, Cursor, Source};
use crate::digest::{Digest, Kind};
use crate::fat;
use crate::fault::Fault;
use crate::members::Member;
use crate::order::Held;

/// Set in the keys of folders.
const FOLDER: u64 = 1;

/// Searches a manifest that was surveyed, whatever its order, and puts the first pair that it comes
/// upon, in the manifest's order, into `pair`; false where there is none. Leaves the cursor before
/// the first entry. `table` has one place at least.
pub fn find<S: Source>(
    cursor: &mut Cursor,
    context: &mut Context<S>,
    table: &mut [Member],
    pair: &mut [Held; 2],
) -> Result<bool, Fault> {
    let mut next = Some(0);
    let mut found = false;
    while let (Some(from), false) = (next, found) {
        let mut lowest = Lowest { table, used: 0, from, met: None };
        cursor.begin(context)?;
        while cursor.read(context)? {
            let mut keys = Keys::new(cursor.path());
            while let Some(key) = keys.next() {
                lowest.take(key);
            }
        }
        let done = lowest.done();
        match lowest.met {
            Some(met) if done.map_or(true, |done| met <= done) => {
                found = confirm(cursor, context, met, pair)?;
                next = met.checked_add(2);
            }
            _ => next = done.and_then(|done| done.checked_add(2)),
        }
    }
    cursor.rewind(context);
    Ok(found)
}

/// Looks for a pair among the paths and folders with this key.
fn confirm<S: Source>(
    cursor: &mut Cursor,
    context: &mut Context<S>,
    wanted: u64,
    pair: &mut [Held; 2],
) -> Result<bool, Fault> {
    let [first, second] = pair;
    // Each of them in turn is held against those behind it.
    for turn in 0.. {
        let (mut count, mut end, mut kind) = (0, 0, 0);
        cursor.begin(context)?;
        while cursor.read(context)? {
            let mut keys = Keys::new(cursor.path());
            while let Some(key) = keys.next() {
                if key & !FOLDER != wanted {
                    continue;
                }
                if count == turn {
                    first.set(cursor.path());
                    (end, kind) = (keys.at, key);
                } else if count > turn && kind & key & FOLDER == 0 {
                    let held = first.get().get(..end).unwrap_or_default();
                    if fat::same(held, keys.passed()) {
                        second.set(cursor.path());
                        return Ok(true);
                    }
                }
                count += 1;
            }
        }
        if count <= turn + 1 {
            break;
        }
    }
    Ok(false)
}

/// The keys of a path: of each folder from the root on, and of the file.
struct Keys<'a> {
    path: &'a [u8],
    /// Where the last key's folder or file ends.
    at: usize,
    digest: Digest,
}

impl<'a> Keys<'a> {
    fn new(path: &'a [u8]) -> Self {
        Self { path, at: 0, digest: Digest::new(Kind::Md5) }
    }

    fn passed(&self) -> &'a [u8] {
        self.path.get(..self.at).unwrap_or_default()
    }

    #[inline(never)]
    fn next(&mut self) -> Option<u64> {
        while let Some(&byte) = self.path.get(self.at) {
            self.digest.update(&[fat::form(byte)]);
            self.at += 1;
            let folder = match self.path.get(self.at) {
                None => 0,
                Some(b'/') => FOLDER,
                Some(_) => continue,
            };
            let [a, b, c, d, e, f, g, h, ..] = self.digest.clone().bytes();
            return Some(u64::from_le_bytes([a, b, c, d, e, f, g, h]) & !FOLDER | folder);
        }
        None
    }
}

/// The lowest different keys from a bound on, in order.
struct Lowest<'a> {
    table: &'a mut [Member],
    used: usize,
    from: u64,
    /// The lowest key that came twice, not both times of a folder.
    met: Option<u64>,
}

impl Lowest<'_> {
    #[inline(never)]
    fn take(&mut self, key: u64) {
        let bare = key & !FOLDER;
        let used = self.table.get(..self.used).unwrap_or_default();
        let at = used.partition_point(|place| u64::from_le_bytes(*place) < bare);
        let there = used.get(at).map(|place| u64::from_le_bytes(*place));
        match there {
            _ if bare < self.from => {}
            Some(there) if there & !FOLDER == bare => {
                if there & key & FOLDER == 0 {
                    self.met = Some(self.met.map_or(bare, |met| met.min(bare)));
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
    fn done(&self) -> Option<u64> {
        let last = self.table.last().filter(|_| self.used == self.table.len());
        last.map(|last| u64::from_le_bytes(*last) & !FOLDER)
    }
}
