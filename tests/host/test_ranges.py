"""Range and If-Range fields, each case of RFC 9110 that a device or a proxy may send."""

import time
from email.utils import formatdate

import pytest
from saguarota.py3utils.ranges import Unsatisfiable, if_range_holds, parse_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-9", (0, 10)),
        ("bytes=3-5", (3, 3)),
        ("bytes=0-99", (0, 10)),
        ("bytes=9-", (9, 1)),
        ("bytes=0-", (0, 10)),
        ("bytes=-1", (9, 1)),
        ("bytes=-10", (0, 10)),
        ("bytes=-99", (0, 10)),
        ("BYTES= 1-2 ", (1, 2)),
        ("bytes=0000-0001", (0, 2)),
        (f"bytes=0-{'9' * 100}", (0, 10)),
        # Ignored: absent, malformed, another unit, several ranges.
        (None, None),
        ("", None),
        ("bytes", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=5-3", None),
        ("bytes=a-b", None),
        ("bytes=1 -2", None),
        ("bytes=+1-2", None),
        ("bytes=1-2x", None),
        ("bytes=\u0661-2", None),
        ("bytes=--5", None),
        ("items=0-5", None),
        ("bytes=0-1,3-4", None),
        ("bytes=0-1, bytes=3-4", None),
        (f"bytes={'9' * 5000}-", None),
    ],
)
def test_one_valid_range_is_parsed_and_any_other_field_is_ignored(header, part):
    assert parse_range(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-11", "bytes=-0", f"bytes={'9' * 100}-"])
def test_range_without_a_byte_of_the_body_is_unsatisfiable(header):
    with pytest.raises(Unsatisfiable):
        parse_range(header, 10)


def test_empty_body_ignores_a_suffix_range_and_satisfies_no_other():
    assert parse_range("bytes=-5", 0) is None
    with pytest.raises(Unsatisfiable):
        parse_range("bytes=0-", 0)


def test_if_range_holds_only_for_the_exact_etag_or_a_settled_mtime():
    old, etag = 1_000_000_000.75, '"a-1"'
    cases = {
        None: True,
        '"a-1"': True,
        ' "a-1" ': True,
        '"A-1"': False,
        'W/"a-1"': False,
        '"a-1", "b"': False,
        "": False,
        "yesterday": False,
        formatdate(old, usegmt=True): True,
        formatdate(old - 1, usegmt=True): False,
        formatdate(old + 1, usegmt=True): False,
    }
    for header, expected in cases.items():
        assert if_range_holds(header, etag, old) is expected, header
    assert not if_range_holds(formatdate(old, usegmt=True), etag, None)
    now = time.time()
    assert not if_range_holds(formatdate(now, usegmt=True), etag, now), "may change this second"
