//! A release's manifest: its form, its entries in path order, who signed it, and what of it is due.
//!
//! [`reader`] makes entries of JSON's tokens, [`cursor`] reads by a [`context`] and gives them in
//! [`path_order`], by an index that [`sort`] fills where the file is in another order. On the
//! cursor stand [`signature`], [`diff`], [`path_hashes`] and [`fat_aliases`]. Each reads the file
//! once more, so that memory does not grow with the number of entries.

pub mod context;
pub mod cursor;
pub mod diff;
pub mod fat_aliases;
pub mod path_hashes;
pub mod path_order;
pub mod reader;
pub mod signature;
pub mod sort;
