//! Membership of paths in a manifest: known answers, sorting, and tables against sets.

mod device;
mod sentences;
mod writer;

use device::{hex, Device, SIZES};
use md5::{Digest as _, Md5};
use proptest::prelude::*;
use saguarota::manifest::path_hashes::{contains, path_hash, PathHash};
use saguarota::manifest::sort::sort;
use sentences::sentence;
use std::collections::BTreeSet;
use writer::{files, order, path, Writer};

/// The first half of what `hashlib.md5(text).hexdigest()` gives.
#[test]
fn members_are_the_beginnings_of_md5s() {
    for (path, expected) in [
        ("", "d41d8cd98f00b204"),
        ("main.py", "5bc02cefb3ea9e27"),
        ("lib/\u{e9}.py", "e9c2d50abb4e51d7"),
        ("LIB/A.PY", "69a8b826267ee403"),
    ] {
        assert_eq!(hex(&path_hash(path.as_bytes(), false)), expected, "{path}");
    }
    for (path, expected) in [
        ("", "d41d8cd98f00b204"),
        ("main.py", "5bc02cefb3ea9e27"),
        ("MAIN.Py", "5bc02cefb3ea9e27"),
        // b"lib/\xff.py"
        ("Lib/\u{e9}.py", "1fba825ea27b9209"),
        ("lib/\u{c9}\u{1f335}.PY", "1fba825ea27b9209"),
        // b"\xff-\xff"
        ("\u{e9}\u{e8}-\u{20ac}", "9b5fdce2e2e8f277"),
    ] {
        assert_eq!(hex(&path_hash(path.as_bytes(), true)), expected, "{path}");
    }
}

/// What FAT may take for the same name has one form.
fn folded(path: &str) -> String {
    let mut form = String::new();
    for c in path.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii() => form.push(c),
            _ if form.ends_with('*') => {}
            _ => form.push('*'),
        }
    }
    form
}

/// A file after its validate, with a table of this many places.
fn fill(file: &str, size: usize, places: usize, fold: bool) -> Result<Vec<PathHash>, &'static str> {
    let mut device = Device::new(file.as_bytes(), size);
    device.prepare().unwrap();
    device.table = vec![0xaa; 8 * places];
    let (cursor, mut context) = device.parts();
    cursor.path_hashes(&mut context, fold).map_err(sentence)?;
    Ok(device.table.as_chunks().0.to_vec())
}

const THREE: &str = r#"{"files":[{"path":"b"},{"path":"a/x.Py"},{"path":"c"}]}"#;

#[test]
fn a_table_has_one_place_an_entry() {
    for size in SIZES {
        for places in [0, 1, 2, 4, 9] {
            assert_eq!(fill(THREE, size, places, false), Err("table is not 8 bytes an entry"));
        }
        let expected = [&b"b"[..], b"a/x.Py", b"c"].map(|path| path_hash(path, false));
        assert_eq!(fill(THREE, size, 3, false), Ok(expected.to_vec()));
    }
    assert_eq!(fill(r#"{"files":[]}"#, 8, 0, true), Ok(vec![]));
}

#[test]
fn validation_must_come_first_but_no_sort() {
    let unknown = "manifest must be validated first";
    let bad = THREE.replace('c', "/c");
    let mut refused = Device::new(bad.as_bytes(), 16);
    assert!(refused.validate().is_err());
    for mut device in [Device::new(THREE.as_bytes(), 16), refused] {
        device.table = vec![0; 24];
        let (cursor, mut context) = device.parts();
        let filled = cursor.path_hashes(&mut context, false);
        assert_eq!(filled.map_err(sentence), Err(unknown));
    }
    let mut device = Device::new(THREE.as_bytes(), 16);
    assert!(!device.validate().unwrap().ordered);
    device.table = vec![0; 24];
    let (cursor, mut context) = device.parts();
    assert_eq!(cursor.path_hashes(&mut context, false), Ok(()));
    // It still has to be sorted for what needs that.
    assert!(cursor.advance(&mut context).is_err());
}

#[test]
fn the_cursor_is_left_before_the_first_entry() {
    let mut device = Device::new(THREE.as_bytes(), 16);
    device.prepare().unwrap();
    let first = |device: &mut Device| {
        let (cursor, mut context) = device.parts();
        assert_eq!(cursor.peek(&mut context), Ok(true));
        cursor.entry().path.to_vec()
    };
    device.table = vec![0; 24];
    let (cursor, mut context) = device.parts();
    cursor.advance(&mut context).unwrap();
    cursor.path_hashes(&mut context, true).unwrap();
    assert_eq!(cursor.passed(), 0);
    assert_eq!(first(&mut device), b"a/x.Py");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn sorting_is_sorting(mut table in prop::collection::vec([0u8..3, 0u8..3, 0u8..3], 0..40)) {
        let place = |three: &[u8; 3]| [0, 0, three[0], 0, three[1], 0, 0, three[2]];
        let mut sorted: Vec<PathHash> = table.iter().map(place).collect();
        let swapped = sort(sorted.len(), |first, second| {
            assert!(first < second);
            let wrong = sorted[first] > sorted[second];
            if wrong {
                sorted.swap(first, second);
            }
            Ok(wrong)
        });
        assert_eq!(swapped, Ok(()));
        table.sort();
        prop_assert_eq!(sorted, table.iter().map(place).collect::<Vec<_>>());
    }

    #[test]
    fn members_are_the_same_where_the_paths_are(
        one in path(), other in path(), same in any::<bool>(), change in any::<u32>(),
    ) {
        // One path in two spellings, or two.
        let respell = |(at, c): (usize, char)| match c {
            c if change >> (at % 32) & 1 == 0 => c.to_string(),
            c if c.is_ascii_lowercase() => c.to_ascii_uppercase().to_string(),
            c if c.is_ascii() => c.to_ascii_lowercase().to_string(),
            c => format!("\u{df}{c}"),
        };
        let other = if same { one.chars().enumerate().map(respell).collect() } else { other };
        let equal = |fold| path_hash(one.as_bytes(), fold) == path_hash(other.as_bytes(), fold);
        prop_assert_eq!(equal(false), one == other);
        prop_assert_eq!(equal(true), folded(&one) == folded(&other));
        prop_assert!(!same || equal(true));
        let digest = Md5::digest(one.as_bytes());
        prop_assert_eq!(&path_hash(one.as_bytes(), false), &digest[..8]);
    }

    #[test]
    fn tables_say_what_sets_say(
        files in files(12), order in order(), seed in any::<u64>(), size in 1usize..=64,
        others in prop::collection::vec(path(), 0..12), fold in any::<bool>(),
    ) {
        let mut writer = Writer::new(seed);
        writer.manifest(1, &files, order, None, None);
        let table = fill(&writer.out, size, files.len(), fold).unwrap();
        let form = |path: &String| if fold { folded(path) } else { path.clone() };
        let set: BTreeSet<_> = files.keys().map(form).collect();
        for path in files.keys().chain(&others) {
            prop_assert_eq!(
                contains(&table, &path_hash(path.as_bytes(), fold)),
                set.contains(&form(path)),
                "{} in {:?}", path, set
            );
        }
    }
}
