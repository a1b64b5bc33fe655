"""The delete policies and odd names: what can be deleted, and what cannot even be named."""

import os

from pruning import deleted, policy
from support import only_files

ODD = [
    "a b.py",
    " .py",
    "x ",
    "ümlaut/ß€.py",
    "日本.py",
    "\U0001f335",
    "#?%20&",
    "a\tb",
    "a\rb",
    "-",
]
ODD += ["...", "~", "back\\slash", "X old.py", "\x01", "n" * 200, "\x7f", "'\"", "B x/D y"]


def test_files_with_odd_names_are_deleted_and_restored(device, release):
    device.put({path: path.encode() for path in ODD})
    before = device.tree()
    release.put_all({"main.py": b""})
    boot = device.boot(**policy("all"))
    assert boot.reset and deleted(boot, "all") == sorted(ODD)
    assert set(device.app()) == {"main.py"}
    assert device.call("revert_update").reset
    assert device.tree() == {**before, "ota_state.txt": b"idle"}


def test_names_that_the_journal_cannot_hold_stay(device, release):
    odd = {"a\nb.py": b"1", "c\n/d.py": b"2", "\n": b"3", "e\nX main.py": b"4"}
    device.put({**odd, "extra.py": b""})
    release.put_all({"main.py": b""})
    boot = device.boot(**policy("all"))
    assert boot.reset and deleted(boot, "all") == ["extra.py"]
    assert only_files(device.app()) == {**odd, "main.py": b""}


def test_names_that_are_no_utf8_stay(device, release):
    """MicroPython cannot even list them; a FAT that a computer has written may have such."""
    odd = {b"\x82.py": b"1", b"\xc3": b"2", b"caf\xe9/x.py": b"3", b"good/\xff": b"4"}
    device.put({"extra.py": b"", "good/extra.py": b""})
    for name, content in odd.items():
        path = os.path.join(os.fsencode(device.folder), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    release.put_all({"main.py": b""})
    boot = device.boot(**policy("all"))
    assert (boot.reset, boot.code) == (True, None), (boot.message, boot.log)
    assert deleted(boot, "all") == ["extra.py", "good/extra.py"]
    assert only_files(device.app()) == {
        "main.py": b"",
        **{os.fsdecode(name): content for name, content in odd.items()},
    }
