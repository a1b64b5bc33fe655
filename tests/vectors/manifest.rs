//! Manifests case by case: form, limits, the place that an error names, signatures.

mod device;
mod sentences;

use device::{line, read, read_all, SIZES};
use saguarota::error::{Error, ErrorKind, Location};
use saguarota::json::Source;
use saguarota::manifest::context::Fixed;
use saguarota::manifest::cursor::{Cursor, Summary};
use sentences::sentence;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

const MD5: &str = "0123456789abcdef0123456789ABCDEF";
const PLAIN: Summary = Summary {
    version: 0,
    entries: 0,
    ordered: true,
    signed: false,
    extended: false,
    hashed: false,
};

/// The error of a file that `^` marks at the byte to be named; `^` is not part of the file.
fn check_error(marked: &str, entry: Option<u32>, what: &str) {
    let byte = marked.find('^').expect("a mark") as u32;
    let place = match entry {
        Some(index) => Location::Entry { index, byte },
        None => Location::Byte(byte),
    };
    let error = read_all(&marked.replacen('^', "", 1)).expect_err(marked);
    assert_eq!((error.location, sentence(error.kind)), (place, what), "{marked}");
}

#[test]
fn reads_any_order_of_keys_and_passes_over_unknown_ones() {
    let expected = vec![line("boot.py", 3, MD5), line("lib/a.py", 7, "")];
    for file in [
        format!(
            r#"{{"version":7,"files":[{{"path":"boot.py","version":3,"md5":"{MD5}"}},{{"path":"lib/a.py","version":7}}]}}"#
        ),
        format!(
            r#" {{ "x" : {{"files":[{{"path":"no"}}],"version":9}} , "files" :
            [ {{"md5":"{MD5}","y":[[],{{}},{{"path":[{{"md5":1}}]}}],"version":"3","path":"boot.py"}},
              {{"version":"0007","z":null,"path":"lib\/\u0061.py","md5":null,"":"\ud800"}} ],
            "\udfff":"\ud83c", "list":[1.5e3,-0,"]"], "v\u0065rsion":"7","signature":null }} "#
        ),
    ] {
        let (found, lines) = read_all(&file).expect(&file);
        assert_eq!(lines, expected);
        assert_eq!(found, Summary { version: 7, entries: 2, ..PLAIN });
    }
}

