#!/usr/bin/env bash
# Run one long step quietly: say what it does and how long it takes, show that it is alive, keep its
# output in build/log/NAME.log and print the end of that only where it fails.
#
#   tools/step.sh NAME "what it does, about how long" COMMAND [ARGUMENT ...]
set -u
cd "$(dirname "$0")/.." || exit 1

name=$1 what=$2
shift 2
log=build/log/$name.log
mkdir -p build/log
: >"$log"

# read -t on a descriptor that never has data is a sleep without a child process: killing the ticker
# then leaves nothing behind that keeps a pipe to our caller open.
ticker() {
    local fd pause=10
    [ -t 1 ] && pause=1
    exec {fd}<> <(:)
    while true; do
        read -r -t "$pause" -u "$fd" _
        if [ -t 1 ]; then
            printf '\r\033[K    %3d s  %.80s' "$SECONDS" "$(tail -n 1 "$log")"
        else
            printf '    %3d s  %.80s\n' "$SECONDS" "$(tail -n 1 "$log")"
        fi
    done
}

echo "==> $what"
SECONDS=0
ticker &
trap 'kill $! 2>/dev/null' EXIT
trap 'exit 130' INT TERM
"$@" >>"$log" 2>&1 </dev/null
status=$?
kill $! 2>/dev/null
wait $! 2>/dev/null
[ -t 1 ] && printf '\r\033[K'

if [ "$status" -ne 0 ]; then
    echo "==> failed after $SECONDS s (status $status); the end of $log:" >&2
    tail -n 30 "$log" >&2
    exit "$status"
fi
echo "    done in $SECONDS s"
