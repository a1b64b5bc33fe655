"""The life of the development server and of its connections."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from saguarota.py3utils import OTAManifestBuilder, OTAManifestServer

pytestmark = pytest.mark.filterwarnings("error")

PYTHON_DIR = Path(__file__).parents[2] / "python"


@pytest.fixture
def server(put):
    with OTAManifestServer(put("a.py"), port=0) as server:
        yield server


def connect(server):
    return socket.create_connection(("localhost", server.port), timeout=10)


def is_closed(connection):
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True  # it was still waiting to be accepted


def request(path, extra=""):
    return f"GET /ota/{path} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode()


def test_connection_stays_open_whatever_the_status_is(server):
    connection = http.client.HTTPConnection("localhost", server.port, timeout=10)
    connection.connect()
    address = connection.sock.getsockname()
    for path in ["a.py", "none.py", "versions.json", "a.py", "%ff", "a.py"]:
        for method in ("GET", "HEAD", "PUT"):
            connection.request(method, f"/ota/{path}", headers={"Range": "bytes=99-"})
            connection.getresponse().read()
            assert connection.sock is not None, (method, path)
            assert connection.sock.getsockname() == address
    connection.close()


def test_pipelined_requests_are_all_answered(server):
    with connect(server) as connection:
        connection.sendall(request("a.py") * 50 + request("a.py", "Connection: close\r\n"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == answer.count(b"\r\n\r\n# a.py\n") == 51


def test_http_1_0_connection_is_closed_after_the_response(server):
    with connect(server) as connection:
        connection.sendall(b"GET /ota/a.py HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"\r\nConnection: close\r\n" in answer
    assert answer.endswith(b"\r\n\r\n# a.py\n")


def test_head_and_body_arrive_together(server):
    # Two segments cost a device 40 ms a file, see the handler.
    with connect(server) as connection:
        for _ in range(50):
            connection.sendall(request("a.py"))
            assert connection.recv(65536).endswith(b"\r\n\r\n# a.py\n")


def test_slow_client_holds_nobody_up(server):
    with connect(server) as slow, connect(server) as quick:
        slow.sendall(request("a.py")[:-2])
        quick.sendall(request("a.py"))
        assert quick.recv(65536).startswith(b"HTTP/1.1 200 ")
        slow.sendall(b"\r\n")
        assert slow.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_client_that_goes_away_is_no_error(server, put, capfd):
    put(**{"big.bin": bytes(20 << 20)})
    for _ in range(3):
        with connect(server) as connection:
            connection.sendall(request("big.bin"))
            connection.recv(1000)
    with connect(server) as connection:
        connection.sendall(request("a.py"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    time.sleep(0.2)
    assert capfd.readouterr() == ("", "")


def test_file_that_becomes_shorter_ends_the_connection(server, put):
    size = 64 << 20
    src = put(**{"big.bin": b""})
    os.truncate(src / "big.bin", size)
    with connect(server) as connection:
        connection.sendall(request("big.bin"))
        received = len(connection.recv(1000))
        os.truncate(src / "big.bin", 1000)
        for chunk in iter(lambda: connection.recv(1 << 20), b""):
            received += len(chunk)
    assert received < size


def test_stop_closes_port_and_connections(put):
    server = OTAManifestServer(put("a.py"), port=0)
    server.stop()
    server.start(background=True)
    port = server.port
    with connect(server) as connection, connect(server) as idle:
        connection.sendall(request("a.py"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        server.stop()
        assert is_closed(connection)
        assert is_closed(idle)
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("localhost", port), timeout=10)


def test_server_can_be_started_again_on_the_same_port(put):
    with OTAManifestServer(put("a.py"), port=0) as first:
        port = first.port
        assert port != 0
        assert first.url == f"http://localhost:{port}/ota/"
    server = OTAManifestServer(put(), "127.0.0.1", port)
    assert server.port == port
    for _ in range(3):
        with server, connect(server) as connection:
            connection.sendall(request("a.py"))
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_second_start_and_a_port_in_use_are_errors(server):
    with pytest.raises(RuntimeError, match="runs already"):
        server.start(background=True)
    other = OTAManifestServer(server.src_dir, port=server.port)
    with pytest.raises(OSError, match="in use"):
        other.start()
    other.stop()


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_server_listens_on_an_ipv6_address(put):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6: {error}")
    server = OTAManifestServer(put("a.py"), host="::1", port=0)
    with server, socket.create_connection(("::1", server.port), timeout=10) as connection:
        assert server.url == f"http://[::1]:{server.port}/ota/"
        connection.sendall(request("a.py"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


FOREGROUND = """
import signal, sys
sys.path.insert(0, sys.argv[1])
from saguarota.py3utils import OTAManifestServer
server = OTAManifestServer(sys.argv[2], port=0)
signal.signal(signal.SIGTERM, lambda *_: server.stop())
server.start()
print("ended", server.port)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_foreground_server_ends_cleanly_on_sigint_or_stop(put, end):
    command = [sys.executable, "-c", FOREGROUND, str(PYTHON_DIR), str(put("a.py"))]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        port = int(process.stderr.readline().split("localhost:")[1].split("/")[0])
        connection = http.client.HTTPConnection("localhost", port, timeout=10)
        connection.request("GET", "/ota/a.py")
        assert connection.getresponse().read() == b"# a.py\n"
        assert '"GET /ota/a.py HTTP/1.1" 200' in process.stderr.readline()
        process.send_signal(end)
        out, err = process.communicate(timeout=10)
        connection.close()
    assert (process.returncode, out, err.strip()) == (0, "ended 0\n", "")


@pytest.mark.parametrize(
    ("options", "error", "what"),
    [
        ({"src_dir": 5}, TypeError, "src_dir"),
        ({"src_dir": "/nowhere"}, NotADirectoryError, "src_dir.*/nowhere"),
        ({"host": None}, TypeError, "host"),
        ({"port": "8000"}, TypeError, "port"),
        ({"port": True}, TypeError, "port"),
        ({"port": -1}, ValueError, "port"),
        ({"port": 65536}, ValueError, "port"),
        ({"builder": object()}, TypeError, "builder"),
        ({"builder": OTAManifestBuilder(PYTHON_DIR)}, ValueError, "builder"),
    ],
)
def test_wrong_option_is_refused_with_an_error_that_names_it(src, options, error, what):
    with pytest.raises(error, match=what):
        OTAManifestServer(**{"src_dir": src, **options})
