#!/usr/bin/env bash
# Build the Rust core for the machine that a C compiler compiles for, as one object file:
#
#   CC="arm-none-eabi-gcc -mthumb -mcpu=cortex-m3" MPY_DIR=... mpy_glue/rust.sh OUT.o [FIRST.o...]
#
# OUT.o holds what mpy_glue/glue.c calls and what that needs, no more. With FIRST.o (the compiled
# glue) the result is a native module's whole code, mpy_init and all; without, it is for a
# firmware, which has the C library and the compiler's run-time library itself.
#
# Environment: MPY_DIR, MicroPython's source, an absolute path; CARGO (cargo); CARGO_TARGET_DIR
# (build/target); LIBCLANG_PATH (build/venv/libclang where that is); FEATURES, more of the crate's
# features; ONLY_WAY=1 prints how Rust is built for that machine and stops.
set -eu
out=$(realpath -m "$1")
shift
first=()
for object; do first+=("$(realpath "$object")"); done
cd "$(dirname "$0")/.."
root=$PWD
cargo=${CARGO:-cargo}
# Cargo would take the jobs of a make that has closed its pipe.
unset MAKEFLAGS MFLAGS
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/build/target}
if [ -e build/venv/libclang ]; then
    export LIBCLANG_PATH=${LIBCLANG_PATH:-$root/build/venv/libclang}
fi

die() {
    echo "mpy_glue/rust.sh: $*" >&2
    exit 1
}

# shellcheck disable=SC2086 # CC is a command with its flags
macros=$($CC -dM -E -x c /dev/null)
defined() { grep -q "^#define $1 " <<<"$macros"; }

# Rust's name for the machine, and what ld must be told.
mode=()
if defined __x86_64__; then
    target=x86_64-unknown-linux-gnu
elif defined __i386__; then
    target=i686-unknown-linux-gnu mode=(-m elf_i386)
elif defined __ARM_ARCH_6M__; then
    target=thumbv6m-none-eabi
elif defined __ARM_ARCH_7M__; then
    target=thumbv7m-none-eabi
elif defined __ARM_ARCH_7EM__; then
    target=thumbv7em-none-eabi
elif defined __ARM_ARCH_8M_BASE__; then
    target=thumbv8m.base-none-eabi
elif defined __ARM_ARCH_8M_MAIN__; then
    target=thumbv8m.main-none-eabi
elif defined __riscv && grep -q '^#define __riscv_xlen 32$' <<<"$macros"; then
    target=riscv32imc-unknown-none-elf mode=(-m elf32lriscv)
elif defined __XTENSA_CALL0_ABI__; then
    target=xtensa-call0-none-elf
elif defined __XTENSA__; then
    target=xtensa-windowed-none-elf
else
    die "no Rust target is known for '$CC'"
fi
# Arguments of the hard-float ABI; the linker compares.
if defined __ARM_PCS_VFP; then target+=hf; fi

