"""The development server over real connections: what it serves, in which form, and what never."""

import hashlib
import http.client
import json
import os
import random
import socket
import threading
import urllib.request
from email.utils import formatdate
from urllib.parse import quote

import pytest
from host_tree import MTIME, UNUSUAL
from saguarota.py3utils import OTAManifestBuilder, OTAManifestServer

pytestmark = [
    pytest.mark.filterwarnings("error"),
    # Of the unusual names, which a device with littlefs takes.
    pytest.mark.filterwarnings("ignore:.*FAT can't hold"),
]

BIG = random.Random(1).randbytes(300_000)


@pytest.fixture
def serve(put):
    """Start servers of tmp_path/src, which are stopped after the test."""
    servers = []

    def start(**options):
        server = OTAManifestServer(str(put()), port=0, **options)
        server.start(background=True)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


def ask(server, path, method="GET", **fields):
    """Return status, fields and body of an answer."""
    connection = http.client.HTTPConnection("localhost", server.port, timeout=10)
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.headers, body


def say(server, request):
    """Send bytes, return all that comes back until the server closes."""
    with socket.create_connection(("localhost", server.port), timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_manifest_is_made_at_each_request(put, serve):
    src = put("a.py")
    builder = OTAManifestBuilder(src, auth_key="k")
    server = serve(builder=builder)
    for paths in (["a.py"], ["a.py", "é.py"]):
        put(*paths)
        status, headers, body = ask(server, "/ota/versions.json?now#x")
        assert status == 200
        assert body.decode() == builder.generate_manifest()
        assert [file["path"] for file in json.loads(body)["files"]] == paths
        assert headers["Content-Type"] == "application/json"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Access-Control-Allow-Origin"] == "*"


def test_manifest_is_not_the_file_on_disk(put, serve):
    put(**{"versions.json": b"stale"})
    assert json.loads(ask(serve(), "/ota/versions.json")[2]) == {"version": 0, "files": []}


def test_manifest_that_cannot_be_made_is_500_and_files_are_still_served(put, serve):
    put("a.py", "b\n.py")
    server = serve()
    status, _, body = ask(server, "/ota/versions.json")
    assert (status, b"'b\\n.py'" in body, b"control character" in body) == (500, True, True)
    assert ask(server, "/ota/a.py")[0] == 200


def test_all_that_the_manifest_lists_is_served(put, serve):
    put("a.py", *UNUSUAL)
    with urllib.request.urlopen(serve().url + "versions.json") as response:
        files = json.load(response)["files"]
        base = response.url.rsplit("/", 1)[0]
    assert len(files) == len(UNUSUAL) + 1
    for file in files:
        for safe in ("/", ""):
            with urllib.request.urlopen(f"{base}/{quote(file['path'], safe=safe)}") as response:
                assert hashlib.md5(response.read()).hexdigest() == file["md5"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.py", "text/plain"),
        ("a.PY", "text/plain"),
        ("a.json", "application/json"),
        ("a.mpy", "application/octet-stream"),
        ("a.html", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("test_a.py", "text/plain"),
        ("docs/.hidden", "application/octet-stream"),
    ],
)
def test_file_response_has_type_length_caching_and_validator_fields(put, serve, name, kind):
    put(**{name: BIG})
    server = serve()
    status, headers, body = ask(server, f"/ota/{name}")
    assert (status, body == BIG) == (200, True)
    assert headers["Content-Type"] == kind
    assert headers["Content-Length"] == "300000"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Last-Modified"] == formatdate(MTIME, usegmt=True)
    assert headers["ETag"].startswith('"')
    put(mtime=MTIME + 0.25, **{name: BIG})
    assert ask(server, f"/ota/{name}")[1]["ETag"] != headers["ETag"]


@pytest.mark.parametrize("path", ["/ota/a.py", "/ota/versions.json", "/ota/none.py", "/"])
def test_head_is_get_without_body(put, serve, path):
    put("a.py")
    server = serve()
    got, head = ask(server, path), ask(server, path, "HEAD", Range="bytes=1-2")
    fields = [
        [(name, value) for name, value in answer[1].items() if name != "Date"]
        for answer in (got, head)
    ]
    assert (head[0], fields[1], head[2]) == (got[0], fields[0], b"")


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=100000-299998", 100_000, 299_999),
        ("bytes=299999-", 299_999, 300_000),
        ("bytes=0-", 0, 300_000),
        ("bytes=-1000", 299_000, 300_000),
        ("bytes=299000-999999", 299_000, 300_000),
        ("bytes=-999999", 0, 300_000),
    ],
)
def test_range_is_answered_with_206_and_those_bytes(put, serve, asked, first, end):
    put(**{"a.bin": BIG})
    status, headers, body = ask(serve(), "/ota/a.bin", Range=asked)
    assert (status, body == BIG[first:end]) == (206, True)
    assert headers["Content-Range"] == f"bytes {first}-{end - 1}/300000"
    assert headers["Content-Length"] == str(end - first)


