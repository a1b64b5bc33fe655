"""Manifests that are none, are cut short, too large, or say what makes no sense."""

import json

import pytest
from hostile.attack import FETCH, KEY, NEW, SIGNATURE, manifest
from hostile.server import reply
from support import entry

WHOLE = json.dumps(manifest()).encode()


def of(**fields):
    """A manifest of one good entry and then one with these fields."""
    return manifest([entry("a.py"), {**entry("b.py"), **fields}])


def without(name):
    bad = entry("b.py")
    del bad[name]
    return manifest([entry("a.py"), bad])


@pytest.mark.parametrize(
    "body, where",
    [
        (b"", "manifest ends early"),
        (b" \r\n\t", "manifest ends early"),
        (b"<!DOCTYPE html><html><body>Log in to the Wi-Fi</body></html>", "byte 0"),
        (b"\0\1\2\xff\xfe" * 1000, "byte 0"),
        (b"\x7fELF\x02\x01\x01", "byte 0"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "byte 0"),
        (b"\xef\xbb\xbf" + WHOLE, "byte 0"),
        (WHOLE.decode().encode("utf-16"), "byte 0"),
        (b"Not found", "byte 0"),
        (b"null", "not a JSON object"),
        (b"true", "not a JSON object"),
        (b"17", "ends early"),
        (b"17 ", "not a JSON object"),
        (b'"manifest"', "not a JSON object"),
        (b"[" + WHOLE + b"]", "not a JSON object"),
        (b"{}", "no files"),
        (b'{"version": 9}', "no files"),
        (b'{"version": 9, "files": null}', "not a list"),
        (b'{"version": 9, "files": {}}', "not a list"),
        (b'{"version": 9, "files": "main.py"}', "not a list"),
        (b'{"version": 9, "files": ["main.py"]}', "not an object"),
        (b'{"version": 9, "files": [null]}', "not an object"),
        (b'{"version": 9, "files": [[]]}', "not an object"),
        (b'{"version": 9, "files": [{}]}', "entry has no path"),
        (b"{'version': 9, 'files': []}", "name expected"),
        (b'{"version": 9, "files": [],}', "name expected"),
        (b'{"version": 9 "files": []}', "byte 14"),
        (WHOLE + WHOLE, "trailing data"),
        (WHOLE + b"\0", "trailing data"),
        (WHOLE.replace(b"main", b"m\xffin"), "not UTF-8"),
        (WHOLE.replace(b"main", b"m\xc0\xafin"), "not UTF-8"),
        (WHOLE.replace(b"main", b"m\nin"), "control character"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "nested over 16 levels"),
        (b"[" * 100000, "not a JSON object"),
        (b'{"a":' + b"[" * 100000, "nested over 16 levels"),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, bytes) else "",
)
def test_a_malformed_manifest_is_refused_with_the_reason(attack, body, where):
    attack.offer(body)
    attack.fails(FETCH, "manifest: ", where)
    attack.recovers()


