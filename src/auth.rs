//! Who wrote a manifest: HMAC-SHA256 (RFC 2104, FIPS 180-4) of its payload, under a key that the
//! device shares with the author.
//!
//! The payload is the UTF-8 text `v=<version>` and then, for each file in order of path,
//! `<path>\t<version>\t<md5>`, joined by `\n`, without a newline at the end. The extended payload,
//! which has a signature of its own, begins with `x=<version>` and has two more fields a file:
//! `<path>\t<version>\t<md5>\t<size>\t<sha256>`. Both are fed entry by entry, so that memory does
//! not grow with the number of files.

use crate::digest::{hex_encode, Digest, Kind, BLOCK};
use crate::manifest::{Entry, Header, Signature};
use crate::text::decimal;
use subtle::ConstantTimeEq;

/// Which of the two texts is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Extended,
}

/// The payload of a manifest on its way through HMAC-SHA256.
#[derive(Clone)]
pub struct Payload {
    /// The inner hash of HMAC.
    inner: Digest,
    /// The key, padded as for the inner hash.
    key: [u8; BLOCK],
    form: Form,
}

impl Payload {
    /// The payload of a manifest of this version, without files yet. `key` may have any length.
    pub fn new(key: &[u8], version: u64, form: Form) -> Self {
        let mut payload = Self { inner: Digest::new(Kind::Sha256), key: [0; BLOCK], form };
        match payload.key.get_mut(..key.len()) {
            Some(start) => start.copy_from_slice(key),
            None => {
                let mut digest = Digest::new(Kind::Sha256);
                digest.update(key);
                payload.key[..32].copy_from_slice(&digest.bytes());
            }
        }
        pad(&mut payload.inner, &mut payload.key, 0x36);
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
                Some(sha256) => self.push(b'\t', hex_encode(sha256, &mut [0; 64])),
                None => self.push(b'\t', b""),
            }
        }
    }

    /// Whether `signature` is the payload's. The comparison takes the same time wherever the two
    /// differ.
    pub fn verify(&mut self, signature: &Signature) -> bool {
        match signature {
            Signature::Digest(digest) => {
                let mut outer = Digest::new(Kind::Sha256);
                pad(&mut outer, &mut self.key, 0x36 ^ 0x5c);
                outer.update(&self.inner.bytes());
                outer.bytes().ct_eq(digest).into()
            }
            _ => false,
        }
    }

    /// A field and the byte before it.
    #[inline(never)]
    fn push(&mut self, mark: u8, field: &[u8]) {
        self.inner.update(&[mark]);
        self.inner.update(field);
    }

    fn push_number(&mut self, mark: u8, number: u64) {
        self.push(mark, decimal(number, &mut [0; 20]));
    }
}

/// Changes the key from one of HMAC's two paddings to the other, or from none to the first, and
/// starts a hash with it.
#[inline(never)]
fn pad(digest: &mut Digest, key: &mut [u8; BLOCK], change: u8) {
    for byte in &mut *key {
        *byte ^= change;
    }
    digest.update(key);
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
            is_extended: header.extended != Signature::Absent,
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
    pub fn verify(&mut self, header: &Header) -> bool {
        self.plain.verify(&header.signature)
            && (!self.is_extended || self.extended.verify(&header.extended))
    }
}
