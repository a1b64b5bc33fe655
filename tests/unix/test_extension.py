"""The manifest's extension on a device: sizes, SHA-256s, and the signature that covers them."""

import hashlib
import hmac
import json

import pytest
from saguarota.py3utils import OTAManifestBuilder
from support import entry, sign

KEY = "schlüssel"
OLD = {"main.py": b"old main", "lib/a.py": b"old a"}
NEW = {"lib/b.py": b"b" * 3000, "main.py": b"new main"}


def extended(path, content, version=2000, **members):
    """A file as an extended manifest lists it; `members` replace what it says, None leaves out."""
    found = {
        **entry(path, content, version),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **members,
    }
    return {name: value for name, value in found.items() if value is not None}


def sign_extended(manifest, key=KEY):
    """The second signature by CPython's hmac."""
    lines = [f"x={manifest.get('version', 0)}"]
    for file in sorted(manifest["files"], key=lambda file: file["path"].encode()):
        size = file.get("size")
        parts = (
            file["path"],
            str(file.get("version", 0)),
            file.get("md5") or "",
            "" if size is None else str(size),
            (file.get("sha256") or "").lower(),
        )
        lines.append("\t".join(parts))
    return hmac.new(key.encode(), "\n".join(lines).encode(), "sha256").hexdigest()


def manifest(files, key=None, version=2000):
    """A manifest as a dict; with a key, both signatures."""
    made = {"version": version, "files": files}
    if key:
        made.update(signature=sign(made, key), signature_ext=sign_extended(made, key))
    return made


def offer(release, files, key=None):
    """Serve NEW by a manifest of these files."""
    release.put_all(NEW)
    release.manifest = json.dumps(manifest(files, key))


def usual(**members):
    """The files of NEW; `members` are those of main.py."""
    return [extended("lib/b.py", NEW["lib/b.py"]), extended("main.py", NEW["main.py"], **members)]


@pytest.fixture
def old(device, release):
    """The tree of a device on OLD."""
    tree = device.adopt(release, OLD)
    release.requests.clear()
    return tree


def refuses(device, release, old, code, *words, **options):
    """Boot: nothing was touched, no file was fetched."""
    boot = device.boot(**options)
    assert (boot.reset, boot.code) == (False, code), (boot.message, boot.log)
    for word in words:
        assert word in boot.message
    assert device.tree() == old and device.state() == "idle"
    assert release.fetched == []


def accepts(device, **options):
    """Boot: NEW is there."""
    boot = device.boot(**options)
    assert (boot.reset, boot.code) == (True, None), (boot.message, boot.log)
    assert device.app() == {"lib/": None, **OLD, **NEW}


# -- size --


@pytest.mark.parametrize("key", [None, KEY])
def test_sizes_over_the_free_space_refuse_the_update_before_any_download(flash, release, key):
    old = flash.adopt(release, OLD)
    release.requests.clear()
    free = flash.free()
    offer(release, usual(size=free), key)
    refuses(
        flash, release, old, "apply_failed", f"{free + 3000} bytes", " free", manifest_auth_key=key
    )
    boot = flash.boot()
    assert [name for name, _ in boot.events] == ["update_start"]
    offer(release, usual(), key)
    accepts(flash, manifest_auth_key=key)


def test_sizes_that_fill_the_free_space_exactly_are_tried(flash, release):
    """The sizes are compared with what is free when manifest and journal are there already."""
    old = flash.adopt(release, OLD)
    release.requests.clear()
    offer(release, usual(size=(1 << 63) - 1 - 3000))
    boot = flash.boot()
    free = int(boot.message.split(" bytes, ")[1].split(" are free")[0])
    assert 0 < free <= flash.free()
    # The manifest takes no other number of blocks for a smaller number.
    offer(release, usual(size=free - 3000 + 1))
    refuses(flash, release, old, "apply_failed", f"{free + 1} bytes, {free} are free")
    offer(release, usual(size=free - 3000))
    accepts(flash)


def test_only_the_sizes_of_due_files_count_against_the_free_space(flash, release):
    flash.adopt(release, OLD)
    offer(release, [extended("lib/a.py", OLD["lib/a.py"], 1000, size=1 << 62), *usual()])
    accepts(flash)


@pytest.mark.parametrize("size", [None, 0, "8", "x", -1, 1.5, True, [], {"size": 1 << 62}, 1 << 63])
def test_absent_malformed_or_too_small_sizes_do_not_stop_an_update(device, release, old, size):
    """Of another form, they count as absent; and a size is no check of the download."""
    offer(release, usual(size=size))
    accepts(device)


