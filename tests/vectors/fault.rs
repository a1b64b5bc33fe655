//! Errors' codes, and their sentences in Python.

mod sentences;

use saguarota::fault::Fault;
use sentences::{lines, sentence};
use std::collections::BTreeSet;

#[test]
fn every_code_has_its_sentence_and_no_sentence_is_of_another_code() {
    let faults: BTreeSet<_> = Fault::ALL.iter().map(|fault| *fault as u8).collect();
    let codes: Vec<_> = lines().map(|(code, ..)| code).collect();
    assert_eq!(codes, faults.into_iter().collect::<Vec<_>>());
    assert_eq!(codes.len(), Fault::ALL.len());
    for fault in Fault::ALL {
        assert!(!sentence(*fault).is_empty());
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
