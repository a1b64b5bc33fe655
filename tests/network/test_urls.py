"""URLs with ports, queries, escapes and IPv6; redirects; names of every kind."""

import json
import socket

import pytest
from hostile.attack import NEW, Attack, manifest
from hostile.server import HostileServer, reply
from support import Device


@pytest.fixture
def attack(tmp_path, micropython, dist):
    """A device with an old release and a server that only says what it is told."""
    with HostileServer() as server:
        yield Attack(Device(tmp_path / "flash", micropython, dist), server)


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


NAMES = [
    "with space.py",
    "two  spaces/and more.py",
    "caf\u00e9.py",
    "\u0434\u0435\u0440\u0435\u0432\u043e/\u6728.py",
    "\U0001f335.py",
    "e\u0301 decomposed.py",
    "hash#tag.py",
    "question?.py",
    "question?a=b&c=d.py",
    "percent%.py",
    "percent%20.py",
    "percent%2e%2e%2f.py",
    "plus+plus.py",
    "amp&ersand;semi=eq.py",
    "at@comma,.py",
    "x/colon:first.py",
    "quote'quotes\".py",
    "(round)[square]{curly}<angle>.py",
    "back`tick^hat|pipe~tilde!.py",
    "$dollar*star.py",
    "-dash/-.py",
    "dot.dot..py",
    ".hidden/.x.py",
    "$(reboot).py",
    "UPPER/lower.py",
]


def test_files_with_unusual_names_are_fetched_and_installed(device, release):
    for number, name in enumerate(NAMES):
        release.put(name, b"# %d\n" % number, version=3)
    boot = device.boot()
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert sorted(boot.updated) == sorted(NAMES)
    tree = device.tree()
    assert {name: tree.get(name) for name in NAMES} == {
        name: b"# %d\n" % number for number, name in enumerate(NAMES)
    }
    assert release.connections == 1


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["[::1]", "[0:0:0:0:0:0:0:1]"])
def test_an_ipv6_address_is_reached_and_named_in_the_host_field(attack, host):
    with HostileServer("::1") as server:
        url = f"http://{host}:{server.port}/"
        server.on("/v.json", reply(json.dumps(manifest())))
        for path, content in NEW.items():
            server.on("/" + path, reply(content))
        attack.succeeds(manifest_url=url + "v.json", base_file_url=url)
        assert server.connections == 1
        assert f"\r\nHost: {host}:{server.port}\r\n" in server.heads[0] + "\r\n"


def test_a_host_name_is_resolved_and_named_in_the_host_field(attack):
    """A name, and perhaps with an IPv6 address first, where nobody listens."""
    url = f"http://localhost:{attack.server.port}/"
    attack.succeeds(manifest_url=url + "v.json", base_file_url=url + "f")
    assert f"Host: localhost:{attack.server.port}" in attack.server.heads[0]
    assert attack.server.connections == 1


@pytest.mark.parametrize("query", ["?device=7&key=a%20b", "?", "?a=/b/../c", "?x=http://y/z#frag"])
def test_the_query_of_the_manifest_url_is_sent_without_its_fragment(attack, query):
    target = "/v.json" + query.split("#")[0]
    attack.server.on(target, reply(json.dumps(manifest())))
    attack.succeeds(manifest_url=attack.server.url + "v.json" + query)
    assert attack.server.requests[0] == target


def test_a_manifest_url_with_a_query_and_no_path_is_accepted(attack):
    attack.server.on("/?v", reply(json.dumps(manifest())))
    attack.succeeds(manifest_url=attack.server.url[:-1] + "?v")


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_slashes_at_the_end_of_the_base_url_make_no_difference(attack, end):
    attack.succeeds(base_file_url=attack.server.url + "f" + end)
    assert set(attack.server.requests) == {"/v.json"} | {"/f/" + path for path in NEW}


@pytest.mark.parametrize("end", ["", "/"])
def test_a_base_url_without_a_path_is_accepted(attack, end):
    for path, content in NEW.items():
        attack.server.on("/" + path, reply(content))
    attack.succeeds(base_file_url=attack.server.url[:-1] + end)


