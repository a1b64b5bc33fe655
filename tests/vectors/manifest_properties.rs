//! What holds for every manifest: whatever its style and the buffer's size, the reader agrees with
//! serde_json, with an HMAC of the payload written out by hand, and with a merge of two maps.

mod device;
mod sentences;
mod writer;

use device::{read, Device, Memory};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use saguarota::manifest::context::Fixed;
use saguarota::manifest::diff;
use sentences::sentence;
use sha2::Sha256;
use writer::{
    files, is_below_a_file, is_beyond_reference, lines, order, reference, version, Files, Order,
    Writer,
};

const KEY: &[u8] = b"key of these tests";

fn hmac(key: &[u8], payload: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(payload.as_bytes());
    device::hex(&mac.finalize().into_bytes())
}

fn sign(key: &[u8], version: u64, files: &Files) -> String {
    let mut payload = format!("v={version}");
    for (path, file) in files {
        payload += &format!("\n{path}\t{}\t{}", file.version, file.md5);
    }
    hmac(key, &payload)
}

fn sign_extended(key: &[u8], version: u64, files: &Files) -> String {
    let mut payload = format!("x={version}");
    for (path, file) in files {
        let size = file.size.map_or_else(String::new, |size| size.to_string());
        payload += &format!("\n{path}\t{}\t{}\t{size}\t{}", file.version, file.md5, file.sha256);
    }
    hmac(key, &payload)
}

/// An unsigned manifest.
fn write(seed: u64, version: u64, files: &Files, order: Order) -> String {
    let mut writer = Writer::new(seed);
    writer.manifest(version, files, order, None, None);
    writer.out
}

fn buffer_size() -> impl Strategy<Value = usize> {
    prop_oneof![1usize..=64, Just(512)]
}

/// Whether the signature is the key's.
fn verdict(file: &str, size: usize, key: &[u8]) -> bool {
    let mut device = Device::new(file.as_bytes(), size);
    let found = device.prepare().expect("a good manifest");
    assert!(found.signed);
    device.verify(key)
}

/// What a remote and a local manifest are read with.
struct Both<'a>(Fixed<'a, Memory<'a>>, Fixed<'a, Memory<'a>>);

impl<'a> diff::Pair for Both<'a> {
    type Context = Fixed<'a, Memory<'a>>;

    fn remote(&mut self) -> &mut Self::Context {
        &mut self.0
    }

    fn local(&mut self) -> &mut Self::Context {
        &mut self.1
    }
}

fn is_hashed(files: &Files) -> bool {
    files.values().all(|file| !file.sha256.is_empty())
}

/// All of what the extended payload says of these files is spelled out in them.
fn with_sha256(mut files: Files) -> Files {
    for (number, file) in files.values_mut().enumerate() {
        if file.sha256.is_empty() {
            file.sha256 = format!("{number:064x}");
        }
    }
    files
}

