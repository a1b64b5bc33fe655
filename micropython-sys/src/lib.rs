//! Bindings to MicroPython's table of functions for native modules, `py/nativeglue.h`, made by
//! bindgen for the architecture that is being built.
//!
//! Nothing is declared by hand, and nothing here is an external symbol: the address of the table
//! comes from C, because some of MicroPython's linkers cannot place Rust's references to data.
#![no_std]
#![allow(non_camel_case_types, non_upper_case_globals, non_snake_case, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
