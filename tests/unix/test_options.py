"""The constructor: every option by name and by position, wrong types, what the numbers do."""

import pytest
from constructing import URLS, construct, option, warnings
from support import sign

# Of every option, by position: a value that the next tests can see the effect of.
OPTIONS = {
    "dest_dir": "app",
    "force_update": True,
    "recurse_http_fs": False,
    "ota_state_file": "own/state.txt",
    "local_manifest_file": "own/local.json",
    "application_name": "cactus",
    "http_timeout_s": 3,
    "backup_skip_extensions": (".dat",),
    "backup_skip_prefixes": ("skipped/",),
    "manifest_auth_key": "secret",
    "manifest_signature_field": "x-sig",
    "download_retries": 2,
    "retry_base_delay_ms": 1,
    "resume_downloads": False,
    "io_chunk_size": 64,
    "md5_chunk_size": 32,
    "strict_http_fs": False,
    "delete_files_not_in_manifest_policy": "never",
    "delete_files_not_in_manifest_extensions": (".py",),
}

# -- every option --


@pytest.mark.parametrize("how", ["by name", "by position"])
def test_every_option_takes_effect(device, release, how):
    files = {"main.py": b"main", "skipped/a.py": b"a", "b.DAT": b"b", "gone.py": b"gone"}
    device.put({path: b"old " + content for path, content in files.items()}, "app")
    device.put({"own/of the user.txt": b""})
    entries = [{"path": path, "version": 0, "md5": ""} for path in files]
    manifest = {"version": 0, "files": entries}
    release.manifest = repr({**manifest, "x-sig": sign(manifest, "secret")}).replace("'", '"')
    release.put_all(files, 1)
    release.remove("gone.py")
    urls = [release.url + "versions.json", release.url]
    if how == "by name":
        made = f"OTAUpdater(*{urls!r}, progress_callback=on_event, **{OPTIONS!r})"
    else:
        made = f"OTAUpdater(*{[*urls, *OPTIONS.values()]!r}, on_event)"
    source = f"""
u = {made}
say(backup_dir=u.backup_dir)
call(u, "check_and_perform_ota")
"""
    boot = device.execute(source)
    assert boot.said == [{"backup_dir": "cactus_backup"}]
    # Entries go by path: b.DAT, then gone.py with three attempts, then the rollback.
    assert (boot.code, boot.updated) == ("download_failed", ["b.DAT"])
    waits = [retry["wait_ms"] for retry in boot.named("download_retry")]
    assert len(waits) == 2 and 1 <= waits[0] < 129 and 2 <= waits[1] < 130
    tree = device.tree()
    assert tree["own/state.txt"] == b"idle"
    assert (tree["app/main.py"], tree["app/b.DAT"]) == (b"old main", b"b")

    # The same manifest waits for a boot. Its b.DAT is there, but is fetched again, as this release
    # has no backup of it.
    boot = device.execute(source)
    assert (boot.code, boot.reset, boot.events) == ("download_failed", False, [])
    assert "boots until the next attempt: 1; gone.py: " in boot.message
    (memory,) = [path for path in tree if path.endswith(".bad")]
    assert {**device.tree(), memory: tree[memory]} == tree

    release.put("gone.py", b"gone", 1)
    boot = device.execute(source)
    assert boot.code is None and boot.reset
    assert boot.updated == sorted(files)
    tree = device.tree()
    assert tree["own/state.txt"] == b"confirm_pending"
    assert {path: tree["app/" + path] for path in files} == files
    backup = {path for path in tree if path.startswith("cactus_backup/") and tree[path] is not None}
    assert backup == {"cactus_backup/main.py", "cactus_backup/gone.py"}
    assert b'"x-sig"' in tree["own/local.json"]
    assert not {"versions.json", "ota_state.txt", "saguarota_backup/"} & set(tree)


def test_the_two_urls_suffice(device):
    assert construct(device, *URLS) == ""
    assert construct(device, manifest_url=URLS[0], base_file_url=URLS[1]) == ""


@pytest.mark.parametrize("slashes", ["", "/", "//"])
def test_slashes_at_the_end_of_the_base_url_do_not_matter(device, release, slashes):
    release.put("main.py", b"x", 1000)
    boot = device.boot(base_file_url=release.url.rstrip("/") + slashes)
    assert boot.code is None
    assert release.requests[-1][0] == "/ota/main.py"


# -- mistakes of the programmer --


@pytest.mark.parametrize(
    "kwargs",
    [
        {"dest_dir": 5},
        {"dest_dir": None},
        {"dest_dir": b"."},
        {"ota_state_file": 5},
        {"local_manifest_file": ["versions.json"]},
        {"application_name": 7},
        {"backup_skip_extensions": ".py"},
        {"backup_skip_extensions": (1,)},
        {"backup_skip_prefixes": "assets/"},
        {"backup_skip_prefixes": [None]},
        {"manifest_auth_key": 5},
        {"manifest_signature_field": None},
        {"delete_files_not_in_manifest_extensions": ".py"},
        {"progress_callback": 5},
        {"progress_callback": "print"},
    ],
    ids=str,
)
def test_a_wrong_type_raises_and_names_the_option(device, kwargs):
    error = option(device, **kwargs)
    assert error.startswith("TypeError: ") and next(iter(kwargs)) in error