def test_sizes_whose_sum_overflows_64_bits_refuse_the_update(device, release, old):
    offer(release, [extended("lib/b.py", NEW["lib/b.py"], size=(1 << 63) - 1), *usual()[1:]])
    refuses(device, release, old, "apply_failed", " free")
    files = [extended(f"f{number}.py", b"", size=(1 << 63) - 1) for number in range(3)]
    offer(release, files)
    refuses(device, release, old, "apply_failed", f"{3 * ((1 << 63) - 1)} bytes")


# -- sha256 --


@pytest.mark.parametrize("md5", [True, False])
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("key", [None, KEY])
def test_a_file_with_the_right_sha256_is_installed(device, release, old, md5, upper, key):
    digest = hashlib.sha256(NEW["main.py"]).hexdigest()
    files = usual(sha256=digest.upper() if upper else digest)
    if not md5:
        del files[1]["md5"]
    offer(release, files, key)
    accepts(device, manifest_auth_key=key, require_sha256=True)


@pytest.mark.parametrize("md5", [True, False])
@pytest.mark.parametrize("retries", [0, 2])
def test_a_wrong_sha256_is_retried_and_then_rolled_back(device, release, old, md5, retries):
    wrong = hashlib.sha256(b"other").hexdigest()
    files = usual(sha256=wrong)
    if not md5:
        del files[1]["md5"]
    offer(release, files)
    boot = device.boot(download_retries=retries)
    assert (boot.reset, boot.code) == (True, "md5_mismatch")
    right = hashlib.sha256(NEW["main.py"]).hexdigest()
    assert boot.message == f"main.py from {release.url}main.py: sha256 {right}, not {wrong}"
    assert release.fetched == ["lib/b.py", *["main.py"] * (retries + 1)]
    assert len(boot.named("download_retry")) == retries
    assert boot.updated == ["lib/b.py"]
    assert device.undone() == old


def test_a_right_sha256_does_not_excuse_a_wrong_md5(device, release, old):
    offer(release, usual(md5=hashlib.md5(b"other").hexdigest()))
    boot = device.boot()
    assert (boot.reset, boot.code) == (True, "md5_mismatch") and "md5" in boot.message
    assert device.undone() == old


@pytest.mark.parametrize("sha256", ["", "0" * 63, "g" * 64, "0" * 65, 5, False, []])
def test_a_malformed_sha256_counts_as_missing(device, release, old, sha256):
    offer(release, usual(sha256=sha256))
    refuses(
        device, release, old, "manifest_signature_invalid", "sha256 is missing", require_sha256=True
    )
    accepts(device)


# -- signatures --


@pytest.mark.parametrize("change", ["signature_ext", "size", "sha256", "lacks", "more", "swapped"])
@pytest.mark.parametrize("required", [False, True])
def test_a_tampered_extension_is_refused_before_any_download(
    device, release, old, change, required
):
    offer(release, usual(), KEY)
    made = json.loads(release.manifest)
    if change == "signature_ext":
        digits = made[change]
        made[change] = ("1" if digits[0] == "0" else "0") + digits[1:]
    elif change == "swapped":
        made["signature_ext"] = made["signature"]
    elif change == "lacks":
        del made["files"][1]["sha256"]
    elif change == "more":
        made["files"].append({"path": "z.py", "version": 2000})
        made["signature"] = sign(made, KEY)
    else:
        made["files"][1][change] = {"size": 9, "sha256": "0" * 64}[change]
    release.manifest = json.dumps(made)
    refuses(
        device,
        release,
        old,
        "manifest_signature_invalid",
        manifest_auth_key=KEY,
        require_sha256=required,
    )


@pytest.mark.parametrize("first", [True, False])
def test_a_right_extension_does_not_excuse_the_first_signature(device, release, old, first):
    offer(release, usual(), KEY)
    made = json.loads(release.manifest)
    if first:
        made["signature"] = "0" * 64
    else:
        del made["signature"]
    release.manifest = json.dumps(made)
    refuses(device, release, old, "manifest_signature_invalid", manifest_auth_key=KEY)


def test_a_manifest_signed_with_another_key_is_refused(device, release, old):
    offer(release, usual(), "other")
    refuses(device, release, old, "manifest_signature_invalid", manifest_auth_key=KEY)


