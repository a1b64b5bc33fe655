//! Random manifests, written in every style that JSON allows, and what serde_json makes of them.

// Each test takes the part that it needs.
#![allow(dead_code)]

use crate::device::Line;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a manifest's author says of a file; empty texts are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub version: u64,
    pub md5: String,
    pub size: Option<u64>,
    /// In lower case.
    pub sha256: String,
}

/// By path.
pub type Files = BTreeMap<String, File>;

/// The entries that a reader of these files gives.
pub fn lines(files: &Files) -> Vec<Line> {
    let line = |(path, file): (&String, &File)| Line {
        path: path.clone(),
        version: file.version,
        md5: file.md5.clone(),
        size: file.size,
        sha256: Some(file.sha256.clone()).filter(|digits| !digits.is_empty()),
    };
    files.iter().map(line).collect()
}

/// Characters of every length in UTF-8, on both sides of the surrogates; a segment may not end in
/// a space or a dot.
const INNER: &[char] = &['a', 'b', 'A', '.', ' ', '"', '-', '\u{e9}', '\u{20ac}', '\u{1f335}'];
const LAST: &[char] = &['a', 'b', 'c', 'B', '"', '\u{e9}', '\u{e000}', '\u{ffff}', '\u{1f335}'];

fn segment() -> impl Strategy<Value = String> {
    let inner = prop::collection::vec(prop::sample::select(INNER), 0..4);
    (inner, prop::sample::select(LAST))
        .prop_map(|(inner, last)| inner.into_iter().chain([last]).collect())
}

pub fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(segment(), 1..4).prop_map(|segments| segments.join("/"))
}

pub fn version() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..4, 0u64..=i64::MAX as u64, Just(i64::MAX as u64)]
}

fn digits(of: &'static str, count: usize) -> impl Strategy<Value = String> {
    let digits = prop::collection::vec(prop::sample::select(of.as_bytes()), count);
    prop_oneof![Just(String::new()), digits.prop_map(|digits| String::from_utf8(digits).unwrap())]
}

fn file() -> impl Strategy<Value = File> {
    let md5 = digits("0123456789abcdefABCDEF", 32);
    let sha256 = digits("0123456789abcdef", 64);
    (version(), md5, prop::option::of(version()), sha256)
        .prop_map(|(version, md5, size, sha256)| File { version, md5, size, sha256 })
}

pub fn files(most: usize) -> impl Strategy<Value = Files> {
    prop::collection::btree_map(path(), file(), 0..=most).prop_map(|mut files| {
        let all = files.clone();
        files.retain(|path, _| !is_below_a_file(path, &all));
        files
    })
}

/// Whether another path would have to be a file and, for this one, a folder.
pub fn is_below_a_file(path: &str, files: &Files) -> bool {
    path.match_indices('/').any(|(end, _)| files.contains_key(&path[..end]))
}

/// The order in which entries are written.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    Sorted,
    Reversed,
    Shuffled,
}

pub fn order() -> impl Strategy<Value = Order> {
    prop::sample::select(&[Order::Sorted, Order::Sorted, Order::Reversed, Order::Shuffled][..])
}

/// Writes JSON with choices that a seed makes (xorshift64).
pub struct Writer {
    state: u64,
    pub out: String,
}

