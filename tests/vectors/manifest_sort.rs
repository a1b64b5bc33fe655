//! Manifests whose entries stand in another order than their paths: the index, and what it refuses.

mod device;
mod sentences;

use device::{read_all, Device};
use saguarota::error::{ErrorKind, Location};
use sentences::sentence;

/// Five entries out of order, with a path that byte order and UTF-16 order place differently.
const SHUFFLED: &str = r#"{"files":[{"path":"c","version":3},{"path":"\ud83c\udf35"},
    {"path":"a/b"},{"path":"\ue000","version":2},{"path":"a.b"}],"version":3}"#;

#[test]
fn sorts_by_the_bytes_of_the_path() {
    let (found, lines) = read_all(SHUFFLED).unwrap();
    assert_eq!((found.version, found.entries, found.ordered), (3, 5, false));
    assert!(!(found.signed || found.extended || found.hashed));
    let paths: Vec<_> = lines.iter().map(|line| line.path.as_str()).collect();
    assert_eq!(paths, ["a.b", "a/b", "c", "\u{e000}", "\u{1f335}"]);
}

#[test]
fn the_index_holds_where_entries_start() {
    let mut device = Device::new(SHUFFLED.as_bytes(), 5);
    device.prepare().unwrap();
    let starts = device.index.iter().map(|at| u32::from_le_bytes(*at) as usize);
    let versions: Vec<_> = starts.map(|at| &SHUFFLED[at..at + 10]).collect();
    let quoted = ["a.b\"", "a/b\"", "c\",\"", "\\ue0", "\\ud8"];
    for (found, path) in versions.iter().zip(quoted) {
        assert_eq!(*found, format!("{{\"path\":\"{path}")[..10].to_string());
    }
    // The cursor goes round as often as one likes.
    assert_eq!(device.lines(), device.lines());
    let (cursor, mut context) = device.parts();
    cursor.rewind(&mut context);
    assert_eq!(cursor.peek(&mut context), Ok(true));
    assert_eq!(cursor.entry().path, b"a.b");
    assert_eq!(cursor.passed(), 1);
    while cursor.advance(&mut context).unwrap() {}
    assert_eq!(cursor.peek(&mut context), Ok(false));
    assert!(!cursor.advance(&mut context).unwrap());
}

#[test]
fn an_index_that_is_too_long_is_refused_before_any_path_is_compared() {
    let twice = r#"{"files":[{"path":"b"},{"path":"a"},{"path":"a"}]}"#;
    let mut device = Device::new(twice.as_bytes(), 5);
    let (cursor, mut context) = device.parts();
    assert!(!cursor.validate(&mut context).unwrap().ordered);
    device.index = vec![[0; 4]; 4];
    let (cursor, mut context) = device.parts();
    assert_eq!(cursor.sort(&mut context), Err(ErrorKind::IndexSize));
}

#[test]
fn an_index_of_the_wrong_size_is_an_error() {
    for places in [1, 4, 6] {
        let mut device = Device::new(SHUFFLED.as_bytes(), 16);
        device.validate().unwrap();
        device.index = vec![[0; 4]; places];
        let (cursor, mut context) = device.parts();
        assert!(cursor.sort(&mut context).is_err(), "{places} places for 5 entries");
    }
}

#[test]
fn sorting_refuses_a_path_that_comes_twice() {
    for paths in [vec!["b", "a", "b"], vec!["b", "a", "a"], vec!["c", "b", "a", "d", "b", "e"]] {
        let list: Vec<_> = paths.iter().map(|path| format!(r#"{{"path":"{path}"}}"#)).collect();
        let error = read_all(&format!(r#"{{"files":[{}]}}"#, list.join(","))).unwrap_err();
        assert_eq!(sentence(error.kind), "duplicate path");
        // 12 bytes and a comma an entry. An entry's number, if given, is the one in the file.
        let (index, byte) = match error.location {
            Location::Entry { index, byte } => (index, byte),
            Location::Byte(byte) => ((byte - 10) / 13, byte),
            other => panic!("{other:?}"),
        };
        assert_eq!(byte, 10 + 13 * index, "{paths:?}");
        let named = paths[index as usize];
        assert_eq!(paths.iter().filter(|path| **path == named).count(), 2, "{paths:?}");
    }
}
