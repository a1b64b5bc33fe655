//! Who wrote a manifest: HMAC-SHA256 (RFC 2104, FIPS 180-4) of its payload, under a key that the
//! device shares with the author.
//!
//! The payload is the UTF-8 text `v=<version>` and then, for each file in order of path,
//! `<path>\t<version>\t<md5>`, joined by `\n`, without a newline at the end. The extended payload,
//! which has a signature of its own, begins with `x=<version>` and has two more fields a file:
//! `<path>\t<version>\t<md5>\t<size>\t<sha256>`. Both are fed entry by entry, so that memory does
//! not grow with the number of files.

use crate::digest::hex_encode;
use crate::manifest::{Entry, Header, Signature};
use crate::text::Text;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Which of the two texts is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Extended,
}

/// The payload of a manifest on its way through HMAC-SHA256.
#[derive(Clone)]
pub struct Payload {
    /// `None` where the key was refused, which HMAC does with no key: nothing verifies then.
    mac: Option<Hmac<Sha256>>,
    form: Form,
}

impl Payload {
    /// The payload of a manifest of this version, without files yet. `key` may have any length.
    pub fn new(key: &[u8], version: u64, form: Form) -> Self {
        let mut payload = Self { mac: Hmac::new_from_slice(key).ok(), form };
        payload.push(if form == Form::Plain { b"v=" } else { b"x=" });
        payload.push_number(version);
        payload
    }

    /// Takes the next file, in byte order of path. What is missing counts as empty, a missing
    /// version as 0; `md5` is taken as the manifest spells it, `sha256` in lower case.
    ///
    /// The path must be known to be free of control characters: with tabs and newlines in paths,
    /// two manifests could share one payload.
    pub fn entry(&mut self, entry: &Entry) {
        self.push(b"\n");
        self.push(entry.path);
        self.push(b"\t");
        self.push_number(entry.version);
        self.push(b"\t");
        self.push(entry.md5);
        if self.form == Form::Extended {
            self.push(b"\t");
            if let Some(size) = entry.size {
                self.push_number(size);
            }
            self.push(b"\t");
            if let Some(sha256) = entry.sha256 {
                self.push(hex_encode(sha256, &mut [0; 64]).as_bytes());
            }
        }
    }

    /// Whether `signature` is the payload's. The comparison takes the same time wherever the two
    /// differ.
    pub fn verify(self, signature: &Signature) -> bool {
        match (self.mac, signature) {
            (Some(mac), Signature::Digest(digest)) => mac.verify_slice(digest).is_ok(),
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

/// Checks the signatures of one manifest, both in one pass over its files.
pub struct Verifier {
    plain: Payload,
    /// `None` where no extended signature was known of at the start.
    extended: Option<Payload>,
}

impl Verifier {
    /// Before the first file; `header` is what was read so far, the version at least.
    pub fn new(key: &[u8], header: &Header) -> Self {
        let payload = |form| Payload::new(key, header.version.unwrap_or(0), form);
        let is_extended = header.extended != Signature::Absent;
        Self { plain: payload(Form::Plain), extended: is_extended.then(|| payload(Form::Extended)) }
    }

    /// Takes the next file: see [`Payload::entry`].
    pub fn entry(&mut self, entry: &Entry) {
        self.plain.entry(entry);
        if let Some(extended) = &mut self.extended {
            extended.entry(entry);
        }
    }

    /// Whether the signature is right and, where there is one, the extended signature too. `header`
    /// is that of the whole manifest. `None` where the second came too late to be checked.
    pub fn verify(self, header: &Header) -> Option<bool> {
        if !self.plain.verify(&header.signature) {
            return Some(false);
        }
        match (&header.extended, self.extended) {
            (Signature::Absent, _) => Some(true),
            (signature, Some(payload)) => Some(payload.verify(signature)),
            (_, None) => None,
        }
    }
}
