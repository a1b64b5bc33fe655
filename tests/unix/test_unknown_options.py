"""Options that the updater does not know: ignored, as the contract says, but printed."""

import pytest
from constructing import option, warnings
from test_options import OPTIONS

NAMES = [
    *("manifest_url", "base_file_url", *OPTIONS, "progress_callback"),
    *("ssl_context", "require_sha256", "max_unconfirmed_boots"),
]


def line(name, meant=None):
    hint = f": did you mean {meant}?" if meant else ""
    return f"saguarota: warning: unknown option {name}{hint}"


def test_unknown_options_are_ignored(device):
    assert option(device, turbo=True, colour=None, dest_directory=4) == ""


@pytest.mark.parametrize("package", ["dist", "plain"])
@pytest.mark.parametrize("interpreter", ["micropython", "other_micropython"])
def test_a_mistyped_key_is_printed(request, device, release, interpreter, package):
    """Without a key no signature is checked: nobody else would say so."""
    device.interpreter = request.getfixturevalue(interpreter)
    device.sys_path[:] = [str(request.getfixturevalue(package))]
    release.put("main.py", b"unsigned", 1000)
    boot = device.boot(manifest_auth_keys="the secret")
    assert boot.reset and device.app() == {"main.py": b"unsigned"}
    assert line("manifest_auth_keys", "manifest_auth_key") in boot.log.splitlines()
    assert "the secret" not in boot.log


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("manifest_auth_kye", "manifest_auth_key"),
        ("manifest_authkey", "manifest_auth_key"),
        ("manifestAuthKey", "manifest_auth_key"),
        ("MANIFEST_AUTH_KEY", "manifest_auth_key"),
        ("anifest_auth_ke", "manifest_auth_key"),
        ("http_timeout", "http_timeout_s"),
        ("md5chunksize", "md5_chunk_size"),
        ("mx5_chunk_size", "md5_chunk_size"),
        ("ii_chunk_size", "io_chunk_size"),
        ("dst_dir", "dest_dir"),
        ("require_sha265", "require_sha256"),
        ("max_unconfirmed_boot", "max_unconfirmed_boots"),
    ],
)
def test_the_nearest_name_is_asked_for(device, name, meant):
    assert warnings(device, **{name: 1}) == [line(name, meant)]


@pytest.mark.parametrize(
    "name",
    ["turbo", "x", "colour", "dest_directory", "manifest_key", "auth_key", "größe", "a" * 200],
)
def test_where_no_name_is_near_none_is_asked_for(device, name):
    assert warnings(device, **{name: 1}) == [line(name)]


@pytest.mark.usefixtures("insides")
def test_every_option_is_found_by_a_letter_too_few_or_too_many(device):
    wrong = {name[:-1]: name for name in NAMES} | {name + "_": name for name in NAMES}
    boot = device.execute(f"""
from saguarota.unknown_options import misspelt
say(found=[misspelt(name) for name in {list(wrong)!r}])
""")
    assert dict(zip(wrong, boot.said[0]["found"])) == wrong


@pytest.mark.usefixtures("insides")
def test_the_distance_between_two_names_is_the_number_of_edits(device):
    pairs = {
        ("", ""): 0,
        ("", "abc"): 3,
        ("abc", ""): 3,
        ("abc", "abc"): 0,
        ("abc", "abd"): 1,
        ("abc", "bc"): 1,
        ("abc", "acb"): 2,
        ("kitten", "sitting"): 3,
        ("saturday", "sunday"): 3,
        ("flaw", "lawn"): 2,
    }
    boot = device.execute(f"""
from saguarota.unknown_options import distance
say(found=[distance(*pair) for pair in {list(pairs)!r}])
""")
    assert boot.said[0]["found"] == list(pairs.values())


def test_each_unknown_option_is_printed_in_one_line(device):
    printed = warnings(device, io_chunk_sizes=1, turbo=1, http_timeouts=1, dest_dir="app")
    assert printed == [
        line("http_timeouts", "http_timeout_s"),
        line("io_chunk_sizes", "io_chunk_size"),
        line("turbo"),
    ]


def test_unknown_options_are_printed_before_an_error_is_raised(device):
    boot = device.execute("""
try:
    make(manifest_urll=5, base_file_url=5)
except TypeError as e:
    say(text=str(e))
""")
    assert boot.said == [{"text": "base_file_url must be a str, not int"}]
    assert boot.log.splitlines() == [line("manifest_urll", "manifest_url")]


def test_known_options_are_not_printed(device):
    assert warnings(device, **OPTIONS, require_sha256=True, max_unconfirmed_boots=3) == []
