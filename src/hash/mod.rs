//! MD5 (RFC 1321), SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104), by the crates md-5, sha2 and
//! hmac.
//!
//! MD5 shows whether a file is complete. Who wrote it is checked by [`crate::manifest::signature`].
//!
//! The crates' types have an empty `Drop`. They stand in `ManuallyDrop`, so that a
//! frame that holds one is a Plain Old Frame (RFC 2945) and an exception may cross it.

pub mod hex;

use core::mem::ManuallyDrop;
use md5::Md5;
use sha2::{Digest as _, Sha256};

// An environment variable RUSTFLAGS silently replaces the flags of .cargo/config.toml. The
// other back ends of sha2 look at the CPU in a static, which a native module cannot have.
#[cfg(not(all(sha2_backend = "soft", sha2_backend_soft = "compact")))]
compile_error!(
    "the flags of .cargo/config.toml are missing: RUSTFLAGS or another configuration of Cargo \
     replaces them; add --cfg sha2_backend=\"soft\" --cfg sha2_backend_soft=\"compact\" to it"
);

/// Which digest to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// 16 bytes, 32 hexadecimal digits.
    Md5,
    /// 32 bytes, 64 hexadecimal digits.
    Sha256,
}

impl Algorithm {
    /// The algorithm that `hashlib` calls by this name: `md5` or `sha256`.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        match name {
            b"md5" => Some(Self::Md5),
            b"sha256" => Some(Self::Sha256),
            _ => None,
        }
    }
}

/// A digest under way.
///
/// ```
/// use saguarota::hash::{Algorithm, Digest};
///
/// let mut digest = Digest::new(Algorithm::Md5);
/// digest.update(b"ab");
/// digest.update(b"c");
/// assert_eq!(digest.finish_hex(&mut [0; 64]), b"900150983cd24fb0d6963f7d28e17f72");
/// ```
#[derive(Clone)]
pub enum Digest {
    /// See [`Algorithm::Md5`].
    Md5(ManuallyDrop<Md5>),
    /// See [`Algorithm::Sha256`].
    Sha256(ManuallyDrop<Sha256>),
}

impl Digest {
    /// A digest of no bytes yet.
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(ManuallyDrop::new(Md5::new())),
            Algorithm::Sha256 => Self::Sha256(ManuallyDrop::new(Sha256::new())),
        }
    }

    /// Takes the next bytes; how the input is split does not matter.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all bytes, as 32 or 64 lower-case hexadecimal digits written to `digits`.
    pub fn finish_hex(self, digits: &mut [u8; 64]) -> &[u8] {
        match self {
            Self::Md5(hasher) => hex::encode(&ManuallyDrop::into_inner(hasher).finalize(), digits),
            Self::Sha256(hasher) => {
                hex::encode(&ManuallyDrop::into_inner(hasher).finalize(), digits)
            }
        }
    }
}
