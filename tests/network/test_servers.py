"""The servers of tests/servers.py are real and do what the tests with a device take for granted."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import servers
from cutter import Cutter
from servers import Apache, FancyApache, Nginx, PythonServer
from support import Release

ALL = [Nginx, Apache, FancyApache, PythonServer]
RANGES = [Nginx, Apache]
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def folder(tmp_path):
    """A folder to be served."""
    folder = tmp_path / "served"
    (folder / "sub folder").mkdir(parents=True)
    (folder / "big.bin").write_bytes(CONTENT)
    # Apache calls the tag of a file of this very second weak.
    os.utime(folder / "big.bin", (1000000000, 1000000000))
    (folder / "sub folder" / "a&b.py").write_bytes(b"inner")
    return folder


def get(url, path="", **fields):
    """The response and its body; a body that is cut short comes as far as it goes."""
    host, _, base = url[len("http://") :].partition("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        names = {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request("GET", f"/{base}{path}", headers=names)
        response = connection.getresponse()
        try:
            return response, response.read()
        except http.client.IncompleteRead as short:
            return response, short.partial
    finally:
        connection.close()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("kind", ALL)
def test_each_server_lists_folders_serves_files_and_logs_requests(serve, folder, kind):
    server = serve(kind, folder)
    response, page = get(server.url)
    assert response.status == 200 and b'href="sub%20folder/"' in page
    response, page = get(server.url, "sub%20folder/")
    assert response.status == 200 and (b'href="a&amp;b.py"' in page or b'href="a%26b.py"' in page)
    assert get(server.url, "sub%20folder/a%26b.py")[1] == b"inner"
    assert get(server.url, "nowhere")[0].status == 404
    response, _ = get(server.url, "sub%20folder")
    assert response.status == 301
    assert response.getheader("Location").endswith("/sub%20folder/")
    assert [(one.method, one.path, one.status) for one in server.log] == [
        ("GET", "/", 200),
        ("GET", "/sub%20folder/", 200),
        ("GET", "/sub%20folder/a%26b.py", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/sub%20folder", 301),
    ]


@pytest.mark.parametrize("kind", RANGES)
def test_range_requests_are_answered_and_logged(serve, folder, kind):
    server = serve(kind, folder)
    whole, body = get(server.url, "big.bin")
    tag = whole.getheader("ETag")
    assert body == CONTENT and tag.startswith('"')
    part, body = get(server.url, "big.bin", Range="bytes=10000-", If_Range=tag)
    assert (part.status, body) == (206, CONTENT[10000:])
    whole, body = get(server.url, "big.bin", Range="bytes=10000-", If_Range='"other"')
    assert (whole.status, body) == (200, CONTENT)
    assert get(server.url, "big.bin", Range="bytes=99999-")[0].status == 416
    log = server.log
    assert [one.status for one in log] == [200, 206, 200, 416]
    assert [one.range for one in log] == [None, "bytes=10000-", "bytes=10000-", "bytes=99999-"]
    assert [one.if_range for one in log] == [None, tag, '"other"', None]
    assert log[1].content_range == f"bytes 10000-10239/{len(CONTENT)}"
    assert [one.sent for one in log[:3]] == [10240, 240, 10240]


@pytest.mark.parametrize("kind", RANGES)
def test_a_server_without_listings_still_serves_files(serve, folder, kind):
    server = serve(kind, folder, listing=False)
    assert get(server.url)[0].status == 403
    assert get(server.url, "big.bin")[1] == CONTENT


@pytest.mark.parametrize("kind", ALL)
def test_a_stopped_server_leaves_no_open_port_and_no_files(folder, serve, kind):
    serve(kind, folder)
    with pytest.raises(RuntimeError), kind(folder) as server:
        raise RuntimeError
    assert not listens(server.port)
    assert not server.home.exists()


@pytest.mark.parametrize("kind", ALL)
def test_a_server_ends_when_its_tests_are_killed(folder, serve, kind):
    serve(kind, folder)
    script = f"""if True:
        import os, servers, signal
        with servers.{kind.__name__}({str(folder)!r}) as server:
            print(server.port, server.home, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)"""
    tests = str(Path(servers.__file__).parent)
    done = subprocess.run([sys.executable, "-c", script], cwd=tests, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    port, home = done.stdout.split()
    end = time.monotonic() + 10
    while listens(int(port)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not listens(int(port))
    # Killed as it was, it could not remove that itself.
    for file in sorted(Path(home).rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    Path(home).rmdir()


@pytest.mark.parametrize("kind", [Nginx, Apache])
def test_a_wrong_configuration_is_reported(folder, serve, kind):
    serve(kind, folder)
    with pytest.raises(ChildProcessError, match="Nonsense"):
        kind(folder, extra="Nonsense on;").__enter__()


@pytest.mark.parametrize("kind", [*ALL, Release])
def test_the_cutter_truncates_only_the_chosen_answers(serve, folder, kind):
    """It loses the connection after so many bytes of a body, and is no part of the rest."""
    server = serve(kind, folder)
    with Cutter(server.url, after=1000, path="big.bin") as cutter:
        response, body = get(cutter.url, "big.bin")
        assert (response.status, response.getheader("Content-Length")) == (200, "10240")
        assert body == CONTENT[:1000]
        assert get(cutter.url, "sub%20folder/a%26b.py")[1] == b"inner"
        cutter.after = None
        whole, body = get(cutter.url, "big.bin", Range="bytes=1000-")
        assert body == (CONTENT if kind is PythonServer else CONTENT[1000:])
        cutter.after, cutter.times = 0, 1
        assert get(cutter.url, "big.bin")[1] == b""
        assert get(cutter.url, "big.bin")[1] == CONTENT
    assert cutter.cuts == 2
    first, _, second, *_ = cutter.exchanges
    assert (first.status, first.body, first.cut) == (200, 1000, True)
    assert (second.status, second.range) == (whole.status, "bytes=1000-")
    assert second.content_range == whole.getheader("Content-Range")
    assert not second.cut
    assert first.path.endswith("/big.bin")


def test_the_cutter_counts_the_bytes_of_each_answer_alone(serve, folder):
    """A cut is counted for one answer, not for the connection."""
    server = serve(Nginx, folder)
    with Cutter(server.url, after=len(CONTENT) + 1) as cutter:
        host = cutter.url[len("http://") : -1]
        connection = http.client.HTTPConnection(host, timeout=10)
        for _ in range(3):
            connection.request("GET", "/big.bin")
            assert connection.getresponse().read() == CONTENT
        connection.close()
    assert cutter.cuts == 0
    assert [one.body for one in cutter.exchanges] == [len(CONTENT)] * 3


def test_the_cutter_ends_even_with_connections_open(serve, folder):
    server = serve(Nginx, folder)
    with Cutter(server.url) as cutter:
        idle = socket.create_connection(("127.0.0.1", int(cutter.url.split(":")[2][:-1])))
        time.sleep(0.05)
    assert idle.recv(1) == b""
    idle.close()
