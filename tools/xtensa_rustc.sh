#!/usr/bin/env bash
# Print the rustc that compiles for one of our Xtensa targets, a JSON file. It needs LLVM 22's
# Xtensa back end, and the source of Rust's core library, since nobody offers that library compiled.
# The one on the PATH is asked first, rustup's as a rule; then Debian's (rustc-web, rust-web-src).
#
#   tools/xtensa_rustc.sh mpy_glue/xtensa-windowed-none-elf.json
#
# Environment: RUSTC (rustc), asked first.
set -eu
target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Nothing but the attributes: compiles without a core library, if the back end likes the target.
printf '#![feature(no_core)]\n#![no_core]\n' >"$work/probe.rs"

# What the targets need is not stable yet; the releases have it all the same.
export RUSTC_BOOTSTRAP=1

for rustc in "${RUSTC:-rustc}" /usr/bin/rustc; do
    sysroot=$("$rustc" --print sysroot 2>/dev/null) || continue
    [ -f "$sysroot/lib/rustlib/src/rust/library/core/Cargo.toml" ] || continue
    if "$rustc" --crate-type lib --emit obj -Zunstable-options --target "$target" \
        -o "$work/probe.o" "$work/probe.rs" 2>/dev/null; then
        echo "$rustc"
        exit
    fi
done
echo "no rustc with LLVM 22 for Xtensa and the source of its core library; get them by" >&2
echo "  rustup update stable && rustup component add rust-src" >&2
echo "or, on Debian, as rustc-web, cargo-web and rust-web-src" >&2
exit 1
