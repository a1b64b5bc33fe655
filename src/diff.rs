//! What is due: remote and local manifest merged in path order, an entry at a time.

use crate::cursor::{Context, Cursor, Source};
use crate::fault::Fault;
use core::cmp::Ordering;

/// What the merge says of the entry under the remote cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The version that the local manifest has for this path; 0 where it has none.
    pub from: u64,
    /// The file must be fetched.
    pub due: bool,
}

/// A fault of one of the two manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    Remote(Fault),
    Local(Fault),
}

/// Moves to the next remote entry and compares it; `None` at the end.
///
/// Both cursors start before their first entry and are moved by nothing else in between.
pub fn next<R: Source, L: Source>(
    remote: (&mut Cursor, &mut Context<R>),
    local: Option<(&mut Cursor, &mut Context<L>)>,
    force: bool,
) -> Result<Option<Change>, Failed> {
    let (cursor, context) = remote;
    if !cursor.advance(context).map_err(Failed::Remote)? {
        return Ok(None);
    }
    let from = match local {
        Some((local, context)) => {
            version_of(cursor.path(), local, context).map_err(Failed::Local)?
        }
        None => 0,
    };
    Ok(Some(Change { from, due: force || cursor.version() > from }))
}

/// The version of `path` in a manifest whose cursor has not passed it yet.
fn version_of<S: Source>(
    path: &[u8],
    cursor: &mut Cursor,
    context: &mut Context<S>,
) -> Result<u64, Fault> {
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