@pytest.mark.parametrize("url", [5, None, b"http://h/", ["http://h/"]], ids=str)
def test_a_url_of_a_wrong_type_raises_and_names_the_option(device, url):
    for args, name in (((url, URLS[1]), "manifest_url"), ((URLS[0], url), "base_file_url")):
        error = construct(device, *args)
        assert error.startswith("TypeError: ") and name in error


@pytest.mark.parametrize(
    "url",
    ["", "host/path", "ftp://h/", "http:/h/", "http://", "http:///x", "http://h:x/", "http://h/ "],
)
def test_a_malformed_url_raises_a_value_error(device, url):
    for args in ((url, URLS[1]), (URLS[0], url)):
        assert construct(device, *args).startswith("ValueError: ")


@pytest.mark.parametrize(
    "kwargs",
    [
        {"dest_dir": ""},
        {"manifest_auth_key": ""},
        {"manifest_signature_field": ""},
        {"manifest_signature_field": "files"},
        {"manifest_signature_field": "version"},
    ],
    ids=str,
)
def test_a_value_without_sense_raises_and_names_the_option(device, kwargs):
    error = option(device, **kwargs)
    assert error.startswith("ValueError: ") and next(iter(kwargs)) in error


@pytest.mark.parametrize("character", "\t\n\r\0\x1f\x7f")
@pytest.mark.parametrize(
    "name", ["dest_dir", "ota_state_file", "local_manifest_file", "application_name"]
)
def test_a_name_with_a_control_character_raises_and_names_the_option(device, name, character):
    """The journal has some of them in one line, with tabs in between."""
    error = option(device, **{name: f"a/b{character}c"})
    assert error == f"ValueError: {name} has a control character"
    assert option(device, **{name: "a/b ü€~"}) == ""


def test_a_subclass_with_a_control_character_in_a_name_raises(device):
    boot = device.execute("""
class Updater(OTAUpdater):
    OTA_STATE_FILE = "state\\n"
try:
    Updater("http://h/m", "http://h/")
except ValueError as e:
    say(text=str(e))
""")
    assert boot.said == [{"text": "ota_state_file has a control character"}]


def test_missing_urls_raise(device):
    assert construct(device).startswith("TypeError: ")
    assert construct(device, URLS[0]).startswith("TypeError: ")


@pytest.mark.parametrize("extensions", [None, (), []])
@pytest.mark.parametrize("policy", ["manifest_extensions", "custom_extensions"])
def test_an_extension_policy_without_extensions_warns(device, policy, extensions):
    kwargs = {
        "delete_files_not_in_manifest_policy": policy,
        "delete_files_not_in_manifest_extensions": extensions,
    }
    (warning,) = warnings(device, **kwargs)
    assert "warning" in warning and "delete_files_not_in_manifest_extensions" in warning


@pytest.mark.parametrize("policy", ["never", "sometimes", "", None, 5], ids=str)
def test_an_unknown_policy_deletes_nothing(device, release, policy):
    device.put({"mine.py": b"mine"})
    release.put("main.py", b"x", 1000)
    assert device.boot(delete_files_not_in_manifest_policy=policy).code is None
    assert device.app() == {"main.py": b"x", "mine.py": b"mine"}


# -- what the numbers do --


def failing(device, release, **options):
    """Attempts and waits of a download that fails each time."""
    release.offer("none.py", 5)
    boot = device.boot(**options)
    assert boot.code == "download_failed"
    attempts = boot.named("download_attempt")
    assert [each["attempt"] for each in attempts] == list(range(1, len(attempts) + 1))
    assert {each["attempts"] for each in attempts} == {len(attempts)}
    return len(attempts), [retry["wait_ms"] for retry in boot.named("download_retry")]


@pytest.mark.parametrize(
    ("retries", "attempts"), [(0, 1), (1, 2), (4, 5), ("3", 4), (-1, 2), (10**6, 2), ("x", 2)]
)
def test_download_retries_sets_the_number_of_attempts(device, release, retries, attempts):
    assert failing(device, release, download_retries=retries)[0] == attempts


def test_the_wait_doubles(device, release):
    _, waits = failing(device, release, download_retries=3, retry_base_delay_ms=20)
    assert len(waits) == 3
    for wait, base in zip(waits, (20, 40, 80)):
        assert base <= wait < base + 128