def test_range_beyond_the_end_is_416_with_the_size(put, serve):
    put(**{"a.bin": BIG})
    status, headers, body = ask(serve(), "/ota/a.bin", Range="bytes=300000-")
    assert (status, headers["Content-Range"]) == (416, "bytes */300000")
    assert headers["Content-Length"] == str(len(body))


def test_several_or_malformed_ranges_are_answered_with_the_whole_file(put, serve):
    put(**{"a.bin": BIG})
    server = serve()
    for asked in ("bytes=9-1", "bytes=0-1,5-6", "lines=1-2", "bytes=x"):
        status, headers, body = ask(server, "/ota/a.bin", Range=asked)
        assert (status, body == BIG, headers["Content-Range"]) == (200, True, None), asked
    twice = b"GET /ota/a.bin HTTP/1.0\r\nRange: bytes=0-1\r\nRange: bytes=4-5\r\n\r\n"
    assert say(server, twice).startswith(b"HTTP/1.1 200 ")


def test_if_range_resumes_an_unchanged_file_and_restarts_a_changed_one(put, serve):
    put(**{"a.bin": BIG})
    server = serve()
    headers = ask(server, "/ota/a.bin", "HEAD")[1]
    for validator in (headers["ETag"], headers["Last-Modified"]):
        status, _, body = ask(server, "/ota/a.bin", Range="bytes=5-", If_Range=validator)
        assert (status, body == BIG[5:]) == (206, True)
    put(mtime=MTIME + 1, **{"a.bin": BIG[::-1]})
    for validator in (headers["ETag"], headers["Last-Modified"]):
        # Even a range beyond the end: the file to be resumed is not this one.
        status, _, body = ask(server, "/ota/a.bin", Range="bytes=300000-", If_Range=validator)
        assert (status, body == BIG[::-1]) == (200, True)


def test_manifest_is_resumed_unless_it_has_changed(put, serve):
    put("a.py")
    server = serve()
    whole = ask(server, "/ota/versions.json")
    etag = whole[1]["ETag"]
    status, _, body = ask(server, "/ota/versions.json", Range="bytes=10-", If_Range=etag)
    assert (status, body) == (206, whole[2][10:])
    put("b.py")
    assert ask(server, "/ota/versions.json", Range="bytes=10-", If_Range=etag)[0] == 200


