"""Paths that leave the destination, are no names, or are the updater's own: refused at once."""

import json
from urllib.parse import quote

import pytest
from hostile.attack import APPLY, FETCH, KEY, NEW, OLD, Attack, manifest
from hostile.server import reply
from support import entry, sign
from unix.images import ImageDevice

OUTSIDE = "path leaves the destination"
OWN = "path is reserved"
CONTROL = "control character in path"

BAD = [
    ("", "path is empty"),
    ("..", OUTSIDE),
    ("../main.py", OUTSIDE),
    ("../flash/main.py", OUTSIDE),
    ("lib/../../main.py", OUTSIDE),
    ("lib/../main.py", OUTSIDE),
    ("lib/..", OUTSIDE),
    ("/etc/passwd", "absolute"),
    ("//etc/passwd", "absolute"),
    ("/", "absolute"),
    ("C:/main.py", "drive"),
    ("0:main.py", "drive"),
    ("C:main.py", "drive"),
    ("\\main.py", "backslash"),
    ("lib\\main.py", "backslash"),
    ("..\\main.py", "backslash"),
    ("C:\\main.py", "backslash"),
    (".", "segment ."),
    ("./main.py", "segment ."),
    ("lib/./main.py", "segment ."),
    ("lib//main.py", "empty segment"),
    ("lib/", "empty segment"),
    ("main.py\0", CONTROL),
    ("main.py\0.txt", CONTROL),
    ("main.py\nS boot.py", CONTROL),
    ("main.py\r", CONTROL),
    ("main\t.py", CONTROL),
    ("main\x1b[2J.py", CONTROL),
    ("main\x7f.py", CONTROL),
    ("main\x85.py", CONTROL),
    ("main.py.", "dot or a space"),
    ("main.py ", "dot or a space"),
    (".. /main.py", "dot or a space"),
    (".../main.py", "dot or a space"),
    ("a" * 256, "255 bytes"),
    ("\u00e9" * 128, "255 bytes"),
    ("d/" * 127 + "f", "16 segments"),
    ("a" * 100000, "255 bytes"),
    ("/".join("abcdefghijklmnopq"), "16 segments"),
    ("\ud800", "not Unicode"),
    ("ota_state.txt", OWN),
    ("OTA_STATE.TXT", OWN),
    ("Ota_State.txt", OWN),
    ("otac14f2.sta", OWN),
    ("ota_state.txt/x", OWN),
    ("versions.json", OWN),
    ("VERSIONS.json", OWN),
    ("otac14f2.new", OWN),
    ("otac14f2.old", OWN),
    ("versions.json/x", OWN),
    ("saguarota_backup", OWN),
    ("saguarota_backup/x", OWN),
    ("saguarota_backup/main.py", OWN),
    ("SAGUAROTA_BACKUP/lib/util.py", OWN),
    ("otac14f2.jrn", OWN),
    ("otac14f2.swp", OWN),
    ("otac14f2.pr2", OWN),
    ("OtaC14F2.Jrn", OWN),
]


def refused(attack, path, where, places, **options):
    """Nothing but the manifest is fetched, wherever the path stands."""
    for place in places:
        entries = [entry(good, content) for good, content in sorted(NEW.items())]
        entries.insert(2 * place, entry(path))
        attack.offer(manifest(entries))
        attack.server.requests.clear()
        attack.fails(FETCH, f"manifest: entry {2 * place}, byte ", where, **options)
        assert attack.server.requests == ["/v.json"]


@pytest.mark.parametrize("path, where", BAD, ids=lambda text: repr(text)[1:30])
def test_a_manifest_with_a_forbidden_path_is_refused_before_any_download(attack, path, where):
    refused(attack, path, where, (0, 2))
    refused(attack, path, where, (1,), force_update=True)


@pytest.mark.parametrize(
    "path", ["../x", "a\\b", "ota_state.txt"], ids=["parent", "backslash", "own"]
)
def test_a_valid_signature_does_not_permit_a_forbidden_path(attack, path):
    release = manifest([entry(path)])
    attack.offer(release | {"signature": sign(release, KEY)})
    attack.fails(FETCH, "manifest: entry 0, byte ", "path", manifest_auth_key=KEY)


@pytest.mark.parametrize("path", ["../x", "/x", "ota_state.txt"])
def test_json_escapes_do_not_hide_a_forbidden_path(attack, path):
    written = "".join(f"\\u{ord(letter):04x}" for letter in path)
    attack.offer(f'{{"version": 2, "files": [{{"path": "{written}", "version": 2}}]}}')
    attack.fails(FETCH, "manifest: entry 0, byte ", "path")


def test_a_forbidden_path_is_refused_even_if_its_file_is_not_due(attack):
    attack.offer(manifest([entry("../x", version=0), entry("main.py", NEW["main.py"])]))
    attack.fails(FETCH, OUTSIDE)


