"""HTTP-FS mode where something goes wrong: on the server, on the device, on the way back."""

import pytest
from support import OFFLINE


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (OFFLINE, "GET http://127.0.0.1:9/: OSError: [Errno 111] ECONNREFUSED"),
        (
            {"base_file_url": "http://none.invalid/x", "download_retries": 0},
            "GET http://none.invalid/x/: ValueError: no address for host none.invalid",
        ),
    ],
    ids=["refused", "no such host"],
)
def test_an_unreachable_server_fails_the_check_and_changes_nothing(
    crawler, strict, options, message
):
    before = crawler.tree()
    boot = crawler.boot(strict_http_fs=strict, **options)
    assert (boot.code, boot.reset, boot.events) == ("http_fs_failed", False, [])
    assert boot.message.startswith(message)
    assert crawler.tree() == before


def test_a_missing_folder_on_the_server_is_reported_with_its_url(crawler):
    url = crawler.options["base_file_url"] + "nowhere/"
    boot = crawler.boot(base_file_url=url)
    assert (boot.code, boot.reset) == ("http_fs_failed", False)
    assert boot.message == f"GET {url}: ValueError: status 404"


def test_a_forbidden_name_fails_a_strict_update_and_changes_nothing(crawler):
    crawler.offer({"lib/bad.": b""})
    before = crawler.tree()
    url = crawler.options["base_file_url"]
    boot = crawler.boot()
    assert (boot.code, boot.reset, boot.events) == ("http_fs_failed", False, [])
    assert boot.message == f"{url}lib/: bad.: segment ends in a dot or a space"
    assert crawler.tree() == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("lib/a.py/x.py", "lib/a.py/x.py: lib/a.py is a file on the device"),
        ("own", "own is a folder on the device"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_file_in_place_of_a_folder_or_the_reverse_refuses_the_update(
    crawler, path, message, strict
):
    (crawler.served / "lib/a.py").unlink()
    crawler.offer({path: b"x"})
    before = crawler.tree()
    boot = crawler.boot(strict_http_fs=strict)
    assert (boot.code, boot.reset) == ("apply_failed", False)
    assert boot.message.endswith(message)
    assert crawler.tree() == before


def test_a_file_that_failed_and_was_made_later_survives_the_rollback(crawler):
    crawler.list_missing()
    crawler.options["strict_http_fs"] = False
    assert crawler.boot().reset
    crawler.put({"gone.py": b"made by the application"})
    assert crawler.call("revert_update").reset
    assert crawler.app()["gone.py"] == b"made by the application"
