#!/usr/bin/env bash
# Make this machine able to build and test the project. As root or not.
#
#   tools/setup.sh tools   look for the compilers and tools; install the Debian packages that are
#                          missing where that is allowed, else print the one line to type and fail
#   tools/setup.sh lint    the same for Rust's formatter and linter, which only `make lint` needs
#   tools/setup.sh cross   the same for the compilers of all of MicroPython's architectures, which only
#                          `make dist` and the firmwares need; says how Rust is built for each
#   tools/setup.sh firmware the same for what `make firmware` and `make test-firmware` need: those
#                          compilers, and QEMU
#   tools/setup.sh venv    create build/venv from tools/requirements.txt
#   tools/setup.sh servers nginx and Apache, which only `make test` needs: this machine's own, else
#                          unpacked to build/servers; fails after the line to type where neither is
#                          to be had, and the tests with them are then skipped
#   tools/setup.sh         tools and venv
#
# Environment: PYTHON (python3), MPY_DIR (a MicroPython tree: nothing is needed to fetch one),
# CARGO_HOME (build/cargo). Only apt writes outside the repository.
set -eu
cd "$(dirname "$0")/.."
ROOT=$PWD
PYTHON=${PYTHON:-python3}

have() { command -v "$1" >/dev/null 2>&1; }

# at_least FOUND WANTED: compare dotted version numbers.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

missing=()  # what a person reads
packages=() # the Debian packages that bring it
rust_line=  # what to type for Rust where rustup must do it

need() { # need WHAT PACKAGE...
    missing+=("$1")
    shift
    packages+=("$@")
}

check_tools() {
    # Preprocessing a system header tells a compiler from a compiler without the C library.
    if ! have cc || ! echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1; then
        need "a C compiler with its headers" gcc libc6-dev
    fi
    have make || need make make
    if ! have "$PYTHON" || ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 9))'; then
        need "Python 3.9 or newer" python3 python3-venv
    elif ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
        need "Python's venv and ensurepip" python3-venv
    fi
    have timeout || need timeout coreutils
    # Fetching MicroPython's source: from Debian's archive with dpkg-source, elsewhere with git.
    if [ -z "${MPY_DIR:-}" ] && have apt-get; then
        have dpkg-source || need dpkg-source dpkg-dev
        have xz || need xz xz-utils
        have patch || need patch patch
    elif [ -z "${MPY_DIR:-}" ]; then
        have git || need git git
    fi
    check_rust
}

check_rust() {
    local wanted found=none where package
    wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' Cargo.toml)
    if have cargo && have rustc; then
        found=$(rustc --version 2>/dev/null | cut -d ' ' -f 2)
    fi
    if [ "$found" != none ] && at_least "${found:-0}" "$wanted"; then
        return
    fi
    where=$(command -v rustc || true)
    missing+=("Rust $wanted or newer (found: ${found:-unusable}${where:+ at $where})")
    if have rustup; then
        rust_line="rustup update stable && rustup default stable"
        local bin
        bin=$(dirname "$(command -v rustup)")
        if [ -n "$where" ] && [ "$(dirname "$where")" != "$bin" ]; then
            rust_line+=" && export PATH=\"$bin:\$PATH\""
        fi
        return
    fi
    # Debian's security archive has newer compilers than the release's own, as rustc-web. A compiler
    # that is not Debian's would still come first on the PATH.
    if have apt-cache && { [ -z "$where" ] || dpkg -S "$where" >/dev/null 2>&1; }; then
        for package in rustc rustc-web; do
            if at_least "$(candidate "$package")" "$wanted"; then
                packages+=("$package" "${package/rustc/cargo}")
                return
            fi
        done
        if [ "$(candidate rustup)" != 0 ]; then
            packages+=(rustup)
            rust_line="rustup default stable"
            return
        fi
    fi
    have curl || packages+=(curl ca-certificates)
    rust_line="curl --proto =https --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"
    rust_line+=" && . ~/.cargo/env"
}

# candidate PACKAGE: the version that apt would install, 0 where there is none.
candidate() {
    local version
    version=$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(]\)/\1/p')
    echo "${version:-0}"
}

join_missing() {
    local joined
    joined=$(printf '%s, ' "${missing[@]}")
    echo "${joined%, }"
}

install_line() { printf 'apt-get install -y --no-install-recommends %s' "${packages[*]}"; }

may_install() {
    have apt-get || return 1
    [ "$(id -u)" -eq 0 ] || { have sudo && sudo -n true 2>/dev/null; }
}

