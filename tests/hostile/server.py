"""A web server that does what it is told, down to the byte: it lies, stalls, floods and hangs up.

    with HostileServer() as server:
        server.on("/v.json", reply(b"{}"), lambda peer: peer.reset())

The first request of a path gets the first answer, the next one the second; the last answer stays.
An answer is bytes, sent as they are, or a function that is called with the `Peer`. After either the
connection stays open for the next request, unless the peer was closed.
"""

import socket
import struct
import threading
from contextlib import suppress

_LINGER_NONE = struct.pack("ii", 1, 0)
# No test waits so long: a server must not keep a thread beyond the end of a test.
_STALL_S = 30


def reply(body=b"", status="200 OK", *fields, version="HTTP/1.1", length=True):
    """A response with these header fields. `length`: True for the body's own Content-Length, a
    number for another one, None for none."""
    if isinstance(body, str):
        body = body.encode()
    lines = [f"{version} {status}", *fields]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length is True else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def chunked(*chunks, end=b"0\r\n\r\n"):
    """A response of chunks, the last of which is `end`."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end
    return reply(body, "200 OK", "Transfer-Encoding: chunked", length=None)


class Hangup(Exception):
    """Ends the conversation with a peer."""


class Peer:
    """The client's end of one connection, as an answer sees it."""

    def __init__(self, connection, stopping):
        self._socket = connection
        self._stopping = stopping
        self.sent = 0

    def send(self, data):
        """Send bytes; a client that is gone ends the conversation."""
        try:
            self._socket.sendall(data)
        except OSError as e:
            raise Hangup from e
        self.sent += len(data)

    def drip(self, data, pause=0):
        """Send one byte at a time, each in a segment of its own, `pause` seconds apart."""
        for byte in data:
            self.send(bytes([byte]))
            self.pause(pause)

    def flood(self, data):
        """Send the same bytes again and again, until the client hangs up or the server stops."""
        while not self._stopping.is_set():
            self.send(data)

    def stall(self, seconds=_STALL_S):
        """Say nothing until the client hangs up, and hang up then."""
        self._socket.settimeout(seconds)
        with suppress(OSError):
            while self._socket.recv(1024):
                pass
        raise Hangup

    def pause(self, seconds):
        """Wait, but not beyond the end of the server."""
        self._stopping.wait(seconds)

    def go_on(self):
        """Nothing: the connection stays open for the next request."""

    def close(self):
        """Close the connection in good order."""
        raise Hangup

    def reset(self):
        """Close the connection by a TCP reset, which loses what the client has not read yet."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        raise Hangup


class HostileServer:
    """See the module. `tls`: an ssl.SSLContext for https. `greet`: called with each new peer before
    anything is read, TLS included.

    `requests`: the targets that were asked for, in order; `heads`: the requests as they came;
    `connections`: how many came in; `sent`: bytes of all answers.
    """

    def __init__(self, host="127.0.0.1", tls=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=64)
        self._tls = tls
        self._answers = {}
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open = set()
        self.greet = None
        self.requests = []
        self.heads = []
        self.connections = 0
        self.sent = 0
        self.port = self._listener.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{name}:{self.port}/"

    def on(self, target, *answers):
        """Set the answers to requests for `target`; returns self."""
        self._answers[target] = list(answers)
        return self

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._stopping.set()
        # A close alone would leave the accept() waiting.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        plain = connection
        try:
            if self.greet:
                self.greet(Peer(connection, self._stopping))
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._converse(connection)
        except (Hangup, OSError):
            pass
        finally:
            connection.close()
            with self._lock:
                self._open.discard(plain)

    def _converse(self, connection):
        pending = b""
        while True:
            while b"\r\n\r\n" not in pending:
                data = connection.recv(4096)
                if not data:
                    return
                pending += data
            head, pending = pending.split(b"\r\n\r\n", 1)
            target = head.split(b" ")[1].decode("latin-1")
            with self._lock:
                self.requests.append(target)
                self.heads.append(head.decode("latin-1"))
                answers = self._answers.get(target, [reply(b"none", "404 Not Found")])
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
            peer = Peer(connection, self._stopping)
            try:
                if callable(answer):
                    answer(peer)
                else:
                    peer.send(answer)
            finally:
                with self._lock:
                    self.sent += peer.sent