# How Rust gets its core library for that machine: its toolchain has it, or rustup can add it, or
# it is built from the source of a toolchain that has that. Where it can be, that is the first choice
# for ARM's Thumb: rustc has each function there keep a frame pointer, which nobody here follows and
# which is 6% of the code, and only a target of our own, of which no core library comes with any
# toolchain, has it otherwise.
has_core() { [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; }
has_source() {
    for sysroot in "$(rustc --print sysroot)" /usr; do
        if [ -d "$sysroot/lib/rustlib/src/rust/library/core" ]; then return; fi
    done
    false
}
use_source() { # with the toolchain whose source it is
    if [ "$sysroot" = /usr ]; then
        cargo=/usr/bin/cargo rustc=$(/usr/bin/rustc --version)
        export PATH=/usr/bin:$PATH
    fi
    # What the releases can do but do not call stable.
    export RUSTC_BOOTSTRAP=1
    target_args+=(-Z build-std=core)
    way="core library built from source"
}
target_args=(--target "$target")
rustc_args=(-C relocation-model=pic)
rustc=$(rustc --version)
if [[ $target = xtensa-* ]]; then
    # Targets of our own: see xtensa.mk.
    target_args=(--target "mpy_glue/$target.json" -Z json-target-spec -Z build-std=core)
    rustc_args=()
    RUSTC=$(tools/xtensa_rustc.sh "mpy_glue/$target.json")
    rustc=$("$RUSTC" --version)
    if [ "$RUSTC" = /usr/bin/rustc ]; then cargo=/usr/bin/cargo; fi
    export RUSTC RUSTC_BOOTSTRAP=1
    way="core library built from source"
elif [ "$(rustc --version --verbose | sed -n 's/^host: //p')" = "$target" ]; then
    way="the host's own"
    target='' target_args=()
elif [[ $target = thumb* ]] && has_source && RUSTC_BOOTSTRAP=1 $cargo -Z help | grep -q json-target; then
    use_source
    way+=", without frame pointers"
    stock=$target target=${target/-none-/-small-none-}
    spec=$CARGO_TARGET_DIR/$target.json
    mkdir -p "$CARGO_TARGET_DIR"
    rustc -Z unstable-options --print target-spec-json --target "$stock" |
        sed 's/"frame-pointer": "always"/"frame-pointer": "may-omit"/' >"$spec.$$"
    mv "$spec.$$" "$spec"
    target_args=(--target "$spec" -Z json-target-spec -Z build-std=core)
elif has_core; then
    way="core library installed"
elif command -v rustup >/dev/null && timeout 300 rustup target add "$target" >/dev/null 2>&1; then
    way="core library added by rustup"
elif has_source; then
    use_source
else
    die "no core library for $target: rustup target add $target, or Debian's rust-src"
fi
echo "Rust for ${target:-this machine}: $rustc, $way"
if [ -n "${ONLY_WAY:-}" ]; then exit; fi

# Cargo remembers what it made the bindings of by this name, so that it is not that of a link.
# shellcheck disable=SC2086
MICROPYTHON_DIR=$(cd "$MPY_DIR" && pwd -P) TARGET_CC=${CC%% *} TARGET_CFLAGS=${CC#* } \
    $cargo rustc --quiet --locked --release --lib --crate-type staticlib \
    --features "micropython ${FEATURES:-}" "${target_args[@]}" -- "${rustc_args[@]}"
archive=$CARGO_TARGET_DIR/$target/release/libsaguarota.a

tool() { # the compiler's own binutils
    # shellcheck disable=SC2086
    $CC -print-prog-name="$1"
}

# What the glue declares and does not define.
mapfile -t calls < <(
    sed -nE '/\{$/!s/^(mp_obj_t|void) (saguarota_[a-z_]*)\(.*/\2/p' mpy_glue/glue.c
)
case " ${FEATURES:-} " in *" defect "*) calls+=(saguarota_defect) ;; esac

# LLVM's objects for Xtensa are none for ld.
if [[ $target = xtensa-* ]]; then
    python=build/venv/bin/python
    [ -x $python ] || python=${PYTHON:-python3}
    if [ ${#first[@]} -gt 0 ]; then
        roots=(-e mpy_init)
    else
        roots=("${calls[@]/#/-e}" -x{bcmp,memcmp,memcpy,memmove,memset,strlen})
    fi
    $python tools/xtensa_ld.py "${roots[@]}" -o "$out" "${first[@]}" "$archive"
    exit
fi

if [ ${#first[@]} -gt 0 ]; then
    roots=(-e mpy_init)
else
    # The firmware's own memory functions are to be used, not those of Rust's core.
    cp "$archive" "$out.a"
    "$(tool readelf)" --symbols --wide "$out.a" | awk '
        /^File: / { member = $2; sub(/.*\(/, "", member); sub(/\)$/, "", member) }
        $7 != "UND" && $8 ~ /^(__aeabi_)?(bcmp|mem[a-z]*[0-9]?|strlen)$/ { print member }' |
        sort -u | xargs "$(tool ar)" d "$out.a"
    archive=$out.a
    roots=("${calls[@]/#/-u}")
fi
# The glue comes first, so that its memory functions are taken and not those of Rust's archive.
"$(tool ld)" "${mode[@]}" -z noexecstack -r --gc-sections "${roots[@]}" -o "$out" "${first[@]}" "$archive"
# Debug information, LLVM's own copy of the code, and tables for unwinding, which Rust never does here
# and which would ask for an unwinder.
"$(tool objcopy)" -g -R '.llvm*' -R '.eh_frame' -R '.rel*.eh_frame' \
    -R '.ARM.exidx*' -R '.rel.ARM.exidx*' "$out"
rm -f "$out.a"