check_lint() {
    if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; then
        return
    fi
    missing+=("cargo fmt and cargo clippy")
    case $(command -v cargo) in
    /usr/bin/*)
        if dpkg -s cargo-web >/dev/null 2>&1; then
            packages+=(rustfmt-web rust-web-clippy)
        else
            packages+=(rustfmt rust-clippy)
        fi
        ;;
    *) rust_line="rustup component add rustfmt clippy" ;;
    esac
}

# compiles "COMMAND": it finds the C library's headers.
compiles() { have "${1%% *}" && echo '#include <assert.h>' | $1 -E - >/dev/null 2>&1; }

# The C compiler of each architecture, as Rust's target is told by it.
ARM_CC="arm-none-eabi-gcc -mthumb"
RISCV_CC="riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32 --specs=picolibc.specs"
X86_CC="gcc -m32"
XTENSA_CC="clang-22 --target=xtensa-none-elf -isystem /usr/lib/xtensa-lx106-elf/include"

check_cross() {
    compiles "$ARM_CC" || need "a C compiler for ARM" gcc-arm-none-eabi libnewlib-arm-none-eabi
    compiles "$RISCV_CC" ||
        need "a C compiler for RISC-V" gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf
    compiles "$X86_CC" || need "a C compiler for 32-bit x86" gcc-multilib
    compiles "$XTENSA_CC" ||
        need "a C compiler for Xtensa, LLVM 22" clang-22 picolibc-xtensa-lx106-elf
    if ! has_xtensa_rust && have rustup; then
        echo "==> adding the source of Rust's core library, some 5 MB, for Xtensa"
        rustup component add rust-src >/dev/null 2>&1 || true
    fi
    has_xtensa_rust || need "Rust for Xtensa" rustc-web cargo-web rust-web-src
    # Debian's Rust has no core library for other machines, but its source.
    if ! have rustup && have dpkg && [ "$(command -v rustc)" = /usr/bin/rustc ] &&
        [ ! -d /usr/lib/rustlib/src/rust/library/core ]; then
        if dpkg -s rustc-web >/dev/null 2>&1; then
            need "the source of Rust's core library" rust-web-src
        else
            need "the source of Rust's core library" rust-src
        fi
    fi
}

has_xtensa_rust() {
    tools/xtensa_rustc.sh mpy_glue/xtensa-windowed-none-elf.json >/dev/null 2>&1
}

check_firmware() {
    check_cross
    have cmake || need CMake cmake
    have xtensa-lx106-elf-ld || need "binutils for Xtensa" binutils-xtensa-lx106
    have qemu-system-arm || need "QEMU for ARM" qemu-system-arm
    if ! have qemu-system-riscv32 || ! have qemu-system-xtensa; then
        need "QEMU for RISC-V and Xtensa" qemu-system-misc
    fi
}

print_ways() {
    local cc
    for cc in "$ARM_CC -mcpu=cortex-m0" "$ARM_CC -mcpu=cortex-m3" \
        "$ARM_CC -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16" "$RISCV_CC" "$X86_CC" "$XTENSA_CC"; do
        CC=$cc ONLY_WAY=1 mpy_glue/rust.sh build/none.o
    done
}

# A user's PATH often lacks sbin. tests/servers.py looks in the same places.
have_server() { # have_server NAME...
    local name
    for name; do
        if PATH=$PATH:/usr/sbin:/usr/local/sbin have "$name"; then return; fi
        if [ -x "build/servers/usr/sbin/$name" ]; then return; fi
    done
    return 1
}

check_servers() {
    have_server nginx || need "nginx" nginx
    have_server apache2 httpd || need "Apache httpd" apache2-bin
}

# look CHECK: run it from a clean slate; a package may have brought a command since the last time.
look() {
    missing=() packages=() rust_line=
    hash -r
    "$1"
}

# The line that a person types for everything that is missing at once.
print_line() {
    local line=
    if [ ${#packages[@]} -gt 0 ] && have apt-get; then
        if [ "$(id -u)" -eq 0 ]; then
            line="apt-get update && $(install_line)"
        elif have sudo; then
            line="sudo apt-get update && sudo $(install_line)"
        else
            line="su -c 'apt-get update && $(install_line)'"
        fi
    fi
    if [ -n "$rust_line" ]; then line="${line:+$line && }$rust_line"; fi
    printf 'missing: %s\n' "$(join_missing)" >&2
    if [ -n "$line" ]; then
        printf 'type this, then run make again:\n  %s\n' "$line" >&2
    else
        printf 'install it with the package manager of this system, then run make again\n' >&2
    fi
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# A machine that has just started may be at work with another apt. Of its locks, apt waits for dpkg's
# only.
update_lists() {
    local left=30 output
    until output=$(as_root apt-get update 2>&1); do
        printf '%s\n' "$output"
        case $output in
        *"ould not get lock"*) ;;
        *) return 1 ;;
        esac
        if [ "$left" -eq 0 ]; then return 1; fi
        left=$((left - 1))
        sleep 10
    done
}

install_packages() {
    as_root apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

provide() { # provide CHECK: what it finds missing
    local check=$1
    look "$check"
    if [ ${#missing[@]} -gt 0 ] && may_install; then
        printf '==> missing: %s\n' "$(join_missing)"
        tools/step.sh apt-update "updating apt's package lists, about 15 s" \
            tools/setup.sh update-lists
        look "$check" # the new lists may know a Rust that is new enough
        if [ ${#packages[@]} -gt 0 ]; then
            # What apt says before it asks.
            as_root apt-get install --assume-no --no-install-recommends "${packages[@]}" |
                sed -n 's/^\(Need to get\|After this operation\)/    &/p' || true
            tools/step.sh apt-install "installing ${packages[*]}, about 30 s" \
                tools/setup.sh install-packages "${packages[@]}"
        fi
        look "$check"
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        print_line
        exit 1
    fi
}

# Debian's nginx begins to serve port 80 when it is installed, so that it is not: the packages are
# fetched with whatever they need that this machine lacks, and unpacked. No root is needed for that.
provide_servers() {
    look check_servers
    if [ ${#missing[@]} -gt 0 ] && have apt-get && have dpkg-deb; then
        tools/step.sh servers "unpacking $(join_missing) to build/servers, for the tests, about 5 s" \
            tools/setup.sh unpack-servers || true
        look check_servers
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        print_line
        echo "without it, the tests with it are skipped" >&2
        exit 1
    fi
}

unpack_servers() {
    local apt=$ROOT/build/apt-servers options package
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/unpacked"
    options=(-o "Dir::Cache=$apt/cache" -o "Debug::NoLocking=true"
        -o "APT::Sandbox::User=$(id -un)" -o "Acquire::Languages=none"
        -o "Acquire::Retries=2" -o "Acquire::http::Timeout=30")
    look check_servers
    if ! apt_download; then
        # The machine's package lists are missing or stale; own ones need no root.
        options+=(-o "Dir::State::lists=$apt/lists")
        apt-get "${options[@]}" update
        apt_download
    fi
    for package in "$apt"/cache/archives/*.deb; do
        dpkg-deb -x "$package" "$apt/unpacked"
    done
    mkdir -p build/servers
    cp -a "$apt/unpacked/." build/servers/
    rm -rf "$apt"
}

apt_download() {
    apt-get "${options[@]}" install -y --download-only --no-install-recommends "${packages[@]}"
}

# Cargo keeps its downloads in build/cargo, so that nothing lands in the home directory; a person's
# own settings there (a mirror, a proxy) must hold all the same. Below the home directory Cargo
# finds that file by itself, since it looks in .cargo of every parent.
link_cargo_config() {
    local mine=$HOME/.cargo/config.toml
    if [ "${CARGO_HOME:-$ROOT/build/cargo}" != "$ROOT/build/cargo" ]; then return; fi
    mkdir -p build/cargo
    rm -f build/cargo/config.toml
    case $ROOT/ in "$HOME"/*) return ;; esac
    if [ -f "$mine" ]; then ln -s "$mine" build/cargo/config.toml; fi
}

setup_venv() {
    tools/step.sh venv "creating build/venv with the locked Python packages, about 30 s" \
        tools/setup.sh create-venv
}

create_venv() {
    export PIP_CACHE_DIR=$ROOT/build/pip-cache PIP_DISABLE_PIP_VERSION_CHECK=1
    "$PYTHON" -m venv --clear build/venv
    build/venv/bin/python -m pip install --require-hashes --only-binary :all: \
        -r tools/requirements.txt
    # One path for bindgen's LIBCLANG_PATH, whatever Python's version is.
    ln -sfn "$(build/venv/bin/python -c 'import clang; print(clang.__path__[0])')/native" \
        build/venv/libclang
}

mkdir -p build
case ${1:-all} in
update-lists) update_lists ;;
install-packages) shift && install_packages "$@" ;;
tools) provide check_tools; link_cargo_config ;;
lint) provide check_lint ;;
cross) provide check_cross; print_ways ;;
firmware) provide check_firmware; print_ways ;;
venv) setup_venv ;;
create-venv) create_venv ;;
servers) provide_servers ;;
unpack-servers) unpack_servers ;;
all) provide check_tools; link_cargo_config; setup_venv ;;
*) echo "usage: tools/setup.sh [tools|lint|cross|firmware|venv|servers]" >&2 && exit 2 ;;
esac