impl Writer {
    pub fn new(seed: u64) -> Self {
        Self { state: seed | 1, out: String::new() }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 32) as usize % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }

    fn token(&mut self, text: &str) {
        let space = ["", "", "", " ", "\n", "\t", "\r\n  "];
        let (before, after) = (self.below(space.len()), self.below(space.len()));
        self.out += space[before];
        self.out += text;
        self.out += space[after];
    }

    /// Each character plain or escaped, in digits of either case.
    fn quoted(&mut self, text: &str) -> String {
        let mut out = String::from("\"");
        for c in text.chars() {
            match (self.below(8), c) {
                (0, _) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let upper = self.below(2) == 0;
                        let digits =
                            if upper { format!("{unit:04X}") } else { format!("{unit:04x}") };
                        out += &format!("\\u{digits}");
                    }
                }
                (1, '/') => out += "\\/",
                (_, '"') => out += "\\\"",
                _ => out.push(c),
            }
        }
        out + "\""
    }

    fn number(&mut self, value: u64) -> String {
        match self.below(4) {
            0 => format!("\"{value}\""),
            1 => self.quoted(&format!("00{value}")),
            _ => value.to_string(),
        }
    }

    /// A value that nobody asks for; short numbers, so that no mutation leaves serde_json's range.
    fn unknown(&mut self) -> String {
        let values = [
            "null",
            "true",
            "[]",
            "{}",
            "-1.5e2",
            "0",
            "\"\"",
            "\"}],\\\"\\n\"",
            "[1,[2,{\"a\":[]}]]",
            "{\"path\":\"x\",\"files\":[{\"version\":1}],\"version\":\"x\"}",
            "\"\u{e9}\u{1f335}\"",
        ];
        values[self.below(values.len())].to_owned()
    }

    /// An object of these members in random order, with unknown ones in between; gives the order.
    fn object(&mut self, mut members: Vec<(&str, String)>) {
        for name in ["x", "Path", "filesx", "Size", "sha256_ext"] {
            if self.below(4) == 0 {
                let value = self.unknown();
                members.push((name, value));
            }
        }
        self.shuffle(&mut members);
        self.token("{");
        for (number, (name, value)) in members.iter().enumerate() {
            if number > 0 {
                self.token(",");
            }
            let name = self.quoted(name);
            self.token(&name);
            self.token(":");
            self.token(value);
        }
        self.token("}");
    }

    /// A value that is neither a size nor a SHA-256.
    fn odd(&mut self) -> String {
        let values = ["\"0\u{e9}\"", "\"-1\"", "9223372036854775808", "1.0", "\"0x10\"", "-7"];
        if self.below(2) == 0 {
            return values[self.below(values.len())].to_owned();
        }
        // The one of them that is a size becomes none.
        self.unknown().replace('0', "[0]")
    }

    fn entry(&mut self, path: &str, file: &File) -> String {
        let File { version, md5, size, sha256 } = file;
        let mut members = vec![("path", self.quoted(path))];
        if *version != 0 || self.below(2) == 0 {
            members.push(("version", self.number(*version)));
        }
        if let Some(size) = size {
            members.push(("size", self.number(*size)));
        } else if self.below(3) == 0 {
            members.push(("size", self.odd()));
        }
        if !sha256.is_empty() {
            let upper = self.below(2) == 0;
            let digits = if upper { sha256.to_uppercase() } else { sha256.clone() };
            members.push(("sha256", self.quoted(&digits)));
        } else if self.below(3) == 0 {
            members.push(("sha256", self.odd()));
        }
        if !md5.is_empty() {
            members.push(("md5", self.quoted(md5)));
        } else if self.below(2) == 0 {
            members.push(("md5", ["null", "\"\""][self.below(2)].to_owned()));
        }
        let before = std::mem::take(&mut self.out);
        self.object(members);
        std::mem::replace(&mut self.out, before)
    }

    /// Writes a manifest.
    pub fn manifest(
        &mut self,
        version: u64,
        files: &Files,
        order: Order,
        signature: Option<&str>,
        extended: Option<&str>,
    ) {
        let mut list: Vec<_> = files.iter().map(|(path, file)| self.entry(path, file)).collect();
        match order {
            Order::Sorted => {}
            Order::Reversed => list.reverse(),
            Order::Shuffled => self.shuffle(&mut list),
        }
        let mut members = vec![("files", format!("[{}]", list.join(",")))];
        members.push(("version", self.number(version)));
        if let Some(signature) = signature {
            members.push(("signature", self.quoted(signature)));
        }
        if let Some(extended) = extended {
            members.push(("signature_ext", self.quoted(extended)));
        }
        self.object(members);
    }
}

/// Whether the file holds a number that is JSON and too large for serde_json, as `1E309` is, which
/// has no part in a manifest. `reference` refuses the file then.
pub fn is_beyond_reference(file: &[u8]) -> bool {
    serde_json::from_slice::<Value>(file)
        .is_err_and(|error| error.to_string().starts_with("number out of range"))
}

/// What serde_json reads, in path order; `None` where it refuses the file, or a value has not the
/// type of a manifest's. It lets the last of two equal names win and has no limits.
pub fn reference(file: &[u8]) -> Option<(u64, Vec<Line>)> {
    let value: Value = serde_json::from_slice(file).ok()?;
    let number = |value: Option<&Value>| match value {
        None => Some(0),
        Some(Value::String(digits)) => digits.parse().ok(),
        Some(value) => value.as_u64(),
    };
    let is_decimal = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let is_sha256 =
        |text: &str| text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let mut lines = Vec::new();
    for entry in value.get("files")?.as_array()? {
        let md5 = match entry.get("md5") {
            None | Some(Value::Null) => "",
            Some(md5) => md5.as_str()?,
        };
        let path = entry.get("path")?.as_str()?;
        let size = match entry.get("size") {
            Some(Value::String(digits)) if is_decimal(digits) => digits.parse().ok(),
            size => size.and_then(Value::as_u64),
        };
        let sha256 = entry.get("sha256").and_then(Value::as_str).filter(|text| is_sha256(text));
        lines.push(Line {
            path: path.to_owned(),
            version: number(entry.get("version"))?,
            md5: md5.to_owned(),
            size: size.filter(|size| *size <= i64::MAX as u64),
            sha256: sha256.map(str::to_lowercase),
        });
    }
    lines.sort();
    Some((number(value.get("version"))?, lines))
}
