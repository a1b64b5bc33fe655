#!/usr/bin/env bash
# Make build/micropython a link to MicroPython's source, in this order:
#
#   1. MPY_DIR, the caller's own tree (1.23 or newer); it is read and never written to
#   2. on Debian, the pinned source package through apt, which needs no root for that
#   3. a git clone of the pinned tag (on Debian: where 2 fails; elsewhere first)
#
# What is fetched is checked against a pinned sha256 before it is used. MPY_FETCH=apt or MPY_FETCH=git
# forces one way; MPY_GIT_URL names another clone of MicroPython's repository.
set -eu
MPY_DIR=${MPY_DIR:+$(cd "$MPY_DIR" && pwd)}
cd "$(dirname "$0")/.."
ROOT=$PWD
VERSION=1.25.0
GIT_URL=${MPY_GIT_URL:-https://github.com/micropython/micropython.git}

# The Debian source package micropython 1.25.0+ds-1.
DEBIAN_VERSION=$VERSION+ds-1
DEBIAN_SUITE=trixie
DEBIAN_SHA256="\
8c7c406be88a6f3bc19e694eb0bbc5841112243fdf2b5a296e000d8fdc5f3c34  micropython_1.25.0+ds-1.dsc
7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea  micropython_1.25.0+ds.orig.tar.xz
87cd89f7900c86b963885dabe25acf3e5348815993f1500278ad8f6464465af4  micropython_1.25.0+ds-1.debian.tar.xz"

# The same release in git: sha256 over the sorted `sha256sum` lines of all that is compiled or run.
# Made from the orig tarball above, which has these folders as they were released.
GIT_DIRS="py extmod shared mpy-cross ports/unix tools
    lib/crypto-algorithms lib/littlefs lib/oofatfs lib/re1.5 lib/uzlib"
GIT_SHA256=44a1a2a0865d6facb219340b63f3df9241c7d092d6a5bfd094d6a2cc5d31118f

die() {
    echo "$*" >&2
    exit 1
}

tree_sha256() { # of the folder $1
    # shellcheck disable=SC2086 # a list of folders
    (cd "$1" && find $GIT_DIRS -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) |
        sha256sum | cut -d ' ' -f 1
}

use() { # use FOLDER WHY: it becomes build/micropython; what was built from another one goes
    # An object knows its own source by an absolute path: it would seem to be up to date.
    if [ "$(readlink build/micropython)" != "$1" ] || [ -n "$MPY_DIR" ]; then
        rm -rf build/unix build/unix-old build/mpy-cross build/natmod build/firmware
        ln -sfn "$1" build/micropython
    fi
    echo "==> MicroPython's source: $2"
}

# Where the source comes from: "pinned", or the caller's tree and a sum over the size and time of each
# file that is compiled or run. Whatever changes this line makes the builds start again.
print_origin() {
    if [ -z "$MPY_DIR" ]; then
        echo pinned
    else
        # shellcheck disable=SC2086 # a list of folders
        echo "$MPY_DIR $(cd "$MPY_DIR" && find $GIT_DIRS \( -name 'build*' -o -name __pycache__ \) \
            -prune -o -type f -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort | sha256sum)"
    fi
}

use_mpy_dir() {
    local header=$MPY_DIR/py/mpconfig.h major minor file
    for file in py/dynruntime.mk py/nativeglue.h tools/mpy_ld.py ports/unix/Makefile; do
        [ -f "$MPY_DIR/$file" ] || die "MPY_DIR=$MPY_DIR is no MicroPython source tree: no $file"
    done
    major=$(sed -n 's/^#define MICROPY_VERSION_MAJOR *\([0-9]*\).*/\1/p' "$header")
    minor=$(sed -n 's/^#define MICROPY_VERSION_MINOR *\([0-9]*\).*/\1/p' "$header")
    [ "$major" -gt 1 ] || [ "$minor" -ge 23 ] ||
        die "MPY_DIR=$MPY_DIR is MicroPython $major.$minor; 1.23 or newer is needed"
    use "$MPY_DIR" "$major.$minor in $MPY_DIR (MPY_DIR)"
}

# deb-src entries for the suite that has the package, from each main archive that this machine is
# set up with: the same mirror, keys and options, another suite. Both of apt's formats.
apt_sources() { # into the folder $1
    local file here codename
    # shellcheck source=/dev/null
    here=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    codename="^(${here:-stable}|oldstable|stable|testing|unstable|sid)\$"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        awk -v RS= -v FS='\n' -v suite="$DEBIAN_SUITE" -v codename="$codename" '
            {
                split("", value); kept = ""; field = ""
                for (i = 1; i <= NF; i++) {
                    if ($i ~ /^#/) continue
                    if ($i ~ /^[A-Za-z-]+:/) field = tolower(substr($i, 1, index($i, ":") - 1))
                    line = $i; sub(/^[A-Za-z-]+:/, "", line)
                    value[field] = value[field] " " line
                    if (field !~ /^(types|suites|components|enabled|architectures)$/)
                        kept = kept $i "\n"
                }
                wanted = 0
                n = split(value["suites"], name, " ")
                for (i = 1; i <= n; i++) if (name[i] ~ codename) wanted = 1
                if (wanted && value["types"] ~ /deb/ && value["components"] ~ /main/ &&
                    value["enabled"] !~ /no/ && value["uris"] !~ /cdrom:/)
                    printf "Types: deb-src\nSuites: %s\nComponents: main\n%s\n", suite, kept
            }' "$file"
    done >"$1/main.sources"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -f "$file" ] || continue
        awk -v suite="$DEBIAN_SUITE" -v codename="$codename" '
            $1 != "deb" || / cdrom:/ { next }
            {
                options = ""
                if (match($0, /\[[^]]*\]/)) {
                    options = substr($0, RSTART, RLENGTH) " "
                    gsub(/arch=[^] ]*/, "", options)
                    $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
                }
                if ($3 ~ codename && / main( |$)/) print "deb-src " options $2, suite, "main"
            }' "$file"
    done >"$1/main.list"
    [ -s "$1/main.sources" ] || [ -s "$1/main.list" ]
}

