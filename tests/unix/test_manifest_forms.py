"""Manifests in the forms that the contract allows, from the builder and by hand; signatures."""

import hashlib
import hmac
import json
import random

import pytest
from support import entry, sign

KEY = "clé-secrète"
FILES = {"main.py": b"main", "lib/a.py": b"a", "lib/b.py": b"b"}


@pytest.fixture
def publish(release):
    """Writes FILES and serves what is given: a dict is sent as JSON."""
    release.put_all(FILES, 1000)

    def serve(manifest):
        text = manifest if isinstance(manifest, (str, bytes)) else json.dumps(manifest)
        release.manifest = text

    return serve


def listing(version=7):
    """A manifest of FILES, sorted by path."""
    entries = [entry(path, FILES[path], version) for path in sorted(FILES)]
    return {"version": version, "files": entries}


def installs(device, release, **options):
    boot = device.boot(**options)
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert device.app() == release.tree()
    return boot


def refused(device, **options):
    boot = device.boot(**options)
    assert (boot.code, boot.reset) == ("manifest_signature_invalid", False)
    assert "signature" in boot.message
    assert device.tree() == {}


def test_a_manifest_of_the_builder_is_installed(device, release, publish):
    installs(device, release)


def test_versions_may_be_decimal_strings(device, release, publish):
    manifest = listing()
    manifest["version"] = "7"
    for file in manifest["files"]:
        file["version"] = str(file["version"])
    publish(manifest)
    installs(device, release)
    publish({**listing(), "version": "6"})
    assert device.run(["confirm_update"], ["check_and_perform_ota"]).reset is False
    publish({"version": "10", "files": [entry("main.py", FILES["main.py"], "10")]})
    assert device.boot().updated == ["main.py"]


def test_the_largest_64_bit_version_is_accepted(device, release, publish):
    publish(listing(2**63 - 1))
    installs(device, release)
    assert device.manifest()["version"] == 2**63 - 1


def test_files_may_come_before_the_version(device, release, publish):
    manifest = listing()
    publish({"files": manifest["files"], "version": 7})
    installs(device, release)


def test_keys_of_entries_may_come_in_any_order(device, release, publish):
    manifest = listing()
    for number, file in enumerate(manifest["files"]):
        items = list(file.items())
        file.clear()
        file.update(items[number:] + items[:number])
    publish(manifest)
    installs(device, release)


def test_unsorted_entries_are_installed_in_order_of_path(device, release, publish):
    manifest = listing()
    manifest["files"].reverse()
    publish(manifest)
    assert installs(device, release).updated == sorted(FILES)


def test_an_unsorted_local_manifest_still_shows_what_is_due(device, release, publish):
    manifest = listing()
    manifest["files"].reverse()
    publish(manifest)
    installs(device, release)
    manifest["files"][0]["version"] = manifest["version"] = 8
    random.Random(1).shuffle(manifest["files"])
    publish(manifest)
    assert device.run(["confirm_update"], ["check_and_perform_ota"]).updated == ["main.py"]


def test_unknown_keys_anywhere_are_ignored(device, release, publish):
    extra = {"note": 'ü\n"', "deep": [{"path": "../x", "files": [1, 2.5e-3, None, True]}]}
    entries = [{"x-size": 1, **file, "tags": [extra]} for file in listing()["files"]]
    publish({**extra, "version": 7, "x": [], "files": entries, "z": {}})
    installs(device, release)


def test_white_space_and_json_escapes_are_accepted(device, release, publish):
    release.put("ü/🌵.py", b"cactus", 1000)
    manifest = listing()
    manifest["files"].append(entry("ü/🌵.py", b"cactus", 7))
    text = json.dumps(manifest, indent="\t").replace("\n", " \r\n").replace("/", "\\/")
    assert "\\ud83c\\udf35" in text
    publish("\n\t " + text + "\r\n\r\n")
    installs(device, release)


@pytest.mark.parametrize("absent", [{}, {"md5": None}, {"md5": ""}])
def test_a_file_without_md5_is_taken_with_a_warning(device, release, publish, absent):
    manifest = listing()
    del manifest["files"][1]["md5"]
    manifest["files"][1].update(absent)
    publish(manifest)
    boot = installs(device, release)
    warnings = [line for line in boot.log.splitlines() if "warning" in line and "md5" in line]
    assert len(warnings) == 1 and manifest["files"][1]["path"] in warnings[0]


def test_an_upper_case_md5_is_accepted(device, release, publish):
    manifest = listing()
    for file in manifest["files"]:
        file["md5"] = file["md5"].upper()
    publish(manifest)
    installs(device, release)


def test_no_version_counts_as_0(device, release, publish):
    manifest = listing()
    del manifest["version"]
    publish(manifest)
    boot = device.boot()
    assert (boot.reset, boot.code, device.tree()) == (False, None, {})
    installs(device, release, force_update=True)


def test_an_entry_without_version_counts_as_0(device, release, publish):
    manifest = listing()
    del manifest["files"][2]["version"]
    publish(manifest)
    assert device.boot().updated == [file["path"] for file in manifest["files"][:2]]
    assert device.run(["confirm_update"]).value is True
    assert device.boot(force_update=True).updated == sorted(FILES)


def test_a_damaged_local_manifest_does_not_stop_updates(device, release, publish):
    device.put({"versions.json": b'{"version": 900, "fi'})
    publish(listing(1))
    boot = installs(device, release)
    assert "warning" in boot.log and "versions.json" in boot.log


# -- signatures --


def test_a_signature_of_the_builder_is_accepted(device, release, publish):
    release.builder = type(release.builder)(release.folder, auth_key=KEY)
    installs(device, release, manifest_auth_key=KEY)


