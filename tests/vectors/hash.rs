//! Digests and the manifest's signature against published answers, and the signature against an
//! HMAC written here from RFC 2104, too.

use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use saguarota::hash::{hex, Algorithm, Digest};
use saguarota::manifest::reader::{Entry, HexDigest};
use saguarota::manifest::signature::{Form, Payload};
use sha2::Sha256;

fn digest(algorithm: Algorithm, pieces: &[&[u8]]) -> String {
    let mut digest = Digest::new(algorithm);
    for piece in pieces {
        digest.update(piece);
    }
    String::from_utf8(digest.finish_hex(&mut [0; 64]).to_vec()).unwrap()
}

fn decoded<const N: usize>(hex: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode(hex, &mut bytes).then_some(bytes)
}

fn unhex(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const BITS_448: &str = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const BITS_896: &str = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn\
                        hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

#[test]
fn algorithms_have_the_names_of_hashlib() {
    assert_eq!(Algorithm::from_name(b"md5"), Some(Algorithm::Md5));
    assert_eq!(Algorithm::from_name(b"sha256"), Some(Algorithm::Sha256));
    for other in ["", "MD5", "md", "md55", "sha1", "sha-256", "sha2566"] {
        assert_eq!(Algorithm::from_name(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn md5_gives_the_answers_of_rfc_1321() {
    let digits = "1234567890".repeat(8);
    for (text, answer) in [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "d174ab98d277d9f5a5611c2c9f419d9f",
        ),
        (digits.as_str(), "57edf4a22be3c955ac49da2e2107b67a"),
    ] {
        assert_eq!(digest(Algorithm::Md5, &[text.as_bytes()]), answer, "{text}");
    }
}

#[test]
fn sha256_gives_the_answers_of_nist() {
    for (text, answer) in [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (BITS_448, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        (BITS_896, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
    ] {
        assert_eq!(digest(Algorithm::Sha256, &[text.as_bytes()]), answer, "{text}");
    }
}

#[test]
fn a_million_letters_in_pieces() {
    let pieces = vec![&[b'a'; 1000][..]; 1000];
    assert_eq!(
        digest(Algorithm::Sha256, &pieces),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    );
    assert_eq!(digest(Algorithm::Md5, &pieces), "7707d6ae4e027c70eea2a935c2296f21");
}

#[test]
fn hex_decode_takes_exactly_its_digits() {
    assert_eq!(decoded::<0>(b""), Some([]));
    assert_eq!(decoded::<1>(b"0f"), Some([0x0f]));
    assert_eq!(decoded::<4>(b"DeadBEEF"), Some([0xde, 0xad, 0xbe, 0xef]));
    assert_eq!(
        decoded::<10>(b"00112233445566778899"),
        Some(unhex("00112233445566778899")[..].try_into().unwrap())
    );
    for wrong in ["", "0", "f0f", "f0f0", "0x", "g0", "0g", " 0", "0 ", "-1", "+1", "/0", ":0"] {
        assert_eq!(decoded::<1>(wrong.as_bytes()), None, "{wrong:?}");
    }
    assert_eq!(decoded::<1>("é".as_bytes()), None);
    assert_eq!(decoded::<1>(b"\xff\xff"), None);
}

/// HMAC-SHA256 as RFC 2104 describes it, from nothing but the hash.
fn rfc_2104(key: &[u8], message: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    let mut block = [0; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message);
    let outer = Sha256::new().chain_update(block.map(|b| b ^ 0x5c));
    outer.chain_update(inner.finalize()).finalize().into()
}

#[test]
fn both_hmacs_give_the_answers_of_rfc_4231() {
    let counted: Vec<u8> = (1..=25).collect();
    let long_key = [0xaa; 131];
    let cases: [(&[u8], &[u8], &str); 7] = [
        (
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (&counted, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        // RFC 4231 gives this one truncated to 128 bits.
        (&[0x0c; 20], b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
        (
            &long_key,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            &long_key,
            b"This is a test using a larger than block-size key and a larger than block-size \
              data. The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ];
    for (case, (key, message, answer)) in cases.iter().enumerate() {
        let mac = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(message);
        assert!(hex(&mac.finalize().into_bytes()).starts_with(answer), "case {}", case + 1);
        assert!(hex(&rfc_2104(key, message)).starts_with(answer), "case {}", case + 1);
    }
}

/// An entry without the members of the extended payload.
fn entry<'a>(path: &'a str, version: u64, md5: &'a str) -> Entry<'a> {
    Entry { path: path.as_bytes(), version, md5: md5.as_bytes(), size: None, sha256: None }
}

/// Both payloads of these entries.
fn payloads(key: &[u8], version: u64, entries: &[Entry]) -> [Payload; 2] {
    [Form::Plain, Form::Extended].map(|form| {
        let mut payload = Payload::new(key, version, form);
        entries.iter().for_each(|entry| payload.entry(entry));
        payload
    })
}

/// A manifest whose payloads are written out by hand, with their signatures.
fn example(key: &[u8]) -> [(Payload, [u8; 32]); 2] {
    let sha256 = core::array::from_fn(|at| 0xa0 + at as u8);
    let last = entry("main.py", u64::MAX, "0CC175B9c0f1b6a831c399e269772661");
    let entries = [
        Entry {
            size: Some(0),
            ..entry("boot.py", 1_700_000_001, "d41d8cd98f00b204e9800998ecf8427e")
        },
        entry("lib/gr\u{fc}n.py", 0, ""),
        Entry { size: Some(u64::MAX), sha256: Some(&sha256), ..last },
    ];
    let plain = "v=1700000002\n\
                 boot.py\t1700000001\td41d8cd98f00b204e9800998ecf8427e\n\
                 lib/gr\u{fc}n.py\t0\t\n\
                 main.py\t18446744073709551615\t0CC175B9c0f1b6a831c399e269772661";
    let extended = "x=1700000002\n\
                    boot.py\t1700000001\td41d8cd98f00b204e9800998ecf8427e\t0\t\n\
                    lib/gr\u{fc}n.py\t0\t\t\t\n\
                    main.py\t18446744073709551615\t0CC175B9c0f1b6a831c399e269772661\t\
                    18446744073709551615\t\
                    a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";
    let [first, second] = payloads(key, 1_700_000_002, &entries);
    [(first, rfc_2104(key, plain.as_bytes())), (second, rfc_2104(key, extended.as_bytes()))]
}

#[test]
fn the_right_signature_verifies() {
    for key in [&b"secret"[..], b"", &[0xaa; 64], &[0xaa; 65], "schl\u{fc}ssel".as_bytes()] {
        for (payload, signature) in example(key) {
            assert!(payload.verify(&HexDigest::Digest(signature)));
        }
    }
    for (form, text) in [(Form::Plain, "v=0"), (Form::Extended, "x=0")] {
        let empty = rfc_2104(b"secret", text.as_bytes());
        assert!(Payload::new(b"secret", 0, form).verify(&HexDigest::Digest(empty)));
    }
}

#[test]
fn every_other_signature_is_refused() {
    let [(plain, plain_signature), (extended, extended_signature)] = example(b"secret");
    for (payload, signature, other) in [
        (plain, plain_signature, extended_signature),
        (extended, extended_signature, plain_signature),
    ] {
        let refuse = |signature| assert!(!payload.clone().verify(&signature));
        for bit in 0..256 {
            let mut wrong = signature;
            wrong[bit / 8] ^= 1 << (bit % 8);
            refuse(HexDigest::Digest(wrong));
        }
        refuse(HexDigest::Digest(other));
        refuse(HexDigest::Digest([0; 32]));
        refuse(HexDigest::Malformed);
        refuse(HexDigest::Absent);
        for (_, signature) in example(b"Secret") {
            refuse(HexDigest::Digest(signature));
        }
    }
}

#[test]
fn every_part_of_the_manifest_is_signed() {
    let entries = [entry("a", 1, "x"), entry("b", 2, "y")];
    let verify = |version, other: &[(&str, u64, &str)]| {
        let forms = payloads(b"k", 7, &entries).into_iter().zip([("v", ""), ("x", "\t\t")]);
        let verdicts = forms.map(|(payload, (name, rest))| {
            let mut text = format!("{name}={version}");
            for (path, version, md5) in other {
                text += &format!("\n{path}\t{version}\t{md5}{rest}");
            }
            payload.verify(&HexDigest::Digest(rfc_2104(b"k", text.as_bytes())))
        });
        verdicts.collect::<Vec<_>>()
    };
    assert_eq!(verify(7, &[("a", 1, "x"), ("b", 2, "y")]), [true; 2]);
    assert_eq!(verify(8, &[("a", 1, "x"), ("b", 2, "y")]), [false; 2]);
    assert_eq!(verify(7, &[("b", 2, "y"), ("a", 1, "x")]), [false; 2]);
    assert_eq!(verify(7, &[("a", 1, "x")]), [false; 2]);
    assert_eq!(verify(7, &[("a", 1, "x"), ("b", 3, "y")]), [false; 2]);
    assert_eq!(verify(7, &[("a", 1, "x"), ("c", 2, "y")]), [false; 2]);
    assert_eq!(verify(7, &[("a", 1, "x"), ("b", 2, "Y")]), [false; 2]);
}

proptest! {
    #[test]
    fn any_split_gives_the_same_digest(pieces: Vec<Vec<u8>>) {
        let split: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let whole = pieces.concat();
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            prop_assert_eq!(digest(algorithm, &split), digest(algorithm, &[&whole]));
        }
    }

    #[test]
    fn hex_decode_reads_what_was_written(bytes: [u8; 16], upper: bool) {
        let digits = if upper { hex(&bytes).to_uppercase() } else { hex(&bytes) };
        prop_assert_eq!(decoded::<16>(digits.as_bytes()), Some(bytes));
    }

    #[test]
    fn the_two_hmacs_agree(key: Vec<u8>, message: Vec<u8>) {
        let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(&message);
        prop_assert_eq!(<[u8; 32]>::from(mac.finalize().into_bytes()), rfc_2104(&key, &message));
    }
}
