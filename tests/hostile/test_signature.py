"""A manifest that the author has not signed, or not like this."""

import json

import pytest
from hostile.attack import FETCH, KEY, MD5, NEW, OLD, SIGNATURE, manifest
from hostile.server import reply
from support import entry, sign

GOOD = sign(manifest(), KEY)


def test_a_valid_signature_in_upper_case_is_accepted(attack):
    attack.offer(manifest(signature=GOOD.upper()))
    attack.succeeds(manifest_auth_key=KEY)


@pytest.mark.parametrize(
    "value",
    [
        "0" * 64,
        GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1"),
        ("0" if GOOD[0] != "0" else "1") + GOOD[1:],
        sign(manifest(), "another key"),
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\0",
        GOOD[:32],
        " " + GOOD[1:],
        "g" * 64,
        "\u00e9" * 32,
        "",
        "A" * 100000,
        int(GOOD[:15], 16),
        0,
        True,
        False,
        [GOOD],
        {"hex": GOOD},
        {"signature": GOOD},
        1.5,
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_signature_that_does_not_match_is_refused(attack, value):
    attack.offer(manifest(signature=value))
    attack.fails(SIGNATURE, "signature 'signature'", "does not match", manifest_auth_key=KEY)


@pytest.mark.parametrize("more", [{}, {"signature": None}, {"Signature": GOOD}, {"sig": GOOD}])
def test_a_manifest_without_a_signature_is_refused(attack, more):
    attack.offer(manifest(**more))
    attack.fails(SIGNATURE, "signature 'signature'", "missing", manifest_auth_key=KEY)


def test_only_the_configured_signature_field_is_read(attack):
    attack.offer(manifest(signature=GOOD))
    attack.fails(
        SIGNATURE, "'proof'", "missing", manifest_auth_key=KEY, manifest_signature_field="proof"
    )
    attack.offer(manifest(proof=GOOD))
    attack.succeeds(manifest_auth_key=KEY, manifest_signature_field="proof")


def test_a_signature_inside_a_file_entry_does_not_count(attack):
    attack.offer(manifest([entry(path, content, signature=GOOD) for path, content in NEW.items()]))
    attack.fails(SIGNATURE, "missing", manifest_auth_key=KEY)


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_manifest_with_two_signatures_is_refused(attack, place):
    pair = [GOOD, "0" * 64] if place == "first" else ["0" * 64, GOOD]
    text = json.dumps(manifest())[:-1]
    text += "".join(f', "signature": "{value}"' for value in pair) + "}"
    attack.offer(text)
    attack.fails(FETCH, "manifest: byte", "duplicate key", manifest_auth_key=KEY)


def changed_version(release):
    release["version"] += 1


def changed_file_version(release):
    release["files"][-1]["version"] = 9


def changed_path(release):
    release["files"][-1]["path"] = "boot.py"


def changed_md5(release):
    release["files"][0]["md5"] = "0" * 32


def removed_md5(release):
    del release["files"][0]["md5"]


def removed_entry(release):
    del release["files"][1]


def added_entry(release):
    release["files"].append(entry("zz.py"))


@pytest.mark.parametrize("unsorted", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        changed_version,
        changed_file_version,
        changed_path,
        changed_md5,
        removed_md5,
        removed_entry,
        added_entry,
    ],
)
def test_a_manifest_changed_after_signing_is_refused(attack, change, unsorted):
    release = manifest(signature=GOOD)
    change(release)
    if unsorted:
        release["files"].reverse()
    attack.offer(release)
    attack.fails(SIGNATURE, "does not match", manifest_auth_key=KEY)


def test_file_order_and_unknown_keys_do_not_affect_the_signature(attack):
    release = manifest(signature=GOOD, note={"files": [1]})
    release["files"].reverse()
    # The version and the signature come after the files.
    attack.offer(dict(reversed(release.items())))
    attack.succeeds(manifest_auth_key=KEY)


def test_a_wrong_signature_is_refused_even_if_no_update_is_due(attack):
    attack.offer(manifest(OLD, version=1, signature="0" * 64))
    attack.fails(SIGNATURE, "does not match", manifest_auth_key=KEY)


def test_an_unsigned_copy_of_the_local_manifest_is_refused(attack):
    attack.offer((attack.device.folder / "versions.json").read_bytes())
    attack.fails(SIGNATURE, "missing", manifest_auth_key=KEY)


def test_a_file_exchanged_under_a_signed_manifest_is_refused(attack):
    """Who holds the web server, but not the key, installs nothing."""
    attack.offer(manifest(signature=GOOD))
    attack.server.on("/f/main.py", reply(b"print('evil')\n"))
    attack.fails(MD5, "main.py", manifest_auth_key=KEY, begun=True)