@pytest.mark.parametrize("change", [str, str.upper])
@pytest.mark.parametrize("order", ["signature first", "version first", "files first"])
@pytest.mark.parametrize("ordered", [True, False])
def test_a_signature_by_other_code_is_accepted_in_any_case_and_order(
    device, release, publish, change, order, ordered
):
    manifest = listing()
    if not ordered:
        manifest["files"].reverse()
    manifest["signature"] = change(sign(manifest, KEY))
    names = ["version", "signature", "files"]
    names.sort(key=lambda name: name != order.split()[0])
    publish({name: manifest[name] for name in names})
    installs(device, release, manifest_auth_key=KEY)


def test_a_signature_over_entries_without_md5_or_version_is_accepted(device, release, publish):
    manifest = listing()
    del manifest["files"][0]["md5"], manifest["files"][1]["version"]
    manifest["signature"] = sign(manifest, KEY)
    publish(manifest)
    installs(device, release, manifest_auth_key=KEY, force_update=True)


def test_a_signature_over_an_upper_case_md5_is_accepted(device, release, publish):
    manifest = listing()
    manifest["files"][0]["md5"] = manifest["files"][0]["md5"].upper()
    manifest["signature"] = sign(manifest, KEY)
    publish(manifest)
    installs(device, release, manifest_auth_key=KEY)


def test_a_signature_may_be_in_a_field_of_another_name(device, release, publish):
    manifest = listing()
    publish({**manifest, "signature": "none", "x-sig": sign(manifest, KEY)})
    installs(device, release, manifest_auth_key=KEY, manifest_signature_field="x-sig")


def test_a_key_longer_than_a_hash_block_is_accepted(device, release, publish):
    manifest = listing()
    publish({**manifest, "signature": sign(manifest, KEY * 9)})
    installs(device, release, manifest_auth_key=KEY * 9)


def test_a_signature_does_not_matter_without_a_key(device, release, publish):
    publish({**listing(), "signature": "00"})
    installs(device, release)


@pytest.mark.parametrize("signature", [None, "", "0" * 64, "0" * 63, 12, ["x"]])
def test_a_wrong_or_malformed_signature_is_refused(device, publish, signature):
    publish({**listing(), "signature": signature})
    refused(device, manifest_auth_key=KEY)


def test_a_missing_signature_is_refused_where_a_key_is_set(device, publish):
    publish(listing())
    refused(device, manifest_auth_key=KEY)
    refused(device, manifest_auth_key=KEY, force_update=True)


def test_the_signature_of_another_key_is_refused(device, publish):
    publish({**listing(), "signature": sign(listing(), KEY + "x")})
    refused(device, manifest_auth_key=KEY)


@pytest.mark.parametrize("field", ["path", "version", "md5"])
def test_a_signature_covers_each_part_of_an_entry(device, publish, field):
    manifest = {**listing(), "signature": sign(listing(), KEY)}
    manifest["files"][1][field] = {"path": "lib/c.py", "version": 8, "md5": "0" * 32}[field]
    publish(manifest)
    refused(device, manifest_auth_key=KEY)


def test_a_signature_covers_the_version(device, publish):
    publish({**listing(), "version": 8, "signature": sign(listing(), KEY)})
    refused(device, manifest_auth_key=KEY)


# -- size and sha256 --


def extended(key=KEY):
    """The manifest with size and SHA-256 of each file, signed in both ways."""
    manifest = listing()
    for file in manifest["files"]:
        content = FILES[file["path"]]
        file.update(size=len(content), sha256=hashlib.sha256(content).hexdigest())
    manifest["signature"] = sign(manifest, key)
    names = ("path", "version", "md5", "size", "sha256")
    lines = ["\t".join(str(file[name]) for name in names) for file in manifest["files"]]
    payload = "\n".join(["x=7", *lines]).encode()
    return {"signature_ext": hmac.new(key.encode(), payload, "sha256").hexdigest(), **manifest}


def first_or_last(manifest, last):
    """The extended signature before the files, where one pass over them checks it, or behind."""
    if last:
        manifest["signature_ext"] = manifest.pop("signature_ext")
    return manifest


@pytest.mark.parametrize("last", [False, True])
def test_an_extended_manifest_with_both_signatures_is_installed(device, release, publish, last):
    publish(first_or_last(extended(), last))
    installs(device, release, manifest_auth_key=KEY)


def test_an_extended_signature_does_not_matter_without_a_key(device, release, publish):
    publish({**extended(), "signature_ext": "none"})
    installs(device, release)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [("size", 5), ("size", None), ("size", "x"), ("sha256", "0" * 64), ("sha256", None)],
)
def test_an_extended_signature_covers_size_and_sha256(device, publish, name, value, last):
    manifest = extended()
    manifest["files"][1][name] = value
    publish(first_or_last(manifest, last))
    refused(device, manifest_auth_key=KEY)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("value", ["", "0" * 64, 0, [], sign(listing(), KEY)])
def test_a_wrong_extended_signature_is_refused(device, publish, value, last):
    publish(first_or_last({**extended(), "signature_ext": value}, last))
    refused(device, manifest_auth_key=KEY)


def test_an_extended_signature_does_not_replace_the_first_signature(device, publish):
    manifest = extended()
    del manifest["signature"]
    publish(manifest)
    refused(device, manifest_auth_key=KEY)
    publish({**extended(), "signature": sign(listing(), KEY + "x")})
    refused(device, manifest_auth_key=KEY)


def test_odd_values_of_the_extension_are_ignored(device, release, publish):
    manifest = listing()
    for file, odd in zip(manifest["files"], [{"a": [1]}, -1, "0" * 63]):
        file.update(size=odd, sha256=odd)
    publish(manifest)
    installs(device, release)
