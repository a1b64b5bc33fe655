//! Keeps the version in one place, `python/saguarota/version.py`: a build of another one fails.

use std::{env, fs};

const SOURCE: &str = "python/saguarota/version.py";

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
}
