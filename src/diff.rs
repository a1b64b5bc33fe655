//! What is due: remote and local manifest merged in path order, an entry at a time.

use crate::cursor::{Context, Cursor, Source};
use crate::error::Error;
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

/// Moves to the next remote entry and compares it; `None` at the end.
///
/// Both cursors start before their first entry and are moved by nothing else in between.
pub fn next<R: Source, L: Source>(
    remote: (&mut Cursor, &mut Context<R>),
    local: Option<(&mut Cursor, &mut Context<L>)>,
    force: bool,
) -> Result<Option<Change>, Error> {
    let (cursor, context) = remote;
    if !cursor.advance(context).map_err(|fault| cursor.error(fault))? {
        return Ok(None);
    }
    let entry = cursor.entry();
    let from = match local {
        Some((cursor, context)) => {
            version_of(entry.path, cursor, context).map_err(|fault| cursor.error(fault))?
        }
        None => 0,
    };
    Ok(Some(Change { from, due: force || entry.version > from }))
}

/// The version of `path` in a manifest whose cursor has not passed it yet.
fn version_of<S: Source>(
    path: &[u8],
    cursor: &mut Cursor,
    context: &mut Context<S>,
) -> Result<u64, Fault> {
    while cursor.peek(context)? {
        let entry = cursor.entry();
        match entry.path.cmp(path) {
            Ordering::Less => {
                cursor.advance(context)?;
            }
            Ordering::Equal => return Ok(entry.version),
            Ordering::Greater => break,
        }
    }
    Ok(0)
}
