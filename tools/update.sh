#!/usr/bin/env bash
# Move both lock files to the newest versions that the project's constraints allow: Cargo.lock and
# tools/requirements.txt. The resolver has an environment of its own and is no part of the build.
set -eu
cd "$(dirname "$0")/.."
UV_VERSION=0.13.9

if ! build/update-venv/bin/uv --version 2>/dev/null | grep -q "$UV_VERSION"; then
    "${PYTHON:-python3}" -m venv --clear build/update-venv
    build/update-venv/bin/python -m pip install --quiet "uv==$UV_VERSION"
fi
# --universal: one lock for every Python from 3.9 and every machine, told apart by markers.
UV_CUSTOM_COMPILE_COMMAND="make update" build/update-venv/bin/uv --cache-dir build/update-cache \
    pip compile --quiet --upgrade --universal --python-version 3.9 --generate-hashes \
    --only-binary :all: --output-file tools/requirements.txt tools/requirements.in
cargo update
git --no-pager diff --stat -- Cargo.lock tools/requirements.txt 2>/dev/null || true
