//! MD5 (RFC 1321) and SHA-256 (FIPS 180-4), and the hexadecimal digits in which manifests carry
//! them.
//!
//! MD5 tells a complete file from a damaged one. It proves nothing about who wrote the file:
//! that is the work of [`crate::auth`].

use md5::{Digest as _, Md5};
use sha2::Sha256;

/// Which digest to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 16 bytes, 32 hexadecimal digits.
    Md5,
    /// 32 bytes, 64 hexadecimal digits.
    Sha256,
}

impl Kind {
    /// The digest that `hashlib` would call by this name: `md5` or `sha256`.
    pub fn from_name(name: &[u8]) -> Option<Kind> {
        match name {
            b"md5" => Some(Kind::Md5),
            b"sha256" => Some(Kind::Sha256),
            _ => None,
        }
    }
}

/// A digest under way.
#[derive(Clone)]
pub enum Digest {
    /// MD5.
    Md5(Md5),
    /// SHA-256.
    Sha256(Sha256),
}

impl Digest {
    /// A digest of no bytes yet.
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Md5 => Self::Md5(Md5::new()),
            Kind::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    /// Takes the next bytes; how the input is split does not matter.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(state) => state.update(bytes),
            Self::Sha256(state) => state.update(bytes),
        }
    }

    /// The digest of all bytes, as 32 or 64 lower-case hexadecimal digits written to `hex`.
    pub fn finish(self, hex: &mut [u8; 64]) -> &str {
        match self {
            Self::Md5(state) => hex_encode(&state.finalize(), hex),
            Self::Sha256(state) => hex_encode(&state.finalize(), hex),
        }
    }
}

/// Writes `bytes`, at most 32 of them, as lower-case digits.
pub fn hex_encode<'a>(bytes: &[u8], hex: &'a mut [u8; 64]) -> &'a str {
    for (pair, byte) in hex.chunks_exact_mut(2).zip(bytes) {
        for (digit, nibble) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
        }
    }
    let digits = hex.get(..2 * bytes.len()).unwrap_or_default();
    // The digits are ASCII, so the empty text is never taken.
    core::str::from_utf8(digits).unwrap_or_default()
}

/// The `N` bytes that exactly `2 * N` hexadecimal digits of either case stand for; otherwise
/// `None`.
pub fn hex_decode<const N: usize>(hex: &[u8]) -> Option<[u8; N]> {
    if hex.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        for &digit in pair {
            *byte = *byte << 4 | char::from(digit).to_digit(16)? as u8;
        }
    }
    Some(bytes)
}