#[test]
fn takes_defaults_for_what_is_missing() {
    // Each of no entries has a SHA-256.
    let empty = Summary { hashed: true, ..PLAIN };
    assert_eq!(read_all(r#"{"files":[]}"#), Ok((empty, vec![])));
    for entry in [r#"{"path":"a"}"#, r#"{"md5":"","path":"a"}"#, r#"{"md5":null,"path":"a"}"#] {
        let (found, lines) = read_all(&format!(r#"{{"files":[{entry}]}}"#)).expect(entry);
        assert_eq!((found.version, lines), (0, vec![line("a", 0, "")]), "{entry}");
    }
}

#[test]
fn versions_are_whole_numbers_up_to_63_bits() {
    let max = i64::MAX as u64;
    let good = ["0", "\"0\"", "\"00\"", "7", "\"007\"", "9223372036854775807"];
    for (text, value) in good.iter().zip([0, 0, 0, 7, 7, max]) {
        let file = format!(r#"{{"version":{text},"files":[{{"path":"a","version":{text}}}]}}"#);
        let (found, lines) = read_all(&file).expect(&file);
        assert_eq!((found.version, lines[0].version), (value, value), "{text}");
    }
    let whole = "version is not a whole number from 0 up";
    let (range, number) = ("version is out of range", "version is not a number");
    for (text, what) in [
        ("-1", whole),
        ("-0", whole),
        ("1.0", whole),
        ("1e3", whole),
        ("\"-1\"", whole),
        ("\"+1\"", whole),
        ("\" 1\"", whole),
        ("\"1 \"", whole),
        ("\"1_0\"", whole),
        ("\"0x1\"", whole),
        ("\"\u{ff11}\"", whole),
        ("9223372036854775808", range),
        ("\"9223372036854775808\"", range),
        ("18446744073709551616", range),
        ("18446744073709551623", range),
        ("99999999999999999999999999", range),
        ("\"\"", number),
        ("\"\\ud800\"", number),
        ("true", number),
        ("null", number),
        ("[", number),
        ("{", number),
    ] {
        let rest = match text {
            "[" => "]",
            "{" => "}",
            _ => "",
        };
        check_error(&format!(r#"{{"version":{text}^{rest},"files":[]}}"#), None, what);
        let entry = format!(r#"{{"files":[{{"version":{text}^{rest},"path":"a"}}]}}"#);
        check_error(&entry, Some(0), what);
    }
}

#[test]
fn errors_name_the_byte_and_the_entry() {
    let twice = "duplicate key";
    let long = "path over 255 bytes or not Unicode";
    let md5 = "md5 is not 32 hex digits";
    for (marked, entry, what) in [
        ("^", None, "manifest ends early"),
        ("  ^", None, "manifest ends early"),
        ("12^", None, "manifest ends early"),
        ("[^]", None, "manifest is not a JSON object"),
        ("null^", None, "manifest is not a JSON object"),
        ("{}^", None, "manifest has no files"),
        (r#"{"version":1}^"#, None, "manifest has no files"),
        (r#"{"x":{"files":[]}}^"#, None, "manifest has no files"),
        (r#"{"files":{^}}"#, None, "files is not a list"),
        (r#"{"files":null^}"#, None, "files is not a list"),
        (r#"{"files":"a"^}"#, None, "files is not a list"),
        (r#"{"files":[1^]}"#, None, "entry is not an object"),
        (r#"{"files":[{"path":"a"},[^]]}"#, None, "entry is not an object"),
        (r#"{"files":[{"path":"a"},"b"^]}"#, None, "entry is not an object"),
        (r#"{"files":[],"files"^:[]}"#, None, twice),
        (r#"{"version":1,"files":[],"version"^:1}"#, None, twice),
        (r#"{"signature":null,"signature"^:null,"files":[]}"#, None, twice),
        (r#"{"files":[],"f\u0069les"^:[]}"#, None, twice),
        (r#"{"files":[{"path":"a","path"^:"a"}]}"#, Some(0), twice),
        (r#"{"files":[{"path":"a"},{"path":"b","md5":"","md5"^:""}]}"#, Some(1), twice),
        (r#"{"files":[{"version":1,"path":"a","version"^:1}]}"#, Some(0), twice),
        (r#"{"files":[{"size":1,"path":"a","size"^:1}]}"#, Some(0), twice),
        (r#"{"files":[{"size":[],"path":"a","s\u0069ze"^:null}]}"#, Some(0), twice),
        (r#"{"files":[{"path":"a"},{"path":"b","sha256":1,"sha256"^:1}]}"#, Some(1), twice),
        (r#"{"signature_ext":1,"files":[],"signature_ext"^:1}"#, None, twice),
        (r#"{"files":[{}^]}"#, Some(0), "entry has no path"),
        (r#"{"files":[{"path":"a"},{"Path":"b"}^]}"#, Some(1), "entry has no path"),
        (r#"{"files":[{"path":1^}]}"#, Some(0), "path is not a string"),
        (r#"{"files":[{"path":null^}]}"#, Some(0), "path is not a string"),
        (r#"{"files":[{"path":[^]}]}"#, Some(0), "path is not a string"),
        (r#"{"files":[{"path":"a\ud800"^}]}"#, Some(0), long),
        (r#"{"files":[{"path":"\udc00/b"^}]}"#, Some(0), long),
        (r#"{"files":[{"path":"a","md5":1^}]}"#, Some(0), "md5 is not a string"),
        (r#"{"files":[{"path":"a","md5":[^]}]}"#, Some(0), "md5 is not a string"),
        (r#"{"files":[{"path":"a","md5":false^}]}"#, Some(0), "md5 is not a string"),
        (r#"{"files":[{"path":"a","md5":"0"^}]}"#, Some(0), md5),
        (r#"{"files":[{"path":"a","md5":"0123456789abcdef0123456789abcde"^}]}"#, Some(0), md5),
        (r#"{"files":[{"path":"a","md5":"0123456789abcdef0123456789abcdef0"^}]}"#, Some(0), md5),
        (r#"{"files":[{"path":"a","md5":"0123456789abcdef0123456789abcdeg"^}]}"#, Some(0), md5),
        (r#"{"files":[{"path":"a","md5":"\ud800"^}]}"#, Some(0), md5),
        // Paths are checked when their entry is complete: the entry's own place is named.
        (r#"{"files":[^{"path":""}]}"#, Some(0), "path is empty"),
        (r#"{"files":[{"path":"a"}, ^{"path":"../x"}]}"#, Some(1), "path leaves the destination"),
        (r#"{"files":[^{"path":"\u002e\u002e/x"}]}"#, Some(0), "path leaves the destination"),
        (r#"{"files":[^{"path":"\/x"}]}"#, Some(0), "path is absolute"),
        (r#"{"files":[^{"path":"a\u0000b"}]}"#, Some(0), "control character in path"),
        (r#"{"files":[^{"path":"a\nb"}]}"#, Some(0), "control character in path"),
        (r#"{"files":[^{"path":"Versions.JSON"}]}"#, Some(0), "path is reserved"),
        (r#"{"files":[{"path":"a"},^{"path":"a"}]}"#, Some(1), "duplicate path"),
        (r#"{"files":[{"path":"a"},^{"path":"\u0061"}]}"#, Some(1), "duplicate path"),
        // JSON's own errors, within an entry and outside.
        (r#"{"files":[{"path"^;"a"}]}"#, Some(0), "colon expected"),
        (r#"{"files":[{"path":"a"},{"x":[{"y":^}]}]}"#, Some(1), "value expected"),
        (r#"{"files":[{"path":"a"},^]}"#, None, "value expected"),
        (r#"{"files":[{"path":"a"} ^x]}"#, None, "comma or end expected"),
        (r#"{"files":[]} ^{}"#, None, "trailing data"),
        (r#"{"files":[{"path":"a"}]^"#, None, "manifest ends early"),
    ] {
        check_error(marked, entry, what);
    }
}

#[test]
fn an_exception_has_entry_and_byte_as_far_as_there_are_any() {
    for (file, numbers) in [
        (r#"{"files":[{"path":"a"},{"path":"/b"}]}"#, (Some(1), Some(23))),
        (r#"{"files":1}"#, (None, Some(10))),
    ] {
        assert_eq!(read_all(file).unwrap_err().numbers(), numbers);
    }
    assert_eq!(Error::new(ErrorKind::NoBuffer).numbers(), (None, None));
    let location = Location::Body { got: 3, of: 5 };
    assert_eq!(Error { kind: ErrorKind::BodyEarly, location }.numbers(), (Some(3), Some(5)));
}

#[test]
fn every_truncation_is_an_error() {
    let file = format!(
        r#"{{"version":"7","files":[{{"path":"caf\u00e9/é","md5":"{MD5}"}},{{"path":"b"}}],"x":[1]}}"#
    );
    assert!(read(file.as_bytes(), 64).is_ok());
    for end in 0..file.len() {
        for size in SIZES {
            assert!(read(&file.as_bytes()[..end], size).is_err(), "{end} bytes by {size}");
        }
    }
}

#[test]
fn paths_end_at_255_bytes_and_16_segments() {
    let file = |path: &str| format!(r#"{{"files":[{{"path":"{path}"}}]}}"#);
    for path in ["a".repeat(255), "\\u00e9".repeat(127) + "a", ["a"; 16].join("/")] {
        assert!(read_all(&file(&path)).is_ok(), "{path}");
    }
    for path in ["a".repeat(256), "\\u00e9".repeat(128)] {
        // Seen behind the closing quote.
        let byte = 18 + 1 + path.len() as u32 + 1;
        let error = read_all(&file(&path)).unwrap_err();
        assert_eq!(error.location, Location::Entry { index: 0, byte }, "{path}");
        assert_eq!(sentence(error.kind), "path over 255 bytes");
    }
    let error = read_all(&file(&"a".repeat(321))).unwrap_err();
    assert_eq!(sentence(error.kind), "path over 255 bytes or not Unicode");
    let error = read_all(&file(&["a"; 17].join("/"))).unwrap_err();
    assert_eq!(sentence(error.kind), "path over 16 segments");
    assert_eq!(error.location, Location::Entry { index: 0, byte: 10 });
}

#[test]
fn entries_end_at_32768() {
    let file = |count: u32| {
        let entries: Vec<_> = (0..count).map(|i| format!(r#"{{"path":"{i:05}"}}"#)).collect();
        format!(r#"{{"files":[{}]}}"#, entries.join(","))
    };
    let (found, lines) = read(file(32768).as_bytes(), 512).unwrap();
    assert_eq!((found.entries, found.ordered), (32768, true));
    assert_eq!(lines.last(), Some(&line("32767", 0, "")));
    let error = read(file(32769).as_bytes(), 512).unwrap_err();
    assert_eq!(sentence(error.kind), "over 32768 entries");
    // 17 bytes and a comma an entry; the brace has been read.
    assert_eq!(error.location, Location::Byte(10 + 32768 * 17 + 1));
}

#[test]
fn ignored_values_have_no_limit_but_depth() {
    let long = "x\\ud800".repeat(500);
    let digits = "1".repeat(1000);
    let file = |levels: usize| {
        let deep = "[".repeat(levels) + &"]".repeat(levels);
        format!(
            r#"{{"{long}":"{long}","n":{digits},"files":[{{"d":{deep},"path":"a","{long}":[{digits}]}}]}}"#
        )
    };
    let (_, lines) = read_all(&file(13)).expect("16 levels");
    assert_eq!(lines, [line("a", 0, "")]);
    let error = read_all(&file(14)).unwrap_err();
    assert_eq!(sentence(error.kind), "nested over 16 levels");
    assert!(matches!(error.location, Location::Entry { index: 0, .. }));
}

#[test]
fn a_long_path_takes_no_room_from_what_follows_the_files() {
    let (path, zeros) = ("p".repeat(255), "0".repeat(256));
    let file = format!(r#"{{"files":[{{"path":"{path}"}}],"version":"{zeros}7"}}"#);
    let (found, lines) = read_all(&file).unwrap();
    assert_eq!((found.version, lines), (7, vec![line(&path, 0, "")]));
}

/// A file of which some reads fail as they do on a device: by leaving the reader's frames.
struct Failing<'a> {
    file: device::Memory<'a>,
    reads: u32,
    /// Which of them fail, counted from 1.
    failing: [u32; 2],
}

impl Source for Failing<'_> {
    fn fill(&mut self) -> usize {
        self.reads += 1;
        if self.failing.contains(&self.reads) {
            resume_unwind(Box::new("read error"));
        }
        self.file.fill()
    }

    fn seek(&mut self, offset: u32) {
        self.file.seek(offset);
    }

    fn bytes(&self, filled: usize) -> &[u8] {
        self.file.bytes(filled)
    }
}

#[test]
fn no_entry_comes_again_after_a_read_error() {
    let file = br#"{"files":[{"path":"a"},{"path":"b"},{"path":"c"}]}"#;
    // The second time after any number of reads, those included that go back to the entry.
    for failing in (1..8).flat_map(|first| (first + 1..first + 14).map(move |next| [first, next])) {
        let source = Failing { file: device::Memory::new(file, 8), reads: 0, failing: [0; 2] };
        let (index, table) = (&mut [], &mut []);
        let mut context = Fixed { source, field: b"signature", reserved: b"", index, table };
        let (mut cursor, mut paths, mut failures) = (Cursor::new(), Vec::new(), 0);
        cursor.validate(&mut context).unwrap();
        cursor.rewind(&mut context);
        context.source.reads = 0;
        context.source.failing = failing;
        loop {
            match catch_unwind(AssertUnwindSafe(|| cursor.advance(&mut context))) {
                Ok(Ok(true)) => paths.push(cursor.entry().path[0]),
                Ok(end) => break assert_eq!(end, Ok(false)),
                Err(_) => failures += 1,
            }
        }
        let failed = failing.iter().filter(|read| **read <= context.source.reads).count();
        assert_eq!((failures, paths.as_slice()), (failed, &b"abc"[..]), "at reads {failing:?}");
    }
}

#[test]
fn no_entry_comes_before_the_manifest_is_known_to_be_good() {
    let advance = |file: &[u8], validate: bool| {
        let source = device::Memory::new(file, 8);
        let (index, table) = (&mut [], &mut []);
        let mut context = Fixed { source, field: b"signature", reserved: b"", index, table };
        let mut cursor = Cursor::new();
        if validate {
            let _ = cursor.validate(&mut context);
            cursor.rewind(&mut context);
        }
        cursor.advance(&mut context).map_err(sentence)
    };
    let good = br#"{"files":[{"path":"a"},{"path":"b"}]}"#;
    assert_eq!(advance(good, true), Ok(true));
    assert_eq!(advance(good, false), Err("manifest must be validated first"));
    let refused = br#"{"files":[{"path":"a"},{"path":"../b"}]}"#;
    assert_eq!(advance(refused, true), Err("manifest must be validated first"));
    let unsorted = br#"{"files":[{"path":"b"},{"path":"a"}]}"#;
    assert_eq!(advance(unsorted, true), Err("manifest must be sorted first"));
}
