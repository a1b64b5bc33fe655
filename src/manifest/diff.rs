//! What is due: remote and local manifest merged in path order, an entry at a time.

use crate::error::ErrorKind;
use crate::manifest::context::Context;
use crate::manifest::cursor::Cursor;
use core::cmp::Ordering;

/// What the merge says of the entry under the remote cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The version that the local manifest has for this path; 0 where it has none.
    pub from: u64,
    /// The file must be fetched.
    pub due: bool,
}

/// An error of one of the two manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeError {
    Remote(ErrorKind),
    Local(ErrorKind),
}

/// What the two manifests are read with, one at a time: the source of one may resize what the other
/// is read with.
pub trait Pair {
    type Context: Context;
    fn remote(&mut self) -> &mut Self::Context;
    /// Where there is a local manifest.
    fn local(&mut self) -> &mut Self::Context;
}

/// Moves to the next remote entry and compares it; `None` at the end.
///
/// Both cursors start before their first entry and are moved by nothing else in between.
pub fn next<P: Pair>(
    remote: &mut Cursor,
    local: Option<&mut Cursor>,
    pair: &mut P,
    force: bool,
) -> Result<Option<Change>, MergeError> {
    if !remote.advance(pair.remote()).map_err(MergeError::Remote)? {
        return Ok(None);
    }
    let from = match local {
        Some(local) => version_of(remote.path(), local, pair.local()).map_err(MergeError::Local)?,
        None => 0,
    };
    Ok(Some(Change { from, due: force || remote.version() > from }))
}

/// The version of `path` in a manifest whose cursor has not passed it yet.
fn version_of<C: Context>(
    path: &[u8],
    cursor: &mut Cursor,
    context: &mut C,
) -> Result<u64, ErrorKind> {
    while cursor.peek(context)? {
        match cursor.path().cmp(path) {
            Ordering::Less => {
                cursor.advance(context)?;
            }
            Ordering::Equal => return Ok(cursor.version()),
            Ordering::Greater => break,
        }
    }
    Ok(0)
}
