//! Bytes of a bounded number, in place: [`heapless::Vec`] without its destructor.
//!
//! That type has a `Drop`, which does nothing for bytes. In `ManuallyDrop`, a frame that holds one
//! is a Plain Old Frame (RFC 2945): an exception may cross it. And a state that holds one may be
//! made by setting all of its bytes to 0, as `ffi` does: it holds no bytes then.

use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

/// At most `N` bytes, fewer than 65536; [`heapless::Vec`] has the methods. Takes `N` bytes and two
/// for the length.
///
/// ```
/// use saguarota::bounded::Bounded;
///
/// let mut bytes: Bounded<4> = Bounded::new();
/// bytes.extend_as_fits(b"saguaro");
/// assert_eq!(bytes.as_slice(), b"sagu");
/// assert!(bytes.push(b'a').is_err());
/// ```
pub struct Bounded<const N: usize>(ManuallyDrop<heapless::Vec<u8, N, u16>>);

impl<const N: usize> Bounded<N> {
    /// No bytes.
    pub const fn new() -> Self {
        Self(ManuallyDrop::new(heapless::Vec::new()))
    }

    /// Appends as many of the bytes as there is space for.
    pub fn extend_as_fits(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.push(byte).is_err() {
                break;
            }
        }
    }
}

impl<const N: usize> Default for Bounded<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Deref for Bounded<N> {
    type Target = heapless::Vec<u8, N, u16>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<const N: usize> DerefMut for Bounded<N> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_destructor_is_missed() {
        assert!(!core::mem::needs_drop::<Bounded<9>>());
        assert_eq!(size_of::<Bounded<9>>(), 12);
    }

    #[test]
    fn what_does_not_fit_is_cut_off() {
        let mut bytes: Bounded<3> = Bounded::new();
        bytes.extend_as_fits(b"ab");
        bytes.extend_as_fits(b"cde");
        assert_eq!(bytes.as_slice(), b"abc");
    }
}