def test_without_a_key_signatures_do_not_matter(device, release, old):
    made = manifest(usual(), "other")
    made["signature_ext"] = 5
    offer(release, [])
    release.manifest = json.dumps(made)
    accepts(device, require_sha256=True)


def test_a_missing_extended_signature_is_refused_only_if_sha256_is_required(device, release, old):
    """The first one counts, and what is there of the extension; unless it is demanded."""
    offer(release, usual(), KEY)
    made = json.loads(release.manifest)
    del made["signature_ext"]
    release.manifest = json.dumps(made)
    refuses(
        device,
        release,
        old,
        "manifest_signature_invalid",
        "sha256",
        manifest_auth_key=KEY,
        require_sha256=True,
    )
    accepts(device, manifest_auth_key=KEY)


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("position", [0, 1])
def test_one_file_without_sha256_is_refused_only_if_sha256_is_required(
    device, release, old, key, position
):
    files = usual()
    del files[position]["sha256"]
    offer(release, files, key)
    refuses(
        device,
        release,
        old,
        "manifest_signature_invalid",
        manifest_auth_key=key,
        require_sha256=True,
    )
    accepts(device, manifest_auth_key=key)


def test_a_plain_manifest_is_refused_where_sha256_is_demanded(device, release, old):
    release.put_all(NEW)
    refuses(device, release, old, "manifest_signature_invalid", require_sha256=True)


def test_the_extended_signature_follows_the_name_of_the_signature_field(device, release, old):
    offer(release, usual(), KEY)
    made = json.loads(release.manifest)
    made["sig"], made["sig_ext"] = made.pop("signature"), made.pop("signature_ext")
    release.manifest = json.dumps(made)
    options = {"manifest_auth_key": KEY, "require_sha256": True, "manifest_signature_field": "sig"}
    made["sig_ext"] = "0" * 64
    tampered = json.dumps(made)
    right, release.manifest = release.manifest, tampered
    refuses(device, release, old, "manifest_signature_invalid", **options)
    release.manifest = right
    accepts(device, **options)


def test_files_and_members_may_come_in_any_order(device, release, old):
    offer(release, usual(), KEY)
    made = json.loads(release.manifest)
    made["files"] = [dict(reversed(file.items())) for file in reversed(made["files"])]
    release.manifest = json.dumps(dict(reversed(made.items())))
    accepts(device, manifest_auth_key=KEY, require_sha256=True)


# -- the builder's --


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("on_flash", [False, True])
def test_an_extended_release_of_the_builder_is_installed_and_updated(
    device, flash, release, key, on_flash
):
    target = flash if on_flash else device
    release.builder = OTAManifestBuilder(release.folder, auth_key=key, extended=True)
    target.options.update(manifest_auth_key=key, require_sha256=True)
    target.adopt(release, {**OLD, "ümlaut/ß.py": b"", "z.mpy": bytes(5000)})
    made = json.loads(release.builder.generate_manifest())
    if key:
        assert made["signature"] == sign(made, key)
        assert made["signature_ext"] == sign_extended(made, key)
    assert target.app() == release.tree()
    release.put("main.py", b"newer", 2000)
    boot = target.boot()
    assert boot.reset and boot.updated == ["main.py"]
    assert target.app() == release.tree()


def test_the_tests_sign_the_documented_payload_letter_for_letter():
    """The tests' own test: what the second signature signs, letter for letter, gaps included."""
    made = {
        "version": 1700000123,
        "files": [
            {"path": "main.py", "version": 3, "md5": "AB", "sha256": "CD"},
            {"path": "lib/util.py", "size": 1024},
        ],
    }
    text = b"x=1700000123\nlib/util.py\t0\t\t1024\t\nmain.py\t3\tAB\t\tcd"
    assert sign_extended(made) == hmac.new(KEY.encode(), text, "sha256").hexdigest()


def test_digests_of_each_length_are_those_of_hashlib(device):
    """Up to three blocks of both, read in pieces that do not end where a block does."""
    boot = device.execute("""
import io
from _saguarota import digest
for size in range(200):
    data = bytes(7 * at & 255 for at in range(size))
    say(found=[digest(name, io.BytesIO(data), bytearray(7)) for name in ("md5", "sha256")])
""")
    for size, said in enumerate(boot.said):
        data = bytes(7 * at & 255 for at in range(size))
        assert said["found"] == [hashlib.new(n, data).hexdigest() for n in ("md5", "sha256")], size
    assert len(boot.said) == 200
