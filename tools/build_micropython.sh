#!/usr/bin/env bash
# Build what turns modules into .mpy files and what the tests run them on: build/bin/mpy-cross and
# build/bin/micropython, the unix port, from build/micropython.
#
# Every output goes to build/: the source may be somebody's own tree. The port has no TLS, no btree
# and no ffi, so that it needs no submodule and no library; it has no hashlib.md5 either.
set -eu
cd "$(dirname "$0")/.."
ROOT=$PWD
SRC=$(cd -P build/micropython && pwd)

# Our own make's variables (ARCH, BUILD, MPY_DIR ...) mean other things in MicroPython's makefiles.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
build() { make -j"$(nproc)" PYTHON="${PYTHON:-python3}" "$@"; }

mkdir -p build/bin
build -C "$SRC/mpy-cross" BUILD="$ROOT/build/mpy-cross"
cp build/mpy-cross/mpy-cross build/bin/mpy-cross
build -C "$SRC/ports/unix" VARIANT=standard BUILD="$ROOT/build/unix" \
    MICROPY_MPYCROSS="$ROOT/build/bin/mpy-cross" FROZEN_MANIFEST= \
    MICROPY_PY_SSL=0 MICROPY_PY_BTREE=0 MICROPY_PY_FFI=0
cp build/unix/micropython build/bin/micropython
