"""Writes vectors.json: known answers that the native module must give on every architecture.

    python tests/firmware/vectors.py

The digests are the RFC's and NIST's, and CPython's; the manifests are out of tests/unix, with the
answers of its model, which is written in CPython on top of json; quoted paths are urllib's.
Messages of errors, responses and listings are what the unix port answers. The file:

    {"manifests": [{"data": ..., "buffer": 64, "key": ..., "own": ..., "answer": {...}}, ...], ...}

`data` is what is read: text of which each character is one byte. `buffer`: the size of the buffer
for reading it. `answer`: what device/known.py makes of it, {"error": text} for a ValueError. A
digest's data is read `times` times over.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FILE = HERE / "vectors.json"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/unix")]

import manifest_corpus  # noqa: E402
import manifest_model  # noqa: E402
from firmware.known import answers  # noqa: E402

BUFFERS = (512, 64, 3, 128, 17, 1)
KEYS = ("k", "clé-secrète", "K" * 63, "K" * 64, "K" * 65, "K" * 131)
OWN = "\n".join(manifest_model.OWN)
BITS_448 = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
BITS_896 = (
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
    "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
)
# RFC 1321, appendix A.5, and FIPS 180-2, appendix B, with the test vectors of NIST.
PUBLISHED = {
    "md5": {
        "": "d41d8cd98f00b204e9800998ecf8427e",
        "a": "0cc175b9c0f1b6a831c399e269772661",
        "abc": "900150983cd24fb0d6963f7d28e17f72",
        "message digest": "f96b697d7cb7938d525a2f31aaf161d0",
        "abcdefghijklmnopqrstuvwxyz": "c3fcd3d76192e4007dfb496cca67e13b",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789": (
            "d174ab98d277d9f5a5611c2c9f419d9f"
        ),
        "1234567890" * 8: "57edf4a22be3c955ac49da2e2107b67a",
    },
    "sha256": {
        "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        BITS_448: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        BITS_896: "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    },
}
MILLION = {
    "md5": "7707d6ae4e027c70eea2a935c2296f21",
    "sha256": "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
}
RESPONSES = (
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhellomore",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n00a\r\n0123456789\r\n"
    "0\r\nA: b\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 302 Found\r\nLocation: /a?b#c\r\nContent-Length: 0\r\n\r\n",
    'HTTP/1.1 206 Partial Content\r\nETag: "e"\r\nContent-Range: bytes 3-5/6\r\n'
    "Content-Length: 3\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
    "Content-Length: 4294967295\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/2 200\r\n\r\n",
    "ICY 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Le",
)
LISTINGS = (
    '<a href="../">..</a><a href="lib/">lib/</a> <A HREF=main.py>main.py</A>'
    "<a class='x' href='a%20b&amp;c.py'>&lt;</a><!-- <a href=no.py> --><a href=\"caf%C3%A9\">c</a>"
    '<a href="http://elsewhere/x">x</a><a href="?C=N;O=D">n</a><a href="a/../b">b</a>'
    '<a href="ota_state.txt">s</a><a href="&#x6d;ain.py">m</a>',
)
PATHS = ("main.py", "a b/ü%.py", "~-._/!'()*", "€" * 85, "€" * 86)
# What else a path may have unquoted (RFC 3986, section 3.3).
PCHAR = "/~!$&'()*+,;=:@"
# How many manifests are whole.
_GOOD = 48
_PLACE = re.compile(r"(?:entry \d+, )?byte \d+: ")


def _digests():
    yield from (
        (name, text, 1, answer) for name in PUBLISHED for text, answer in PUBLISHED[name].items()
    )
    for name, answer in MILLION.items():
        yield name, "a" * 250, 4000, answer
        for size in (55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000):
            data = random.Random(size).randbytes(size)
            yield name, data.decode("latin-1"), 3, hashlib.new(name, data * 3).hexdigest()


def _manifests():
    """(data, key); the last many are bad, or odd, each in one place."""
    rng = random.Random(8713)
    for number in range(_GOOD):
        author = manifest_corpus.Author(rng, KEYS[number % len(KEYS)])
        yield author.write(author.entries(1 + number // 6)), author.key
    for data in manifest_corpus.values():
        yield data, "k"


def _check(vector):
    """Fails where the unix port's answer is not the model's."""
    data, answer = vector["data"].encode("latin-1"), vector["answer"]
    try:
        version, entries, signed, valid, extended = manifest_model.read(data, vector["key"])
    except manifest_model.Refused:
        assert "error" in answer, vector
        return
    told = [(path, to, md5 or "", *rest) for path, _, to, md5, _, _, *rest in answer["entries"]]
    assert told == entries, vector
    assert (answer["version"], answer["signed"]) == (version, signed), vector
    assert (answer["verified"], answer["extended"]) == (valid, extended), vector
    tables = [manifest_model.members(entries, fold).hex() for fold in (False, True)]
    assert answer["tables"] == tables, vector


def _answered(kind, vectors):
    vectors = [
        {"buffer": BUFFERS[number % len(BUFFERS)], **vector}
        for number, vector in enumerate(vectors)
    ]
    for vector, answer in zip(vectors, answers({kind: vectors})):
        vector["answer"] = answer
    return vectors


def make():
    """What vectors.json has."""
    digests = [
        {"data": data, "buffer": BUFFERS[number % 5], "name": name, "times": times}
        | {"answer": {"answer": answer}}
        for number, (name, data, times, answer) in enumerate(_digests())
    ]
    quotes = [
        {"data": path.encode().decode("latin-1"), "buffer": 1}
        | {"answer": {"answer": urllib.parse.quote(path, PCHAR)}}
        for path in PATHS[:-1]
    ] + _answered("quotes", [{"data": PATHS[-1].encode().decode("latin-1"), "buffer": 1}])
    manifests = []
    messages = set()
    common = {"own": OWN}
    told = _answered(
        "manifests",
        [{"data": data.decode("latin-1"), "key": key, **common} for data, key in _manifests()],
    )
    for number, vector in enumerate(told):
        _check(vector)
        message = _PLACE.sub("", vector["answer"].get("error", ""))
        # Of the others, one for each message.
        if number < _GOOD or (message and message not in messages):
            messages.add(message)
            manifests.append(vector)
    responses = [{"data": text, "buffer": size} for text in RESPONSES for size in (7, 256)]
    listings = [
        {"data": page, "buffer": size, "folder": folder, "own": OWN}
        for page in LISTINGS
        for size, folder in ((1, ""), (50, "lib"))
    ]
    return {
        "digests": digests,
        "quotes": quotes,
        "manifests": manifests,
        "responses": _answered("responses", responses),
        "listings": _answered("listings", listings),
    }


def main():
    """Writes the file: a line for each vector."""
    made = make()
    parts = []
    for kind, vectors in made.items():
        lines = ",\n".join("  " + json.dumps(vector, ensure_ascii=True) for vector in vectors)
        parts.append(f' "{kind}": [\n{lines}\n ]')
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="ascii")
    print(FILE.relative_to(ROOT), {kind: len(vectors) for kind, vectors in made.items()})


if __name__ == "__main__":
    main()
