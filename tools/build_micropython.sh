#!/usr/bin/env bash
# Build what turns modules into .mpy files and what the tests run them on, from build/micropython:
#
#   tools/build_micropython.sh       build/bin/mpy-cross, and build/bin/micropython, the unix port
#   tools/build_micropython.sh old   build/bin/micropython-old, the unix port as old firmwares have it
#
# Every output goes to build/: the source may be somebody's own tree. The port has no TLS, no btree
# and no ffi, so that it needs no submodule and no library; it has no hashlib.md5 either.
# tests/unix/gil says how it differs from the standard variant.
set -eu
cd "$(dirname "$0")/.."
ROOT=$PWD
SRC=$(cd -P build/micropython && pwd)

# Our own make's variables (ARCH, BUILD, MPY_DIR ...) mean other things in MicroPython's makefiles.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
build() { make -j"$(nproc)" PYTHON="${PYTHON:-python3}" "$@"; }


# unix FOLDER [VARIABLE=VALUE...]: build the port in build/FOLDER
unix() {
    local folder=build/$1
    shift
    build -C "$SRC/ports/unix" VARIANT_DIR="$ROOT/tests/unix/gil" BUILD="$ROOT/$folder" \
        MICROPY_MPYCROSS="$ROOT/build/bin/mpy-cross" FROZEN_MANIFEST= \
        MICROPY_PY_SSL=0 MICROPY_PY_BTREE=0 MICROPY_PY_FFI=0 "$@"
}

# What MicroPython 1.25 has and 1.23 and 1.24 have not, as far as a switch of py/mpconfig.h turns it
# off and Python code can tell: next(iterator, default), micropython.RingIO (in 1.24 only). They
# were found by comparing py/mpconfig.h and ports/unix of these versions. Without a switch is what
# 1.25 adds to calls that the package does not make: vfs.mount() without arguments, os.sep on every
# port, ROMFS. A source without such a switch ignores it.
OLD="-DMICROPY_PY_BUILTINS_NEXT2=0 -DMICROPY_PY_MICROPYTHON_RINGIO=0"

mkdir -p build/bin
case ${1:-} in
old)
    unix unix-old CFLAGS_EXTRA="$OLD"
    cp -f build/unix-old/micropython build/bin/micropython-old
    ;;
"")
    build -C "$SRC/mpy-cross" BUILD="$ROOT/build/mpy-cross"
    cp -f build/mpy-cross/mpy-cross build/bin/mpy-cross
    unix unix
    cp -f build/unix/micropython build/bin/micropython
    ;;
*)
    echo "usage: tools/build_micropython.sh [old]" >&2
    exit 2
    ;;
esac