def test_every_name_that_an_update_creates_is_reserved(attack):
    """Whatever files the updater has made by the middle of an update, no manifest may name."""
    watched = set()
    source = """
import os
seen = set()
def walk(folder):
    for item in os.ilistdir(folder or "."):
        name = folder + item[0]
        seen.add(name)
        if item[1] & 0x4000:
            walk(name + "/")
def watch(name, details):
    walk("")
updater = make(progress_callback=watch)
walk("")
call(updater, "check_and_perform_ota")
walk("")
say(seen=sorted(seen))
"""
    boot = attack.device.execute(source)
    assert boot.reset and boot.code is None, boot.log
    files = set(OLD) | set(NEW)
    known = files | {path[:end] for path in files for end, c in enumerate(path) if c == "/"}
    watched = set(boot.said[-1]["seen"]) - known
    assert len(watched) > 4, watched

    # Not a new update, which would wait for the confirmation.
    attack.device.call("revert_update")
    for name in sorted(watched):
        attack.offer(manifest([entry(name)], version=3))
        attack.server.requests.clear()
        attack.fails(FETCH, OWN)


@pytest.mark.parametrize(
    "name",
    ["VERSIO~1.JSO", "OTA_ST~1.TXT", "SAGUAR~1", "SAGUAR~1/x", "saguar~1.jou", "SAGUAR~2.PRO"],
)
def test_a_short_name_of_fat_in_a_manifest_is_refused(server, tmp_path, micropython, dist, name):
    """FAT gives a second, short name to each long one: the updater's own files have two."""
    attack = Attack(ImageDevice(tmp_path / "flash", micropython, dist, "fat"), server)
    attack.device.put({"ota_state.txt": b"idle"})
    attack.offer(manifest({name: b"anything"}))
    server.on("/f/" + name, reply(b"anything"))
    attack.fails(FETCH, "manifest: entry 0, byte ", "path")


@pytest.mark.parametrize("dest", ["app", "app/", "./app", "app/x/..", "/"])
def test_reserved_names_are_refused_however_the_options_spell_them(attack, dest):
    """Where the updater's files are named by another way than that of the manifest."""
    if dest == "/":
        dest = str(attack.device.folder.parent)
        prefix = "flash/"
    else:
        prefix = ""
    attack.device.put({"x/keep": b"", "keep": b""}, "app")
    options = {
        "dest_dir": dest,
        "ota_state_file": "./app/run/../state" if not prefix else None,
        "local_manifest_file": "app//cache.json" if not prefix else None,
    }
    names = ["flash/ota_state.txt", "flash/versions.json"] if prefix else ["state", "cache.json"]
    names += [f"{prefix}otac14f2.{end}" for end in ("sta", "st2", "new")]
    for name in names:
        attack.offer(manifest([entry(name)]))
        attack.server.requests.clear()
        attack.fails(FETCH, OWN, **options)


def test_a_file_named_like_the_folder_of_the_state_file_is_refused(attack):
    """A file in the place of a folder that the state file needs."""
    attack.offer(manifest({"cfg": b"a file"}))
    attack.server.on("/f/cfg", reply(b"a file"))
    attack.fails(FETCH, "reserved", ota_state_file="cfg/state.txt")


@pytest.mark.parametrize("path", ["data", "lib"])
def test_a_file_that_would_replace_a_folder_is_refused(attack, path):
    attack.offer(manifest([entry("aaa.py"), entry(path), entry("zzz.py")]))
    attack.fails(APPLY, f"{path} is a folder")
    attack.recovers()


@pytest.mark.parametrize("path", ["main.py/x", "lib/util.py/x/y/z.py", "data/settings/x"])
def test_a_folder_that_would_replace_a_file_is_refused(attack, path):
    attack.offer(manifest([entry("aaa.py"), entry(path), entry("zzz.py")]))
    file = max((old for old in OLD if path.startswith(old)), key=len)
    attack.fails(APPLY, path, f"{file} is a file")
    attack.recovers()


@pytest.mark.parametrize("paths", [("new", "new/x.py"), ("a/b", "a/b/c/d"), ("x", "x.y", "x/y")])
def test_a_manifest_with_one_name_as_file_and_folder_is_refused(attack, paths):
    """No tree has both: refused before anything is fetched, let alone installed."""
    attack.offer(manifest({path: b"content" for path in paths}))
    for path in paths:
        attack.server.on("/f/" + path, reply(b"content"))
    boot = attack.boot()
    assert boot.code in (FETCH, APPLY), (boot.code, boot.message)
    assert paths[0] in boot.message or "path" in boot.message
    assert attack.server.requests == ["/v.json"]
    assert not boot.reset


def test_unusual_paths_within_the_limits_are_installed(attack):
    """The other side of the limits."""
    files = {
        "a" * 255: b"1",
        "/".join("abcdefghijklmnop"): b"2",
        "..hidden/...x/..y": b"3",
        "ota_state.txt2": b"4",
        "lib/versions.json": b"5",
        "saguarota_backups/x": b"6",
        " leading space/ x": b"7",
        "lib/a:b": b"8",
        "q?#%25&+;=@$!'(),*[]^`{|}~\"<>": b"9",
        "\U0001f335/\u00fc\u4e2d.py": b"10",
    }
    attack.offer(json.dumps(manifest(files)))
    for path, content in files.items():
        attack.server.on("/f/" + quoted(path), reply(content))
    boot = attack.boot()
    assert (boot.code, boot.reset) == (None, True), boot.message
    tree = attack.device.tree()
    assert {path: tree.get(path) for path in files} == files


def quoted(path):
    """A path in a URL by RFC 3986, section 3.3, as CPython does it."""
    return quote(path, safe="/!$&'()*+,;=:@")
