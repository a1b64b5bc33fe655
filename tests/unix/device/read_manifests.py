# Runs on MicroPython: read_manifests.py FOLDER COUNT KEY OWN
#
# Reads the files FOLDER/0 to FOLDER/<COUNT - 1> with the native module and prints one line of
# JSON for each. FOLDER/<number>.local, where there is one, is compared with.

import binascii
import json
import sys

from _saguarota import Manifest

BUFFER_SIZES = (512, 64, 3, 128, 17, 64, 1)


def prepare(manifest):
    """What the updater does before it pulls entries."""
    found = manifest.validate()
    if found.sorted:
        manifest.rewind()
    else:
        manifest.sort(bytearray(4 * found.total))
    return found


def pull(manifest, local=None, force=False, every=True):
    lines = []
    while True:
        entry = manifest.next(local, force, every)
        if entry is None:
            return lines
        line = (entry.path, entry.local, entry.version, entry.md5, entry.due)
        lines.append(line + (entry.index, entry.size, entry.sha256))


def tables(manifest, entries):
    found = []
    for fold in (False, True):
        table = bytearray(8 * entries)
        manifest.members(table, fold)
        members = sorted(bytes(table[at : at + 8]) for at in range(0, len(table), 8))
        found.append(binascii.hexlify(b"".join(members)).decode())
    return found


def read(stream, local_stream, size):
    manifest = Manifest(stream, bytearray(size), OWN, "signature")
    try:
        found = prepare(manifest)
    except ValueError as error:
        return {"error": error.args}
    answer = {"version": found.version, "sorted": found.sorted, "signed": found.signed}
    answer["lines"] = pull(manifest)
    answer["verified"] = manifest.verify(KEY)
    answer["extended"] = found.extended and found.sha256
    answer["tables"] = tables(manifest, found.total)
    if local_stream:
        local = Manifest(local_stream, bytearray(size + 1), OWN, "signature")
        prepare(local)
        manifest.rewind()
        answer["due"] = pull(manifest, local, False, False)
        manifest.rewind()
        local.rewind()
        answer["forced"] = pull(manifest, local, True, True)
    return answer


def open_local(name):
    try:
        return open(name + ".local", "rb")
    except OSError:
        return None


folder, count, KEY, OWN = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
for number in range(count):
    name = f"{folder}/{number}"
    local_stream = open_local(name)
    with open(name, "rb") as stream:
        print(json.dumps(read(stream, local_stream, BUFFER_SIZES[number % len(BUFFER_SIZES)])))
    if local_stream:
        local_stream.close()
