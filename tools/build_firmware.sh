#!/usr/bin/env bash
# Build MicroPython with SaguarOTA in it: the user C module and the frozen package.
#
#   tools/build_firmware.sh BOARD...
#
# BOARD is `unix`, the unix port, or a board of the qemu port: MPS2_AN385 (Cortex-M3), VIRT_RV32.
# The result is build/firmware/BOARD/firmware.elf, for unix .../micropython. The source in
# build/micropython is not written to.
set -eu
cd "$(dirname "$0")/.."
ROOT=$PWD
SRC=$(cd -P build/micropython && pwd)

# Our own make's variables (ARCH, BUILD, MPY_DIR ...) mean other things in MicroPython's makefiles.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

build() { # build PORT BOARD [VARIABLE=VALUE...]
    local port=$1 board=$2
    shift 2
    tools/step.sh "firmware-$board" "building MicroPython with SaguarOTA for $board, about 20 s" \
        make -C "$SRC/ports/$port" -j"$(nproc)" PYTHON="$ROOT/build/venv/bin/python" \
        BUILD="$ROOT/build/firmware/$board" \
        MICROPY_MPYCROSS="$ROOT/build/bin/mpy-cross" \
        MICROPY_MPYCROSS_DEPENDENCY="$ROOT/build/bin/mpy-cross" \
        USER_C_MODULES="$ROOT" FROZEN_MANIFEST="$ROOT/python/saguarota/manifest.py" "$@"
}

for board; do
    result=firmware.elf
    case $board in
    unix)
        result=micropython
        # Without what needs a library or a submodule: TLS, btree, ffi.
        build unix unix VARIANT_DIR="$ROOT/tests/unix/gil" MICROPY_PY_SSL=0 MICROPY_PY_BTREE=0 \
            MICROPY_PY_FFI=0
        ;;
    VIRT_RV32)
        # Before GCC 13, binutils and GCC disagree about what rv32imac has.
        build qemu "$board" BOARD="$board" RV32_ARCH=rv32imac \
            AFLAGS="-mabi=ilp32 -march=rv32imac -misa-spec=2.2"
        ;;
    *) build qemu "$board" BOARD="$board" ;;
    esac
    size "build/firmware/$board/$result"
done
