//! The one value of a head that outlives its line: where a redirect leads, or which version of a
//! file this is.

use crate::bytes::is_utf8;

/// The longest `Location` that is retained, in bytes.
pub(super) const LOCATION_MAX: usize = 512;

/// The longest `ETag` that is retained, in bytes with its quotes.
const TAG_MAX: usize = 128;

/// Which value is retained: one, as only a redirect has a use for its `Location` and none for more.
/// What is further down takes the place of what is further up.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Kind {
    Nothing,
    Date,
    Tag,
    Location,
}

/// A value of this kind is retained or, where it is not usable, none: of dates or tags that differ
/// none is to be believed, nor a `Location` that is too long, not UTF-8, or a second one.
#[derive(Clone, Copy)]
pub(super) struct Retained {
    pub kind: Kind,
    pub usable: bool,
}

impl Retained {
    /// Whether a value is to be retained that `differs` or not from the one that is.
    pub fn offer(&mut self, kind: Kind, good: bool, differs: bool) -> bool {
        let is_location = kind == Kind::Location;
        if !(good || is_location) {
            return false;
        }
        let keep = kind > self.kind;
        if keep {
            *self = Self { kind, usable: good };
        } else if kind == self.kind && (differs || is_location) {
            self.usable = false;
        }
        keep && good
    }
}

/// Whether a `Location` can be retained.
#[inline(never)]
pub(super) fn is_location(value: &[u8]) -> bool {
    value.len() <= LOCATION_MAX && is_utf8(value)
}

/// Whether this is a strong `ETag` (RFC 9110 8.8.3), the only one that `If-Range` takes.
pub(super) fn is_strong_tag(value: &[u8]) -> bool {
    let [b'"', tag @ .., b'"'] = value else { return false };
    value.len() <= TAG_MAX && tag.iter().all(|&byte| byte > b' ' && byte != b'"') && is_utf8(tag)
}

/// Whether this has the form of a date as HTTP writes it (RFC 9110 5.6.7, IMF-fixdate). What day it
/// is stays the server's affair, which gets it back as it is.
pub(super) fn is_date(value: &[u8]) -> bool {
    value.len() == 29
        && value.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && value.ends_with(b" GMT")
}
