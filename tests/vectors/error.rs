//! Errors' codes, and their sentences in Python.

mod sentences;

use saguarota::error::ErrorKind;
use sentences::{lines, sentence};
use std::collections::BTreeSet;

#[test]
fn every_code_has_its_sentence_and_no_sentence_is_of_another_code() {
    let kinds: BTreeSet<_> = ErrorKind::ALL.iter().map(|kind| *kind as u8).collect();
    let codes: Vec<_> = lines().map(|(code, ..)| code).collect();
    assert_eq!(codes, kinds.into_iter().collect::<Vec<_>>());
    assert_eq!(codes.len(), ErrorKind::ALL.len());
    for kind in ErrorKind::ALL {
        assert!(!sentence(*kind).is_empty());
    }
}

#[test]
fn a_sentence_is_short_ascii_without_a_full_stop_and_like_no_other() {
    let mut seen = BTreeSet::new();
    for (_, name, sentence) in lines() {
        assert!(sentence.is_ascii() && sentence.len() <= 60, "{name}");
        assert!(!sentence.ends_with('.') && sentence.trim() == sentence, "{name}");
        assert!(seen.insert(sentence), "{name}");
    }
}
