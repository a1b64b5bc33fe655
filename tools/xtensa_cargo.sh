#!/usr/bin/env bash
# Print the command for a Cargo that builds for one of our Xtensa targets, a JSON file, and say on
# standard error which it is. It needs rustc with LLVM 22's Xtensa back end, and the sources of
# Rust's core library, since nobody offers that library compiled. rustup's is asked first, then
# Debian's (rustc-web, cargo-web, rust-web-src).
#
#   tools/xtensa_cargo.sh mpy_glue/xtensa-windowed-none-elf.json
#
# Environment: CARGO (cargo), asked first.
set -eu
target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Nothing but the attributes: compiles without a core library, if the back end likes the target.
printf '#![feature(no_core)]\n#![no_core]\n' >"$work/probe.rs"

# What the targets need is not stable yet; these releases have it all the same.
export RUSTC_BOOTSTRAP=1

serves() { # serves RUSTC
    local sysroot
    sysroot=$("$1" --print sysroot 2>/dev/null) || return 1
    [ -f "$sysroot/lib/rustlib/src/rust/library/core/Cargo.toml" ] || return 1
    "$1" --crate-type lib --emit obj -Zunstable-options --target "$target" \
        -o "$work/probe.o" "$work/probe.rs" 2>/dev/null
}

say() { echo "Rust for $(basename "$target" .json): $("$1" --version)" >&2; }

if serves "${RUSTC:-rustc}"; then
    say "${RUSTC:-rustc}"
    echo "env RUSTC_BOOTSTRAP=1 ${CARGO:-cargo}"
elif [ -x /usr/bin/cargo ] && serves /usr/bin/rustc; then
    say /usr/bin/rustc
    echo "env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo"
else
    echo "no rustc with LLVM 22 for Xtensa and the sources of its core library was found; type" >&2
    echo "  rustup update stable && rustup component add rust-src" >&2
    echo "or, on Debian, install rustc-web, cargo-web and rust-web-src" >&2
    exit 1
fi
