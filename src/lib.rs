//! The Rust core of SaguarOTA: what costs time, memory or trust.
//!
//! The map, in the order in which an update passes through it:
//!
//! | module | job |
//! | --- | --- |
//! | [`http`] | response heads and body framing |
//! | [`listing`] | the links of a folder's page |
//! | [`json`] | JSON as a stream of tokens, in memory that does not grow |
//! | [`manifest`] | its form, entries, order and signature, and what of it is due |
//! | [`path`] | which paths may be installed |
//! | [`fat`] | which names are one file on a FAT file system |
//! | [`hash`] | MD5 and SHA-256, and their hexadecimal digits |
//! | [`error`] | what is wrong, by a code, and where |
//! | [`bounded`], [`bytes`] | bounded bytes; small functions over bytes |
//! | `ffi` | MicroPython's side of it all, and the only unsafe code |
//!
//! Nothing here allocates: each state is a plain struct that the caller places, on a device in a
//! buffer that MicroPython's garbage collector owns.
#![no_std]
#![deny(unsafe_code)]

pub mod bounded;
pub mod bytes;
pub mod error;
pub mod fat;
#[cfg(feature = "micropython")]
pub mod ffi;
pub mod hash;
pub mod http;
pub mod json;
pub mod listing;
pub mod manifest;
pub mod path;