@pytest.mark.parametrize(
    ("boots", "reverts_after"),
    [(1, 1), (3, 3), ("2", 2), (0, 1), (-5, 1), (None, None), (5000, None), ([3], None)],
)
def test_max_unconfirmed_boots_sets_when_an_update_is_reverted(
    device, release, boots, reverts_after
):
    """By default, and for what is no number, an update may stay unconfirmed for ever."""
    release.put("main.py", b"x", 1000)
    if boots is not None:
        device.options["max_unconfirmed_boots"] = boots
    assert device.boot().reset
    for _ in range(4 if reverts_after is None else reverts_after):
        boot = device.boot()
        assert (boot.reset, boot.code, device.state()) == (False, None, "confirm_pending")
    assert device.boot().reset is (reverts_after is not None)
    assert (device.state() == "idle") is (reverts_after is not None)


@pytest.mark.usefixtures("insides")
def test_no_wait_is_over_ten_minutes(device, release):
    release.offer("none.py", 5)
    boot = device.execute("""
import time
import saguarota.download as download
class Time:
    ticks_us = time.ticks_us
    sleep_ms = lambda ms: None
download.time = Time
call(make(download_retries=6, retry_base_delay_ms=60_000), "check_and_perform_ota")
""")
    waits = [retry["wait_ms"] for retry in boot.named("download_retry")]
    bases = [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]
    assert len(waits) == len(bases)
    assert all(base <= wait < base + 128 for base, wait in zip(bases, waits))


@pytest.mark.parametrize("delay", [-1, -(2**70), 10**9])
def test_a_delay_out_of_range_is_250_ms(device, release, delay):
    _, waits = failing(device, release, retry_base_delay_ms=delay)
    assert len(waits) == 1 and 250 <= waits[0] < 378


@pytest.mark.parametrize("name", ["io_chunk_size", "md5_chunk_size"])
@pytest.mark.parametrize("size", [1, 7, 512, 4096, 0, -512, 2**40])
def test_any_chunk_size_installs_the_same_bytes(device, release, name, size):
    release.put("data.py", bytes(range(256)) * 20, 1000).put("empty.py", b"", 1000)
    for version in (1000, 2000):
        release.put("main.py", b"%d" % version * 99, version)
        boot = device.boot(**{name: size})
        assert (boot.code, boot.reset) == (None, True), boot.message
        assert device.app() == release.tree()
        assert device.call("confirm_update").value is True


@pytest.mark.usefixtures("insides")
@pytest.mark.parametrize(("io_size", "md5_size"), [(64, 32), (32, 64), (1000, 1000)])
def test_chunk_sizes_are_those_of_reads(device, release, io_size, md5_size):
    """What is received comes to the file in pieces of one, and is read back in pieces of the
    other."""
    release.put("main.py", bytes(5000), 1000)
    boot = device.execute(f"""
import saguarota.download as download
_digest, _writer = download.digest, download.Downloads.writer
pieces = set()
def digest(name, file, buffer):
    say(md5=len(buffer))
    return _digest(name, file, buffer)
def writer(self, path, write, size=0):
    def note(piece):
        pieces.add(len(piece))
        return write(piece)
    return _writer(self, path, note, size)
download.digest, download.Downloads.writer = digest, writer
call(make(io_chunk_size={io_size}, md5_chunk_size={md5_size}), "check_and_perform_ota")
say(largest=max(pieces))
""")
    assert (boot.code, boot.reset) == (None, True)
    assert boot.said == [{"md5": md5_size}, {"largest": io_size}]


@pytest.mark.usefixtures("insides")
def test_copies_go_by_io_chunk_size(device, release):
    """Those of the local manifest and of the backup."""
    device.adopt(release, {"main.py": b"old" * 900})
    release.put("main.py", b"new", 2000)
    boot = device.execute("""
from saguarota import fs
_copy = fs.copy
def copy(source, target, buffer):
    say(copied=source, size=len(buffer))
    _copy(source, target, buffer)
fs.copy = copy
call(make(io_chunk_size=96, md5_chunk_size=1000), "check_and_perform_ota")
""")
    assert (boot.code, boot.reset) == (None, True)
    copied = ["versions.json", "main.py"]
    assert boot.said == [{"copied": path, "size": 96} for path in copied]


@pytest.mark.parametrize("timeout", [None, 0, -1, 0.5, 10**9, "5", "2.5", "x", []], ids=str)
def test_an_update_succeeds_with_any_value_of_the_timeout(device, release, timeout):
    release.put("main.py", b"x", 1000)
    assert device.boot(http_timeout_s=timeout).code is None
    assert device.app() == release.tree()


@pytest.mark.parametrize("name", ["ota_state_file", "local_manifest_file"])
def test_a_missing_folder_for_the_state_or_manifest_file_is_created(device, release, name):
    release.put("main.py", b"x", 1000)
    boot = device.boot(**{name: "sub/folder/file"})
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert "sub/folder/file" in device.tree()


@pytest.mark.parametrize("destination", ["app", "app/", "./app", "a/p/p"])
def test_a_missing_dest_dir_is_created(device, release, destination):
    release.put("main.py", b"x", 1000).put("lib/a.py", b"a", 1000)
    boot = device.boot(dest_dir=destination)
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert device.tree()[destination.replace("./", "").strip("/") + "/lib/a.py"] == b"a"