OUTSIDE = [
    "/",
    "/ota",
    "/ota/",
    "/ota//a.py",
    "/a.py",
    "/otaa.py",
    "/OTA/a.py",
    "/ota/sub",
    "/ota/sub/",
    "/ota/a.py/",
    "/ota/./a.py",
    "/ota/sub/../a.py",
    "/ota/pipe",
    "/ota/../secret.py",
    "/ota/sub/../../secret.py",
    "/ota/%2e%2e/secret.py",
    "/ota/%2E./secret.py",
    "/ota/..%2fsecret.py",
    "/ota%2f..%2fsecret.py",
    "/%6fta/%2e%2e%2fsecret.py",
    "/ota/..%5csecret.py",
    "/ota/..\\secret.py",
    "/ota/%252e%252e/secret.py",
    "/ota/%c0%ae%c0%ae/secret.py",
    "/ota/..%00/secret.py",
    "/ota/a.py%00",
    "/ota/a.py%00.json",
    "/ota/../src2/secret.py",
    "/ota/{absolute}",
    "/ota/%2f{absolute}",
    "/ota//{absolute}",
    "//ota/../secret.py",
    "http://localhost/ota/../secret.py",
    "http://localhost",
    "/ota/" + "a" * 300,
    "/ota/" + "a/" * 3000,
    "/ota/%ff",
    "/ota/\xff",
    "*",
]


def test_nothing_outside_is_served(put, serve, tmp_path):
    put("a.py", "sub/b.py")
    os.mkfifo(tmp_path / "src/pipe")
    (tmp_path / "src2").mkdir()
    for secret in (tmp_path / "secret.py", tmp_path / "src2/secret.py"):
        secret.write_text("SECRET")
    server = serve()
    absolute = str(tmp_path / "secret.py")
    for path in OUTSIDE:
        target = path.replace("{absolute}", absolute).encode("latin-1")
        answer = say(server, b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % target)
        assert answer.startswith(b"HTTP/1.1 404 "), path
        assert b"SECRET" not in answer, path
    for path in ("/ota/a.py", "/ota/%61.py", "/ota/sub%2Fb.py", "http://any:80/ota/a.py?q"):
        answer = say(server, f"GET {path} HTTP/1.0\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 200 "), path


def test_links_are_followed_where_the_builder_does(put, serve, tmp_path):
    src = put("a.py")
    outside = tmp_path / "src2"
    outside.mkdir()
    (outside / "b.py").write_text("b")
    (src / "lib").symlink_to(outside, target_is_directory=True)
    (src / "b.py").symlink_to(outside / "b.py")
    (src / "in.py").symlink_to("a.py")
    (src / "self.py").symlink_to("self.py")
    for followlinks in (True, False):
        server = serve(builder=OTAManifestBuilder(src, followlinks=followlinks))
        far = 200 if followlinks else 404
        for path, status in {"b.py": far, "lib/b.py": far, "in.py": 200}.items():
            assert ask(server, f"/ota/{path}")[0] == status, (path, followlinks)
        assert ask(server, "/ota/self.py")[0] == 404


def test_other_methods_are_405_and_a_body_is_no_next_request(put, serve):
    put("a.py")
    server = serve()
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"):
        status, headers, body = ask(server, "/ota/a.py", method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
        assert int(headers["Content-Length"]) == len(body)
    # A body is not taken for the next request.
    body = b"GET /ota/a.py HTTP/1.1\r\n\r\n"
    for method in (b"POST", b"GET"):
        for field in (b"Content-Length: %d" % len(body), b"Transfer-Encoding: chunked"):
            request = b"%s /ota/none HTTP/1.1\r\n%s\r\n\r\n%s" % (method, field, body)
            assert say(server, request).count(b"HTTP/1.1 ") == 1


def test_clients_at_the_same_time_receive_the_right_files(put, serve):
    contents = {f"{n}.bin": BIG[n * 1000 : n * 7000 + 1] for n in range(20)}
    put(**contents)
    server = serve()
    wrong = []

    def fetch(seed):
        names = list(contents)
        random.Random(seed).shuffle(names)
        connection = http.client.HTTPConnection("localhost", server.port, timeout=10)
        for name in [*names, "versions.json"]:
            connection.request("GET", f"/ota/{name}")
            response = connection.getresponse()
            body = response.read()
            if response.status != 200 or body != contents.get(name, body):
                wrong.append(name)
        connection.close()

    threads = [threading.Thread(target=fetch, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