/// Changes one bit of what is signed, or of the signature; false where that makes no manifest.
fn spoil(
    what: usize,
    bit: u32,
    version: &mut u64,
    files: &mut Files,
    signature: &mut String,
    extended: &mut String,
) -> bool {
    let flip_digit = |text: &mut String, at: usize| {
        let digit = u32::from_str_radix(&text[at..=at], 16).unwrap() ^ (1 << (bit % 4));
        text.replace_range(at..=at, &format!("{digit:x}"));
    };
    let chosen = files.keys().nth(bit as usize % files.len().max(1)).cloned();
    match (what, chosen) {
        (0, _) => *version ^= 1 << bit,
        (1, _) => flip_digit(signature, bit as usize),
        (5, _) => flip_digit(extended, bit as usize),
        (6, Some(path)) => {
            let size = &mut files.get_mut(&path).unwrap().size;
            *size = match *size {
                Some(_) if bit == 0 => None,
                Some(size) => Some(size ^ 1 << bit),
                None => Some(bit.into()),
            };
        }
        (7, Some(path)) => {
            let sha256 = &mut files.get_mut(&path).unwrap().sha256;
            match (sha256.is_empty(), bit) {
                (true, _) => *sha256 = "0".repeat(64),
                (false, 0) => sha256.clear(),
                (false, _) => flip_digit(sha256, bit as usize),
            }
        }
        (2, Some(path)) => files.get_mut(&path).unwrap().version ^= 1 << bit,
        (3, Some(path)) => {
            let md5 = &mut files.get_mut(&path).unwrap().md5;
            if md5.is_empty() {
                return false;
            }
            flip_digit(md5, bit as usize % 32);
        }
        (4, Some(path)) => {
            let Some(at) = path.find(['a', 'b', 'A', 'B']) else { return false };
            let mut other = path.clone().into_bytes();
            // a, b, A and B become letters again.
            other[at] ^= [0x04, 0x08, 0x20][bit as usize % 3];
            let entry = files.remove(&path).unwrap();
            let is_new = files.insert(String::from_utf8(other).unwrap(), entry).is_none();
            return is_new && !files.keys().any(|path| is_below_a_file(path, files));
        }
        _ => return false,
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_serde_json_reads(
        files in files(12), order in order(), version in version(),
        seed in any::<u64>(), size in buffer_size(),
    ) {
        let file = write(seed, version, &files, order);
        let (found, read) = read(file.as_bytes(), size).expect(&file);
        prop_assert_eq!(&read, &lines(&files));
        prop_assert_eq!(Some((found.version, read)), reference(file.as_bytes()));
        prop_assert_eq!((found.signed, found.extended), (false, false));
        prop_assert_eq!(found.hashed, is_hashed(&files));
        prop_assert!(found.ordered || !matches!(order, Order::Sorted));
    }

    #[test]
    fn signatures_agree_with_an_hmac_of_the_written_out_payload(
        files in files(8), order in order(), version in version(),
        seed in any::<u64>(), size in buffer_size(), upper in any::<bool>(),
        has_extended in any::<bool>(), hashed in any::<bool>(),
    ) {
        let files = if hashed { with_sha256(files) } else { files };
        let mut signature = sign(KEY, version, &files);
        let mut extended = sign_extended(KEY, version, &files);
        if upper {
            signature.make_ascii_uppercase();
            extended.make_ascii_uppercase();
        }
        let extended = has_extended.then_some(extended);
        let mut writer = Writer::new(seed);
        writer.manifest(version, &files, order, Some(&signature), extended.as_deref());
        prop_assert!(verdict(&writer.out, size, KEY), "{}", writer.out);
        let found = Device::new(writer.out.as_bytes(), size).validate().unwrap();
        prop_assert_eq!((found.extended, found.hashed), (has_extended, is_hashed(&files)));
        prop_assert!(!verdict(&writer.out, size, b"key of other tests"));
    }

    #[test]
    fn one_changed_bit_is_noticed(
        files in files(6), order in order(), version in version(),
        seed in any::<u64>(), size in buffer_size(), what in 0usize..8, bit in 0u32..63,
        has_extended in any::<bool>(),
    ) {
        let mut signature = sign(KEY, version, &files);
        let mut extended = sign_extended(KEY, version, &files);
        let (mut changed, mut changed_version) = (files.clone(), version);
        prop_assume!(spoil(
            what, bit, &mut changed_version, &mut changed, &mut signature, &mut extended
        ));
        prop_assert!((&changed, changed_version) != (&files, version) || matches!(what, 1 | 5));
        let mut writer = Writer::new(seed);
        let extended = has_extended.then_some(extended);
        writer.manifest(changed_version, &changed, order, Some(&signature), extended.as_deref());
        // The plain signature alone knows nothing of the extension: so do old devices.
        let noticed = what < 5 || has_extended;
        prop_assert_eq!(verdict(&writer.out, size, KEY), !noticed, "{}", writer.out);
    }

    #[test]
    fn what_is_due_is_what_two_maps_say(
        both in files(8), new in files(4), gone in files(4), bump in prop::collection::vec(0u64..3, 8),
        orders in (order(), order()), seeds in any::<(u64, u64)>(),
        sizes in (buffer_size(), buffer_size()), has_local in any::<bool>(), force in any::<bool>(),
    ) {
        let mut local = both.clone();
        local.extend(gone);
        let mut remote = new;
        for ((path, mut file), bump) in both.into_iter().zip(bump) {
            // One lower, the same, one higher.
            file.version = (file.version + bump).saturating_sub(1).min(i64::MAX as u64);
            remote.insert(path, file);
        }
        let agree = |files: &Files| !files.keys().any(|path| is_below_a_file(path, files));
        prop_assume!(agree(&local) && agree(&remote));
        let local_file = write(seeds.0, 1, &local, orders.0);
        let remote_file = write(seeds.1, 2, &remote, orders.1);
        let mut local_device = Device::new(local_file.as_bytes(), sizes.0);
        let mut remote_device = Device::new(remote_file.as_bytes(), sizes.1);
        local_device.prepare().expect(&local_file);
        remote_device.prepare().expect(&remote_file);
        let (local_cursor, mut local_context) = local_device.parts();
        let (remote_cursor, mut remote_context) = remote_device.parts();
        local_cursor.rewind(&mut local_context);
        remote_cursor.rewind(&mut remote_context);
        let mut pair = Both(remote_context, local_context);
        for (path, file) in &remote {
            let from = local.get(path).filter(|_| has_local).map_or(0, |file| file.version);
            let local = has_local.then_some(&mut *local_cursor);
            let change = diff::next(remote_cursor, local, &mut pair, force);
            let due = force || file.version > from;
            prop_assert_eq!(change, Ok(Some(diff::Change { from, due })), "{}", path);
            prop_assert_eq!(remote_cursor.entry().path, path.as_bytes());
        }
        for _ in 0..2 {
            let local = has_local.then_some(&mut *local_cursor);
            let change = diff::next(remote_cursor, local, &mut pair, force);
            prop_assert_eq!(change, Ok(None));
        }
    }

    #[test]
    fn a_path_that_comes_twice_is_refused(
        files in files(10), seed in any::<u64>(), size in buffer_size(),
        from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!files.is_empty());
        let mut paths: Vec<_> = files.into_keys().collect();
        let half = seed as usize % paths.len();
        paths.rotate_left(half);
        let twice = paths[from.index(paths.len())].clone();
        paths.insert(to.index(paths.len() + 1), twice);
        let list: Vec<_> = paths.iter().map(|path| serde_json::json!({ "path": path })).collect();
        let file = serde_json::json!({ "files": list }).to_string();
        let error = read(file.as_bytes(), size).expect_err(&file);
        prop_assert_eq!(sentence(error.kind), "duplicate path");
    }

    #[test]
    fn a_damaged_manifest_is_read_as_serde_json_reads_it_or_not_at_all(
        files in files(6), order in order(), seed in any::<u64>(), size in buffer_size(),
        at in any::<prop::sample::Index>(), byte in any::<u8>(), kind in 0..4,
    ) {
        let mut writer = Writer::new(seed);
        let signature = sign(KEY, 5, &files);
        writer.manifest(5, &files, order, Some(&signature), Some(&signature));
        let mut file = writer.out.into_bytes();
        let at = at.index(file.len());
        match kind {
            0 => file[at] = byte,
            1 => file[at] ^= 1 << (byte % 8),
            2 => drop(file.remove(at)),
            _ => file.insert(at, byte),
        }
        prop_assume!(!is_beyond_reference(&file));
        if let Ok((found, lines)) = read(&file, size) {
            let shown = String::from_utf8_lossy(&file);
            prop_assert_eq!(Some((found.version, lines)), reference(&file), "{}", shown);
        }
    }

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), size in 1usize..9) {
        prop_assume!(!is_beyond_reference(&bytes));
        prop_assert!(read(&bytes, size).is_err() || reference(&bytes).is_some());
    }

    /// It is no part of a manifest, so the reader need not know how large it is.
    #[test]
    fn a_number_beyond_a_float_is_beyond_the_reference(zeros in 0usize..20, size in buffer_size()) {
        let file = format!("{{\"files\":[],\"x\":1E{}309}}", "0".repeat(zeros));
        prop_assert!(read(file.as_bytes(), size).is_ok());
        prop_assert!(is_beyond_reference(file.as_bytes()));
    }

    /// Pieces of manifests in any order come closer to what the reader expects than bytes do.
    #[test]
    fn heaps_of_pieces_are_refused_unless_they_are_json(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24), size in 1usize..9,
    ) {
        let file = format!("{{\"files\":[{}", pieces.concat());
        if let Ok((found, lines)) = read(file.as_bytes(), size) {
            prop_assert_eq!(Some((found.version, lines)), reference(file.as_bytes()), "{}", file);
        }
    }
}

const PIECES: [&str; 23] = [
    "\"size\":1",
    "\"size\":",
    "\"sha256\":",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"path\":\"a\"",
    "\"path\":\"b\"",
    "\"version\":1",
    "\"md5\":null",
    "\"x\":",
    "{\"path\":\"c\"}",
    "{\"path\":\"d\"}",
    "]}",
    "],\"version\":2}",
    "null",
    "1",
    "\\u0061",
    " ",
];
