//! Who wrote a manifest: HMAC-SHA256 (RFC 2104, FIPS 180-4) of its payload, under a key that the
//! device shares with the author.
//!
//! The payload is the UTF-8 text `v=<version>` and then, for each file in order of path,
//! `<path>\t<version>\t<md5>`, joined by `\n`, without a newline at the end. It is fed entry by
//! entry, so that memory does not grow with the number of files.

use crate::digest::hex_decode;
use crate::text::Text;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The payload of a manifest on its way through HMAC-SHA256.
#[derive(Clone)]
pub struct Payload {
    /// `None` where the key was refused, which HMAC does with no key: nothing verifies then.
    mac: Option<Hmac<Sha256>>,
}

impl Payload {
    /// The payload of a manifest of this version, without files yet. `key` may have any length.
    pub fn new(key: &[u8], version: u64) -> Self {
        let mut payload = Self { mac: Hmac::new_from_slice(key).ok() };
        payload.push(b"v=");
        payload.push_number(version);
        payload
    }

    /// Takes the next file, in byte order of path. A missing version counts as 0, a missing `md5`
    /// as empty; `md5` is taken as the manifest spells it.
    ///
    /// The path must be known to be free of control characters: with tabs and newlines in paths,
    /// two manifests could share one payload.
    pub fn entry(&mut self, path: &[u8], version: u64, md5: &[u8]) {
        self.push(b"\n");
        self.push(path);
        self.push(b"\t");
        self.push_number(version);
        self.push(b"\t");
        self.push(md5);
    }

    /// Whether `signature_hex`, 64 hexadecimal digits of either case, is the payload's signature.
    /// The comparison takes the same time wherever the two differ.
    pub fn verify(self, signature_hex: &[u8]) -> bool {
        match (self.mac, hex_decode::<32>(signature_hex)) {
            (Some(mac), Some(signature)) => mac.verify_slice(&signature).is_ok(),
            _ => false,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(mac) = &mut self.mac {
            mac.update(bytes);
        }
    }

    fn push_number(&mut self, number: u64) {
        let mut digits = Text::<20>::new();
        digits.push_u64(number);
        self.push(digits.as_str().as_bytes());
    }
}
