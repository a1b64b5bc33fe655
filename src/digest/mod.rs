//! MD5 (RFC 1321) and SHA-256 (FIPS 180-4), and the hexadecimal digits in which manifests carry
//! them.
//!
//! MD5 tells a complete file from a damaged one. It proves nothing about who wrote the file:
//! that is the work of [`crate::auth`].

mod md5;
mod sha256;

use crate::chars;
use crate::text::place;

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
        [Kind::Md5, Kind::Sha256].get(place(b"md5 sha256", name, false)).copied()
    }
}

/// A digest under way. Both kinds work on blocks of 64 bytes and end alike, so that they share all
/// but the compression function; the crates' own buffers would come once for each.
#[derive(Clone)]
pub struct Digest {
    kind: Kind,
    state: State,
    /// Bytes taken so far; those that fill no block yet are in `block`.
    length: u64,
    block: [u8; BLOCK],
}

/// What compression hands from block to block. MD5 has four words of it.
type State = [u32; 8];

pub(crate) const BLOCK: usize = 64;

/// Of no input yet: MD5's four words, which the others behind them do not hurt; SHA-256's eight.
static START: [u32; 12] = [
    0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

impl Digest {
    /// A digest of no bytes yet.
    #[inline(never)]
    pub fn new(kind: Kind) -> Self {
        let start = if kind == Kind::Md5 { 0 } else { 4 };
        let mut state = [0; 8];
        state.copy_from_slice(&START[start..start + 8]);
        Self { kind, state, length: 0, block: [0; BLOCK] }
    }

    /// Takes the next bytes; how the input is split does not matter.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = self.block.get_mut(self.length as usize % BLOCK..).unwrap_or_default();
            let taken = room.len().min(bytes.len());
            let (piece, rest) = bytes.split_at(taken);
            room[..taken].copy_from_slice(piece);
            self.length = self.length.wrapping_add(piece.len() as u64);
            if self.length as usize % BLOCK == 0 {
                self.compress();
            }
            bytes = rest;
        }
    }

    /// The digest of all bytes, as 32 or 64 lower-case hexadecimal digits written to `hex`.
    pub fn finish<'a>(&mut self, hex: &'a mut [u8; 64]) -> &'a [u8] {
        let digits = if self.kind == Kind::Md5 { 32 } else { 64 };
        hex_encode(&self.bytes(), hex).get(..digits).unwrap_or_default()
    }

    /// The digest of all bytes; MD5's is the first half. It takes no more bytes after this.
    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let swap = self.kind == Kind::Md5;
        let bits = self.length.wrapping_mul(8);
        self.update(&[0x80]);
        while self.length as usize % BLOCK != BLOCK - 8 {
            self.update(&[0]);
        }
        self.update(&if swap { bits.to_le_bytes() } else { bits.to_be_bytes() });
        let mut digest = [0; 32];
        for (bytes, word) in digest.chunks_exact_mut(4).zip(&self.state) {
            let word = if swap { word.swap_bytes() } else { *word };
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        digest
    }

    fn compress(&mut self) {
        let mut words = [0; 16];
        for (word, bytes) in words.iter_mut().zip(self.block.chunks_exact(4)) {
            *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            if self.kind == Kind::Sha256 {
                *word = word.swap_bytes();
            }
        }
        let sum = match self.kind {
            Kind::Md5 => md5::compress(&self.state, &words),
            Kind::Sha256 => sha256::compress(&self.state, &mut words),
        };
        for (old, new) in self.state.iter_mut().zip(&sum) {
            *old = old.wrapping_add(*new);
        }
    }
}

/// Writes `bytes`, at most 32 of them, as lower-case digits.
pub fn hex_encode<'a>(bytes: &[u8], hex: &'a mut [u8; 64]) -> &'a [u8] {
    let mut len = 0;
    for (at, digit) in hex.iter_mut().enumerate() {
        let Some(byte) = bytes.get(at / 2) else { break };
        let nibble = if at % 2 == 0 { byte >> 4 } else { byte & 15 };
        *digit = if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
        len = at + 1;
    }
    hex.get(..len).unwrap_or_default()
}

/// Writes the bytes that hexadecimal digits of either case stand for; false where there are not
/// exactly two a byte, or others.
pub fn hex_decode(hex: &[u8], bytes: &mut [u8]) -> bool {
    for (at, &digit) in hex.iter().enumerate() {
        match (bytes.get_mut(at / 2), chars::digit(digit, 16)) {
            (Some(byte), Some(digit)) => *byte = *byte << 4 | digit as u8,
            _ => return false,
        }
    }
    hex.len() == 2 * bytes.len()
}
