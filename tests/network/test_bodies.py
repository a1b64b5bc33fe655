"""One connection for all files, and bodies framed in every way that HTTP/1 has."""

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hostile.attack import NEW, Attack, manifest
from hostile.server import HostileServer, chunked, reply
from support import Device, entry, write_files

FILES = {f"pkg{number % 7}/mod{number:02}.py": b"#%d\n" % number * number for number in range(50)}


@pytest.fixture
def attack(tmp_path, micropython, dist):
    """A device with an old release and a server that only says what it is told."""
    with HostileServer() as server:
        yield Attack(Device(tmp_path / "flash", micropython, dist), server)


def serve(attack, files, framing=lambda content: reply(content)):
    attack.offer(manifest(files))
    for path, content in files.items():
        attack.server.on("/f/" + path, framing(content))


def installed(attack, files):
    tree = attack.device.tree()
    return {path: tree.get(path) for path in files} == files


def in_chunks(size):
    def framing(content):
        return chunked(*[content[at : at + size] for at in range(0, len(content), size)])

    return framing


@pytest.mark.parametrize(
    "framing", [reply, in_chunks(1), in_chunks(17), in_chunks(4096)], ids=["length", 1, 17, 4096]
)
def test_one_connection_serves_50_files_however_they_are_framed(attack, framing):
    serve(attack, FILES, framing)
    boot = attack.boot()
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert installed(attack, FILES)
    assert attack.server.connections == 1
    assert len(attack.server.requests) == 51


def test_the_development_server_serves_50_files_on_one_connection(device, release):
    release.put_all(FILES, 7)
    boot = device.boot()
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert boot.updated == sorted(FILES)
    assert release.connections == 1
    tree = device.tree()
    assert {path: tree[path] for path in FILES} == FILES


def test_a_request_names_host_user_agent_and_identity_encoding(attack):
    """What a server sees."""
    attack.succeeds()
    head = attack.server.heads[1]
    lines = head.split("\r\n")
    assert lines[0] == "GET /f/lib/added.py HTTP/1.1"
    fields = dict(line.split(": ", 1) for line in lines[1:])
    assert fields["Host"] == f"127.0.0.1:{attack.server.port}"
    assert fields["Accept-Encoding"] == "identity"
    assert fields["User-Agent"].startswith("SaguarOTA/")
    assert "Connection" not in fields


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("length", [True, None])
def test_a_server_that_closes_after_each_file_costs_no_attempt(attack, version, length):
    """One connection a file: HTTP/1.0, or Connection: close."""

    def framing(content):
        def answer(peer):
            peer.send(reply(content, "200 OK", "Connection: close", version=version, length=length))
            peer.close()

        return answer

    serve(attack, NEW, framing)
    attack.succeeds(download_retries=0)
    # The manifest's connection serves for the first file.
    assert attack.server.connections == len(NEW)


def test_an_http_1_0_connection_with_keep_alive_serves_all_files(attack):
    serve(
        attack,
        NEW,
        lambda content: reply(content, "200 OK", "Connection: Keep-Alive", version="HTTP/1.0"),
    )
    attack.succeeds()
    assert attack.server.connections == 1


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
def test_an_update_from_pythons_http_server_succeeds(attack, tmp_path, protocol):
    served = tmp_path / "served"
    write_files(served, NEW)

    class Handler(SimpleHTTPRequestHandler):
        protocol_version = protocol

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(served)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        attack.succeeds(base_file_url=f"http://127.0.0.1:{server.server_address[1]}/")
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("framing", ["length", "chunks", "until close"])
@pytest.mark.parametrize("io_chunk_size", [1, 512])
def test_a_response_that_comes_byte_by_byte_is_installed(attack, framing, io_chunk_size):
    content = NEW["main.py"]

    def answer(peer):
        if framing == "length":
            peer.drip(reply(content))
        elif framing == "chunks":
            peer.drip(chunked(content[:3], content[3:], end=b"0\r\nX: y\r\n\r\n"))
        else:
            peer.drip(reply(content, length=None))
            peer.close()

    attack.server.on("/f/main.py", answer)
    attack.server.on("/v.json", lambda peer: peer.drip(reply(json.dumps(manifest()))))
    attack.succeeds(io_chunk_size=io_chunk_size, download_retries=0)


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1024, 65536, 300000])
@pytest.mark.parametrize("framing", ["length", "chunks", "until close"])
def test_a_file_of_any_size_is_installed_whole_however_it_is_framed(attack, size, framing):
    """Around the buffer's size, empty, and much larger."""
    content = bytes(at * 31 % 251 for at in range(size))

    def answer(peer):
        if framing == "length":
            peer.send(reply(content))
        elif framing == "chunks":
            peer.send(chunked(*filter(None, [content[:500], content[500:]])))
        else:
            peer.send(reply(content, length=None))
            peer.close()

    attack.offer(manifest([entry("blob", content), entry("main.py", NEW["main.py"])]))
    attack.server.on("/f/blob", answer)
    boot = attack.boot(download_retries=0)
    assert (boot.code, boot.reset) == (None, True), boot.message
    assert (attack.device.folder / "blob").read_bytes() == content
    assert attack.server.connections == (2 if framing == "until close" else 1)


@pytest.mark.parametrize("retries", [0, 1])
def test_identical_manifest_writes_nothing(attack, retries):
    """The usual check, every day, wears no flash: not a file is touched."""
    local = (attack.device.folder / "versions.json").read_bytes()
    answers = [reply(b"", "500 Oops")] * retries + [reply(local)]
    attack.server.on("/v.json", *answers)
    folder = attack.device.folder
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
    boot = attack.boot(download_retries=retries)
    assert (boot.code, boot.reset, boot.events) == (None, False, [])
    assert {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]} == before
