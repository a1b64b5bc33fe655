//! The Rust core of SaguarOTA: what costs time, memory or trust.
//!
//! The map, in the order in which an update passes through it:
//!
//! | module | job |
//! | --- | --- |
//! | [`http`] | response heads and body framing |
//! | [`listing`] | the links of a folder's page |
//! | [`json`] | JSON as a stream of tokens, in memory that does not grow |
//! | [`manifest`] | a manifest's form, limits and entries, from those tokens |
//! | [`cursor`] | its entries in path order, pulled from a file |
//! | [`order`] | path order, and paths that exclude each other |
//! | [`path`] | which paths may be installed |
//! | [`auth`] | HMAC-SHA256 of the manifest's payload |
//! | [`diff`] | what is due: remote and local manifest merged in path order |
//! | [`members`] | which files the manifest names, in eight bytes a file |
//! | [`same_file`], [`fat`] | paths that are one file on a FAT file system |
//! | [`hash`] | MD5 and SHA-256, and their hexadecimal digits |
//! | [`fault`], [`error`], [`text`] | what went wrong, where, and how it is said |
//! | [`chars`], [`sort`] | characters and sorting in little code |
//! | `ffi` | MicroPython's side of it all, and the only unsafe code |
//!
//! Nothing here allocates: each state is a plain struct that the caller places, on a device in a
//! buffer that MicroPython's garbage collector owns.
#![no_std]
#![deny(unsafe_code)]

pub mod auth;
pub mod chars;
pub mod cursor;
pub mod diff;
pub mod error;
pub mod fat;
pub mod fault;
#[cfg(feature = "micropython")]
pub mod ffi;
pub mod hash;
pub mod http;
pub mod json;
pub mod listing;
pub mod manifest;
pub mod members;
pub mod order;
pub mod path;
pub mod same_file;
pub mod sort;
pub mod text;
