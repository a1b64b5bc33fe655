//! Who wrote a manifest: HMAC-SHA256 (RFC 2104, FIPS 180-4) of its payload, under a key that the
//! device shares with the author.
//!
//! The payload is the UTF-8 text `v=<version>` and then, for each file in order of path,
//! `<path>\t<version>\t<md5>`, joined by `\n`, without a newline at the end. The extended payload,
//! which has a signature of its own, begins with `x=<version>` and has two more fields a file:
//! `<path>\t<version>\t<md5>\t<size>\t<sha256>`. Both are fed entry by entry, so that memory does
//! not grow with the number of files.

use crate::bytes::decimal;
use crate::hash::hex;
use crate::manifest::reader::{Entry, Header, HexDigest};
use core::mem::ManuallyDrop;
use hmac::{KeyInit, Mac, SimpleHmac};
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
    /// Without a destructor: see [`crate::hash`].
    mac: ManuallyDrop<SimpleHmac<Sha256>>,
    form: Form,
}

impl Payload {
    /// The payload of a manifest of this version, without files yet. `key` may have any length.
    pub fn new(key: &[u8], version: u64, form: Form) -> Self {
        let mac = match SimpleHmac::new_from_slice(key) {
            Ok(mac) => mac,
            // HMAC takes keys of any length; the trait is also for algorithms that do not.
            Err(_) => unreachable!(),
        };
        let mut payload = Self { mac: ManuallyDrop::new(mac), form };
        payload.push(if form == Form::Plain { b'v' } else { b'x' }, b"");
        payload.push_number(b'=', version);
        payload
    }

    /// Takes the next file, in byte order of path. What is missing counts as empty, a missing
    /// version as 0; `md5` is taken as the manifest spells it, `sha256` in lower case.
    ///
    /// The path must be known to be free of control characters: with tabs and newlines in paths,
    /// two manifests could share one payload.
    pub fn entry(&mut self, entry: &Entry) {
        self.push(b'\n', entry.path);
        self.push_number(b'\t', entry.version);
        self.push(b'\t', entry.md5);
        if self.form == Form::Extended {
            match entry.size {
                Some(size) => self.push_number(b'\t', size),
                None => self.push(b'\t', b""),
            }
            match entry.sha256 {
                Some(sha256) => self.push(b'\t', hex::encode(sha256, &mut [0; 64])),
                None => self.push(b'\t', b""),
            }
        }
    }

    /// Whether `signature` is the payload's. The comparison takes the same time wherever the two
    /// differ.
    pub fn verify(self, signature: &HexDigest) -> bool {
        match signature {
            HexDigest::Digest(digest) => {
                ManuallyDrop::into_inner(self.mac).verify_slice(digest).is_ok()
            }
            _ => false,
        }
    }

    /// A field and the byte before it.
    #[inline(never)]
    fn push(&mut self, mark: u8, field: &[u8]) {
        self.mac.update(&[mark]);
        self.mac.update(field);
    }

    fn push_number(&mut self, mark: u8, number: u64) {
        self.push(mark, decimal(number, &mut [0; 20]));
    }
}

/// Checks the signatures of one manifest, both in one pass over its files.
pub struct Verifier {
    plain: Payload,
    extended: Payload,
    /// There is an extended signature.
    is_extended: bool,
}

impl Verifier {
    /// Before the first file; `header` is that of the whole manifest.
    pub fn new(key: &[u8], header: &Header) -> Self {
        Self {
            plain: Payload::new(key, header.version, Form::Plain),
            extended: Payload::new(key, header.version, Form::Extended),
            is_extended: header.extended != HexDigest::Absent,
        }
    }

    /// Takes the next file: see [`Payload::entry`].
    pub fn entry(&mut self, entry: &Entry) {
        self.plain.entry(entry);
        if self.is_extended {
            self.extended.entry(entry);
        }
    }

    /// Whether the signature is right and, where there is one, the extended signature too.
    pub fn verify(self, header: &Header) -> bool {
        self.plain.verify(&header.signature)
            && (!self.is_extended || self.extended.verify(&header.extended))
    }
}
