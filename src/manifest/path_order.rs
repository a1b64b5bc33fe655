//! The order of a manifest's paths: which one follows which, and which two exclude each other.

use crate::bounded::Bounded;
use crate::error::ErrorKind;
use crate::path::PATH_MAX;
use core::cmp::Ordering;

/// A path that is held for comparison.
#[derive(Default)]
pub struct HeldPath(Bounded<PATH_MAX>);

impl HeldPath {
    /// No path.
    pub const fn new() -> Self {
        Self(Bounded::new())
    }

    /// Holds another path; what is beyond [`PATH_MAX`] is cut off.
    pub fn set(&mut self, path: &[u8]) {
        self.0.clear();
        self.0.extend_as_fits(path);
    }

    /// The held path.
    pub fn get(&self) -> &[u8] {
        &self.0
    }
}

/// The path that came last, and which of its beginnings are paths of the manifest themselves.
///
/// ```
/// use saguarota::{error::ErrorKind, manifest::path_order::Order};
///
/// let mut order = Order::new();
/// assert_eq!(order.follow(b"lib"), Ok(true));
/// assert_eq!(order.follow(b"boot.py"), Ok(false));
/// assert_eq!(order.follow(b"boot.py"), Err(ErrorKind::PathTwice));
/// ```
pub struct Order {
    last: HeldPath,
    /// Whether the first `n` bytes of `last` were a path, for each `n`.
    files: [bool; PATH_MAX + 1],
}

impl Order {
    /// Before the first path.
    pub const fn new() -> Self {
        Self { last: HeldPath::new(), files: [false; PATH_MAX + 1] }
    }

    /// Takes the next path; false where it comes before the last one, in byte order.
    ///
    /// An error for a path that comes again, and for one below another that is a file. The second
    /// is noticed as long as the paths come in order: in between stand only paths that begin with
    /// the file's name, so that no more has to be remembered than which beginnings were files.
    pub fn follow(&mut self, path: &[u8]) -> Result<bool, ErrorKind> {
        let in_order = match path.cmp(self.last.get()) {
            Ordering::Greater => true,
            Ordering::Equal => return Err(ErrorKind::PathTwice),
            Ordering::Less => false,
        };
        let common = path.iter().zip(self.last.get()).take_while(|(a, b)| a == b).count();
        if let Some(beyond) = self.files.get_mut(common + 1..) {
            beyond.fill(false);
        }
        if path.iter().zip(&self.files).any(|(byte, file)| *byte == b'/' && *file) {
            return Err(ErrorKind::BelowFile);
        }
        if let Some(file) = self.files.get_mut(path.len()) {
            *file = true;
        }
        self.last.set(path);
        Ok(in_order)
    }
}

impl Default for Order {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{ErrorKind, Order};
    use std::format;

    fn follow(paths: &[&str]) -> Result<bool, ErrorKind> {
        let mut order = Order::new();
        let mut all = true;
        for path in paths {
            all &= order.follow(path.as_bytes())?;
        }
        Ok(all)
    }

    #[test]
    fn order_is_that_of_bytes() {
        assert_eq!(follow(&["a", "a-b", "a.py", "a0", "b", "\u{e9}"]), Ok(true));
        assert_eq!(follow(&["b", "a"]), Ok(false));
        assert_eq!(follow(&["a/b", "a-b"]), Ok(false));
        assert_eq!(follow(&["a", "a"]), Err(ErrorKind::PathTwice));
    }

    #[test]
    fn a_file_is_no_folder() {
        let below = Err(ErrorKind::BelowFile);
        assert_eq!(follow(&["a", "a/b"]), below);
        assert_eq!(follow(&["a", "a-b", "a-b.c", "a/b/c"]), below);
        assert_eq!(follow(&["x/y", "x/y.z/w", "x/y/z"]), below);
        assert_eq!(follow(&["a", "ab", "ab/c"]), below);
        assert_eq!(follow(&["a", "ab/c", "ac/d", "b/a/c"]), Ok(true));
        assert_eq!(follow(&["a/b", "a/bc/d", "b/bc"]), Ok(true));
        let long = format!("{}/x", "n".repeat(253));
        assert_eq!(follow(&[&long[..253], &long]), below);
    }
}