fetch_apt() { # the package into the folder $1
    local apt=$ROOT/build/apt options
    rm -rf "$apt"
    mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/download"
    if ! apt_sources "$apt/sources"; then
        echo "no main archive in apt's sources"
        return 1
    fi
    # Own lists and cache: neither root nor the system's lists are touched.
    options=(-o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$apt/sources"
        -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache"
        -o "APT::Sandbox::User=$(id -un)" -o "Acquire::Languages=none"
        -o "Acquire::Retries=2" -o "Acquire::http::Timeout=30")
    # An archive without that suite makes this fail; the download shows whether another had it.
    apt-get "${options[@]}" update || true
    (cd "$apt/download" &&
        apt-get "${options[@]}" source --download-only "micropython=$DEBIAN_VERSION" &&
        echo "$DEBIAN_SHA256" | sha256sum --check --strict) || return 1
    dpkg-source --no-copy -x "$apt/download/micropython_$DEBIAN_VERSION.dsc" "$1" || return 1
    rm -rf "$apt"
}

fetch_git() { # the tag into the folder $1
    local found
    export GIT_TERMINAL_PROMPT=0
    # Where nothing answers, find out in seconds; where it crawls, give up.
    timeout 20 git ls-remote --exit-code "$GIT_URL" "refs/tags/v$VERSION" || return 1
    timeout 600 git -c http.lowSpeedLimit=1000 -c http.lowSpeedTime=30 -c core.autocrlf=false \
        -c advice.detachedHead=false clone --quiet --depth 1 --branch "v$VERSION" "$GIT_URL" "$1" ||
        return 1
    found=$(tree_sha256 "$1")
    if [ "$found" != "$GIT_SHA256" ]; then
        echo "the clone of v$VERSION has sha256 $found, not $GIT_SHA256"
        return 1
    fi
}

fetch() { # the pinned release, by whatever way works
    local ways way what target=build/micropython-$VERSION
    if [ -f "$target/.fetched" ]; then
        use "${target#build/}" "$(cat "$target/.fetched"), fetched before"
        return
    fi
    ways="git apt"
    if grep -qs '^ID=debian' /etc/os-release; then ways="apt git"; fi
    for way in ${MPY_FETCH:-$ways}; do
        case $way in
        apt) what="the Debian source package $DEBIAN_VERSION" ;;
        git) what="a git clone of v$VERSION" ;;
        *) die "MPY_FETCH is apt or git, not $way" ;;
        esac
        if ! command -v "${way/apt/apt-get}" >/dev/null; then continue; fi
        rm -rf "$target" "$target.new"
        if tools/step.sh "fetch-$way" "fetching MicroPython $VERSION: $what, about 20 s" \
            tools/fetch_micropython.sh "fetch_$way" "$ROOT/$target.new"; then
            echo "$what, sha256 checked" >"$target.new/.fetched"
            mv "$target.new" "$target"
            use "${target#build/}" "$(cat "$target/.fetched")"
            return
        fi
    done
    die "MicroPython's source can't be had from here: name a tree of it, make MPY_DIR=/path ..."
}

mkdir -p build
case ${1:-} in
fetch_apt | fetch_git) "$1" "$2" ;;
origin) print_origin ;;
"") if [ -n "$MPY_DIR" ]; then use_mpy_dir; else fetch; fi ;;
*) die "usage: [MPY_DIR=...] tools/fetch_micropython.sh [origin]" ;;
esac
