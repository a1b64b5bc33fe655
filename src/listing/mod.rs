//! The links of a folder's listing page, as web servers make them, turned into paths below the
//! base: read in whatever pieces the socket gives, in memory of a fixed size.
//!
//! A link that leads elsewhere is skipped: parent folders, absolute links, other hosts and schemes,
//! queries (the links that sort a listing) and fragments. A link that stays below its folder but
//! names nothing that may be installed is reported as a problem. Whatever is no HTML has no links.

mod href;
mod html;

use crate::bytes::{digit, is_utf8};
use crate::error::ErrorKind;
use crate::path;
use href::Href;
use html::Scanner;

/// Bytes kept of a path: one more than a folder of the greatest length with its slash, so that what
/// was cut off is too long as well.
const CAPACITY: usize = path::PATH_MAX + 2;

/// A link of a listing page that names something below the page's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// UTF-8, relative to the base: the folder's path, `/`, the link's; a folder ends in `/`. With
    /// a problem: the link as it was written but for its entities, in printable ASCII, at most 255
    /// bytes of it.
    pub path: &'a [u8],
    /// Why it must not be followed, or nothing.
    pub problem: Option<ErrorKind>,
}

/// The state of reading one page: about 1100 bytes.
///
/// ```
/// use saguarota::listing::Listing;
///
/// let mut listing = Listing::new();
/// listing.start(b"lib");
/// let page = b"<a href='../'>up</a> <a href='a%20b.py'>a b.py</a>";
/// let mut at = 0;
/// let found = listing.next(page, &mut at, b"").expect("a link");
/// assert_eq!((found.path, found.problem), (&b"lib/a b.py"[..], None));
/// assert_eq!(listing.next(page, &mut at, b""), None);
/// ```
pub struct Listing {
    scanner: Scanner,
    len: usize,
    /// Length of the folder and its slash.
    base: usize,
    /// The folder and its slash, then the path of the link that was given last. An array, as
    /// [`Listing::resolve`] compares a new path with what it overwrites.
    path: [u8; CAPACITY],
    href: Href,
}

impl Default for Listing {
    fn default() -> Self {
        Self::new()
    }
}

impl Listing {
    /// A reader for [`Listing::start`].
    pub const fn new() -> Self {
        Self { scanner: Scanner::new(), len: 0, base: 0, path: [0; CAPACITY], href: Href::new() }
    }

    /// Before the first byte of a page. `folder`: path of the listed folder relative to the base,
    /// without a slash at its end; empty for the base.
    pub fn start(&mut self, folder: &[u8]) {
        // On a device, a listing begins as zeros.
        self.scanner = Scanner::new();
        let mut len = 0;
        for (slot, &byte) in self.path.iter_mut().zip(folder) {
            *slot = byte;
            len += 1;
        }
        // A folder that does not fit leaves no room for links: they are all too long.
        if let (1.., Some(slot)) = (len, self.path.get_mut(len)) {
            *slot = b'/';
            len += 1;
        }
        (self.len, self.base) = (len, len);
    }

    /// Reads on from `input[*at..]` to the next link and moves `at` past its tag; `None` where the
    /// input is used up. The updater's own files (`reserved`: see [`path::validate`]) are passed
    /// over, and so is a link to where the one before it leads: many a server links icon and name
    /// of a file.
    pub fn next(&mut self, input: &[u8], at: &mut usize, reserved: &[u8]) -> Option<Found<'_>> {
        let resolved = loop {
            let &byte = input.get(*at)?;
            *at += 1;
            if self.scanner.push(byte, &mut self.href) {
                match self.resolve(reserved) {
                    Ok(false) => {}
                    Ok(true) => break Ok(()),
                    Err(problem) => break Err(problem),
                }
            }
        };
        let path = self.path.get(..self.len).unwrap_or_default();
        Some(match resolved {
            Ok(()) if is_utf8(path) => Found { path, problem: None },
            Ok(()) => Found { path: self.href.printable(), problem: Some(ErrorKind::NameNotUtf8) },
            Err(problem) => Found { path: self.href.printable(), problem: Some(problem) },
        })
    }

    /// Makes the path of the link; false where it is to be skipped.
    fn resolve(&mut self, reserved: &[u8]) -> Result<bool, ErrorKind> {
        self.href.finish();
        let Some(link) = self.href.link() else { return Ok(false) };
        let given = core::mem::replace(&mut self.len, self.base);
        if self.href.long {
            return Err(ErrorKind::LinkLong);
        }
        let mut is_given_again = given > self.base;
        let mut has_encoded_slash = false;
        for (byte, is_encoded) in Decoded(link) {
            let Some(slot) = self.path.get_mut(self.len) else { break };
            let is_encoded_slash = is_encoded && byte == b'/';
            has_encoded_slash |= is_encoded_slash;
            // With a slash in its place, an encoded one would make another link's path.
            let byte = if is_encoded_slash { 0 } else { byte };
            // Here is the path of the link that was given last, as far as it is not overwritten.
            is_given_again &= *slot == byte;
            *slot = byte;
            self.len += 1;
        }
        if is_given_again && self.len == given {
            return Ok(false);
        }
        if has_encoded_slash {
            return Err(ErrorKind::EncodedSlash);
        }
        let (path, folder) = match self.path.get(..self.len).unwrap_or_default() {
            [path @ .., b'/'] => (path, true),
            path => (path, false),
        };
        path::form(path)?;
        // A folder above an own file has other files as well.
        Ok(!path::is_reserved(path, reserved, !folder))
    }
}

/// The bytes of a link, percent-decoded, each with whether it was encoded.
struct Decoded<'a>(&'a [u8]);

impl Iterator for Decoded<'_> {
    type Item = (u8, bool);

    fn next(&mut self) -> Option<(u8, bool)> {
        if let [b'%', high, low, rest @ ..] = self.0 {
            if let (Some(high), Some(low)) = (digit(*high, 16), digit(*low, 16)) {
                self.0 = rest;
                return Some(((high << 4 | low) as u8, true));
            }
        }
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some((byte, false))
    }
}
