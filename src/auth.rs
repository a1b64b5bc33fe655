//! Who wrote a manifest: HMAC-SHA256 (RFC 2104, FIPS 180-4) of its payload, under a key that the
//! device shares with the author.
//!
//! The payload is the UTF-8 text `v=<version>` and then, for each file in order of path,
//! `<path>\t<version>\t<md5>`, joined by `\n`, without a newline at the end. The extended payload,
//! which has a signature of its own, begins with `x=<version>` and has two more fields a file:
//! `<path>\t<version>\t<md5>\t<size>\t<sha256>`. Both are fed entry by entry, so that memory does
//! not grow with the number of files.

use crate::digest::{hex_encode, Digest, Kind, State, BLOCK};
use crate::manifest::{Entry, Header, Signature};
use crate::text::decimal;
use subtle::ConstantTimeEq;

/// Which of the two texts is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Extended,
}

/// HMAC-SHA256 under way.
#[derive(Clone)]
struct Hmac {
    digest: Digest,
    /// The outer hash's state after its first block, which is the padded key.
    outer: State,
}

impl Hmac {
    /// Of no bytes yet. `key` may have any length.
    fn new(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        match block.get_mut(..key.len()) {
            Some(start) => start.copy_from_slice(key),
            None => {
                let mut digest = Digest::new(Kind::Sha256);
                digest.update(key);
                block[..32].copy_from_slice(&digest.bytes());
            }
        }
        let mut padded = |pad| {
            block.iter_mut().for_each(|byte| *byte ^= pad);
            let mut digest = Digest::new(Kind::Sha256);
            digest.update(&block);
            digest
        };
        let digest = padded(0x36);
        Self { digest, outer: *padded(0x36 ^ 0x5c).state() }
    }

    fn bytes(&mut self) -> [u8; 32] {
        let inner = self.digest.bytes();
        self.digest.resume(&self.outer);
        self.digest.update(&inner);
        self.digest.bytes()
    }
}

/// The payload of a manifest on its way through HMAC-SHA256.
#[derive(Clone)]
pub struct Payload {
    mac: Hmac,
    form: Form,
}

impl Payload {
    /// The payload of a manifest of this version, without files yet. `key` may have any length.
    pub fn new(key: &[u8], version: u64, form: Form) -> Self {
        let mut payload = Self { mac: Hmac::new(key), form };
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
                self.push(hex_encode(sha256, &mut [0; 64]));
            }
        }
    }

    /// Whether `signature` is the payload's. The comparison takes the same time wherever the two
    /// differ.
    pub fn verify(&mut self, signature: &Signature) -> bool {
        match signature {
            Signature::Digest(digest) => self.mac.bytes().ct_eq(digest).into(),
            _ => false,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.mac.digest.update(bytes);
    }

    fn push_number(&mut self, number: u64) {
        self.push(decimal(number, &mut [0; 20]));
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
    pub fn verify(mut self, header: &Header) -> Option<bool> {
        if !self.plain.verify(&header.signature) {
            return Some(false);
        }
        match (&header.extended, self.extended) {
            (Signature::Absent, _) => Some(true),
            (signature, Some(mut payload)) => Some(payload.verify(signature)),
            (_, None) => None,
        }
    }
}