@pytest.mark.parametrize("scheme", ["HTTP", "Http"])
def test_a_scheme_in_upper_case_is_accepted(attack, scheme):
    url = attack.server.url.replace("http", scheme)
    attack.succeeds(manifest_url=url + "v.json", base_file_url=url + "f")
    assert attack.server.connections == 1


@pytest.mark.parametrize(
    "url, error",
    [
        ("", "ValueError"),
        (None, "TypeError"),
        (7, "TypeError"),
        (b"http://127.0.0.1/", "TypeError"),
        (["http://127.0.0.1/"], "TypeError"),
        ("127.0.0.1/v.json", "ValueError"),
        ("/v.json", "ValueError"),
        ("ftp://127.0.0.1/", "ValueError"),
        ("http:/127.0.0.1/", "ValueError"),
        ("http://", "ValueError"),
        ("http:///v.json", "ValueError"),
        ("http://:80/", "ValueError"),
        ("http://user:pw@127.0.0.1/", "ValueError"),
        ("http://127.0.0.1:x/", "ValueError"),
        ("http://127.0.0.1:-1/", "ValueError"),
        ("http://127.0.0.1:65536/", "ValueError"),
        ("http://127.0.0.1/a b", "ValueError"),
        ("http://127.0.0.1/caf\u00e9", "ValueError"),
        ("http://127.0.0.1/\r\nX: y", "ValueError"),
        ("http://127.0.0.1\0/", "ValueError"),
    ],
    ids=lambda value: repr(value)[:30],
)
@pytest.mark.parametrize("option", ["manifest_url", "base_file_url"])
def test_a_malformed_url_raises_at_construction(attack, option, url, error):
    source = f"""
try:
    make({option}={url!r})
except Exception as e:
    say(error=type(e).__name__, message=str(e))
else:
    say(error=None)
"""
    boot = attack.device.execute(source)
    assert boot.said[0]["error"] == error, boot.said
    assert attack.server.connections == 0


# -- redirects --


def moved(location):
    return reply(b"moved", "302 Found", f"Location: {location}")


LOCATIONS = {
    "absolute": ("{url}new/main.py", "/new/main.py"),
    "absolute with a query": ("{url}new?file=main.py&t=1", "/new?file=main.py&t=1"),
    "absolute in upper case": ("HTTP://127.0.0.1:{port}/new", "/new"),
    "without a scheme": ("//127.0.0.1:{port}/new", "/new"),
    "without a host": ("/new/main.py", "/new/main.py"),
    "relative": ("main.py.v2", "/f/main.py.v2"),
    "relative folder": ("new/main.py", "/f/new/main.py"),
    "letters alone": ("new", "/f/new"),
    "a URL in the query": ("/new?next=http://a/b", "/new?next=http://a/b"),
    "parent folder": ("../new/main.py", "/new/main.py"),
    "own folder": ("./main.v2", "/f/main.v2"),
    "query": ("?v=2", "/f/main.py?v=2"),
    "fragment": ("/new#part", "/new"),
    "host alone": ("http://127.0.0.1:{port}", "/"),
    "host and query": ("http://127.0.0.1:{port}?x", "/?x"),
    "colon in the path": ("/a:b/c", "/a:b/c"),
}


@pytest.mark.parametrize("case", LOCATIONS)
def test_a_redirect_location_is_resolved_as_rfc_3986_requires(attack, case):
    """A reference is resolved as RFC 3986, section 5.2, says."""
    location, target = LOCATIONS[case]
    location = location.format(url=attack.server.url, port=attack.server.port)
    attack.server.on("/f/main.py", moved(location))
    attack.server.on(target, reply(NEW["main.py"]))
    attack.succeeds(download_retries=0)
    assert target in attack.server.requests
    assert attack.server.connections == 1


def test_files_of_a_redirected_manifest_come_from_the_base_url(attack):
    """The files still come from the base URL."""
    with HostileServer() as other:
        other.on("/there", reply(json.dumps(manifest())))
        attack.server.on("/v.json", moved(other.url + "there"))
        attack.succeeds()
        assert other.requests == ["/there"]
        assert len(attack.server.requests) == 1 + len(NEW)