@pytest.mark.parametrize("part", [1, 2, 10, 100, len(WHOLE) // 2, len(WHOLE) - 1])
@pytest.mark.parametrize("framing", ["right length", "length of the whole", "until close"])
def test_a_truncated_manifest_is_refused(attack, part, framing):
    body = WHOLE[:part]
    if framing == "right length":
        answer = reply(body)
        told = ("manifest: byte", "ends early")
    elif framing == "length of the whole":

        def answer(peer):
            peer.send(reply(body, length=len(WHOLE)))
            peer.close()

        told = ("GET ", attack.server.url, f"after {part} of {len(WHOLE)} bytes")
    else:

        def answer(peer):
            peer.send(reply(body, length=None))
            peer.close()

        told = ("manifest: byte", "ends early")
    attack.server.on("/v.json", answer)
    attack.fails(FETCH, *told)


@pytest.mark.parametrize(
    "value",
    [
        *("two", "", "-1", "1.0", "0x10", " 7", "9223372036854775808", "9" * 300, 2**63, 2**64 + 3),
        *(10**400, -1, -0.0, 2.0, 1e3, True, False, None, [], [2], {}, {"version": 2}),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_version_that_is_not_an_integer_in_range_is_refused(attack, value):
    text = json.dumps(value)
    for release, where in (
        (of(version=value), "manifest: entry 1, byte "),
        (manifest() | {"version": value}, "manifest: byte "),
        # The reader has seen the entries before.
        (dict(reversed((manifest() | {"version": value}).items())), "manifest: byte "),
    ):
        attack.offer(release)
        boot = attack.fails(FETCH, where, "version is ")
        assert text[:1] not in "[{" or "not a number" in boot.message


@pytest.mark.parametrize("number", ["01", "+1", "1.", ".5", "0x10", "1e", "NaN", "Infinity", "1_0"])
def test_a_version_that_is_not_a_json_number_is_refused(attack, number):
    attack.offer(WHOLE.replace(b'"version": 2', f'"version": {number}'.encode()))
    attack.fails(FETCH, "manifest: byte ")


@pytest.mark.parametrize(
    "value",
    [
        *("0" * 31, "0" * 33, "g" * 32, " " * 32, "\u00e9" * 16, "0" * 31 + "\0", "x" * 100000),
        *(0, 1.5, True, [], {}, ["0" * 32]),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_malformed_md5_is_refused(attack, value):
    attack.offer(of(md5=value))
    attack.fails(FETCH, "manifest: entry 1, byte ", "md5 is not ")


@pytest.mark.parametrize("value", [None, 5, True, [], ["b.py"], {"path": "b.py"}, {}])
def test_a_path_that_is_not_a_string_is_refused(attack, value):
    attack.offer(of(path=value))
    attack.fails(FETCH, "manifest: entry 1, byte ", "path is not a string")


def test_an_entry_without_a_path_is_refused(attack):
    attack.offer(without("path"))
    attack.fails(FETCH, "manifest: entry 1, byte ", "entry has no path")


@pytest.mark.parametrize("name", ["version", "files"])
def test_a_duplicate_key_of_the_manifest_is_refused(attack, name):
    twice = json.dumps(manifest())[:-1] + f', "{name}": {json.dumps(manifest()[name])}}}'
    attack.offer(twice)
    attack.fails(FETCH, "manifest: byte ", "duplicate key")


@pytest.mark.parametrize("name", ["path", "version", "md5"])
@pytest.mark.parametrize("spelling", ["plain", "escaped"])
def test_a_duplicate_key_of_an_entry_is_refused_even_if_escaped(attack, name, spelling):
    value = entry("main.py")[name]
    written = name if spelling == "plain" else f"\\u{ord(name[0]):04x}{name[1:]}"
    item = json.dumps(entry("main.py"))[:-1] + f', "{written}": {json.dumps(value)}}}'
    attack.offer(f'{{"version": 2, "files": [{item}]}}')
    attack.fails(FETCH, "manifest: entry 0, byte ", "duplicate key")


@pytest.mark.parametrize("places", [(0, 1), (0, 2), (1, 2), (2, 0)])
@pytest.mark.parametrize("spelling", ["plain", "escaped"])
def test_a_duplicate_path_is_refused_even_if_escaped(attack, places, spelling):
    entries = [entry(path) for path in ("a.py", "b.py", "c.py")]
    entries[places[1]]["path"] = entries[places[0]]["path"]
    text = json.dumps(manifest(entries))
    if spelling == "escaped":
        before, mark, after = text.rpartition(f'"{entries[places[0]]["path"]}"')
        text = before + mark.replace(".", "\\u002e") + after
    attack.offer(text)
    attack.fails(FETCH, "manifest: ", "byte ", "duplicate path")


@pytest.mark.parametrize("key", [None, KEY])
def test_a_manifest_of_over_32768_entries_is_refused(attack, key):
    entries = [{"path": f"{number:x}", "version": 2} for number in range(32769)]
    attack.offer(manifest(entries, signature="0" * 64))
    attack.fails(FETCH, "manifest: ", "over 32768 entries", manifest_auth_key=key)


def test_a_manifest_of_32768_entries_is_within_the_limit(attack):
    """The limit is where it should be: what is wrong is the signature."""
    entries = [{"path": f"{number:04x}", "version": 2} for number in range(32768)]
    attack.offer(manifest(entries, signature="0" * 64))
    attack.fails(SIGNATURE, "does not match", manifest_auth_key=KEY)


def test_32768_unsorted_entries_are_validated_within_30_seconds(attack):
    """To sort them costs a device much more than to read them: bounded in time."""
    entries = [{"path": f"{number * 7919 % 32768:04x}", "version": 2} for number in range(32768)]
    attack.offer(manifest(entries, signature="0" * 64))
    attack.fails(SIGNATURE, "does not match", manifest_auth_key=KEY)
    assert attack.seconds < 30


def test_unsorted_entries_too_many_for_the_heap_are_refused(attack):
    """An index of four bytes an entry does not: the message says what is too large."""
    attack.device.flags = ["-X", "heapsize=72k"]
    entries = [{"path": f"{number:04x}", "version": 2} for number in range(32768)]
    attack.offer(manifest(entries, signature="0" * 64))
    attack.fails(SIGNATURE, "does not match", manifest_auth_key=KEY)
    attack.offer(manifest(entries[::-1], signature="0" * 64))
    attack.fails(FETCH, "manifest: ", "32768 entries", manifest_auth_key=KEY)


@pytest.mark.parametrize("form", ["length", "chunks", "until close"])
def test_a_manifest_over_4_mib_is_refused_however_it_is_framed(attack, form):
    """Over 4 MiB: refused, and not by what is left of the flash."""
    piece = b" " * 65536

    def answer(peer):
        if form == "length":
            peer.send(reply(length=1 << 30))
            peer.flood(piece)
        elif form == "chunks":
            peer.send(reply(b"", "200 OK", "Transfer-Encoding: chunked", length=None))
            peer.flood(b"10000\r\n" + piece + b"\r\n")
        else:
            peer.send(reply(length=None))
            peer.flood(piece)

    attack.server.on("/v.json", answer)
    attack.fails(FETCH, "GET ", "/v.json", "over 4194304 bytes", download_retries=0)
    assert attack.server.sent < 24 << 20
    assert attack.seconds < 20


def test_a_manifest_of_exactly_4_mib_is_accepted(attack):
    body = WHOLE + b" " * (4 * 1024 * 1024 - len(WHOLE))
    attack.offer(body)
    attack.succeeds()


def test_an_endless_string_in_a_manifest_is_refused_after_4_mib(attack):
    def answer(peer):
        peer.send(reply(b'{"version": 2, "files": [{"path": "', length=None))
        peer.flood(b"a" * 65536)

    attack.server.on("/v.json", answer)
    attack.fails(FETCH, "over 4194304 bytes", download_retries=0)


def test_a_local_manifest_that_is_garbage_does_not_block_an_update(attack):
    """It does not keep a device from its update, nor does a failure touch it."""
    attack.device.put({"versions.json": b"\xff\0 no manifest"})
    attack.server.on("/f/main.py", reply(b"gone", "404 Not Found"))
    attack.fails("download_failed", "main.py", "status 404", begun=True)
    boot = attack.recovers()
    assert boot.updated == sorted(NEW)


def test_a_manifest_without_a_version_is_not_due(attack):
    release = manifest()
    del release["version"]
    attack.offer(release)
    boot = attack.boot()
    assert (boot.code, boot.reset, boot.events) == (None, False, [])
