//! The sentences of the errors, which Python has.

// Each test takes the part that it needs.
#![allow(dead_code)]

use saguarota::error::ErrorKind;

const MODULE: &str = include_str!("../../python/saguarota/message.py");

/// (code, name, sentence) of each line.
pub fn lines() -> impl Iterator<Item = (u8, &'static str, &'static str)> {
    let (_, rest) = MODULE.split_once("TEXT = r\"\"\"\n").unwrap();
    let (text, _) = rest.split_once("\n\"\"\"\n").unwrap();
    text.lines().map(|line| {
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().unwrap_or_else(|| panic!("{line}"));
        (part().parse().unwrap(), part(), part())
    })
}

/// The sentence of an error.
pub fn sentence(kind: ErrorKind) -> &'static str {
    let (_, name, sentence) = lines().find(|line| line.0 == kind as u8).unwrap();
    assert_eq!(name, format!("{kind:?}"));
    sentence
}
