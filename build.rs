//! Keeps the version in one place, `python/saguarota/version.py`: a build of another one fails.
//! Packs the sentences of `src/fault.rs`.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

const SOURCE: &str = "python/saguarota/version.py";
const FAULTS: &str = "src/fault.rs";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={SOURCE}");
    let text = fs::read_to_string(SOURCE).unwrap_or_else(|error| panic!("{SOURCE}: {error}"));
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("__version__ = \"")?.strip_suffix('"'))
        .unwrap_or_else(|| panic!("{SOURCE}: no line __version__ = \"...\""));
    let own = env::var("CARGO_PKG_VERSION").expect("cargo sets CARGO_PKG_VERSION");
    assert_eq!(version, own, "{SOURCE} and Cargo.toml give different versions");
    pack_sentences();
}

/// Ends a sentence; the codes below are characters from the space on, those above stand for pairs.
const END: u8 = 95;

/// Byte pair encoding: the pair that comes most often becomes one new byte, again and again.
fn pack_sentences() {
    println!("cargo::rerun-if-changed={FAULTS}");
    let text = fs::read_to_string(FAULTS).unwrap_or_else(|error| panic!("{FAULTS}: {error}"));
    let (_, list) = text.split_once("\nfaults! {\n").expect("the list of faults");
    let (list, _) = list.split_once("\n}\n").expect("the end of the list");
    let mut packed = Vec::new();
    for line in list.lines().filter(|line| !line.is_empty()) {
        let sentence = line.split_once(": \"").and_then(|(_, rest)| rest.strip_suffix("\","));
        let sentence = sentence.unwrap_or_else(|| panic!("{FAULTS}: no fault: {line}"));
        packed.extend(sentence.replace("\\\\", "\\").bytes().map(|b| b - b' ').chain([END]));
    }
    assert!(packed.iter().all(|&code| code <= END), "{FAULTS}: sentences are ASCII");
    let mut pairs = Vec::new();
    while let Some(pair) = most_frequent(&packed).filter(|_| pairs.len() < 255 - usize::from(END)) {
        let code = END + 1 + pairs.len() as u8;
        pairs.push([pair.0, pair.1]);
        let mut rest = packed.as_slice();
        let mut shorter = Vec::new();
        while let [first, tail @ ..] = rest {
            let is_pair = tail.first().is_some_and(|second| (*first, *second) == pair);
            shorter.push(if is_pair { code } else { *first });
            rest = if is_pair { &tail[1..] } else { tail };
        }
        packed = shorter;
    }
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("sentences.rs");
    let arrays = format!(
        "static PACKED: [u8; {}] = {packed:?};\nstatic PAIRS: [[u8; 2]; {}] = {pairs:?};\n",
        packed.len(),
        pairs.len()
    );
    fs::write(out, arrays).expect("OUT_DIR can be written to");
}

/// The pair that is worth its two bytes most. It may span two sentences.
fn most_frequent(packed: &[u8]) -> Option<(u8, u8)> {
    let mut counts = BTreeMap::new();
    for pair in packed.windows(2) {
        *counts.entry((pair[0], pair[1])).or_insert(0) += 1;
    }
    let (pair, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count > 2).then_some(pair)
}
