"""A TCP relay in front of a server, which can lose the connection in the middle of a body.

    with Cutter(server.url, after=1000, path="/big.bin") as cutter:
        device.options.update(base_file_url=cutter.url)
        device.boot()
        assert cutter.cuts == 1
        cutter.after = None
        device.boot()
        assert cutter.exchanges[-1].status == 206

It passes on what either side says, byte for byte. One request follows the other's answer on a
connection, as with the device: it does not know pipelining.
"""

import dataclasses
import selectors
import socket
import socketserver
import threading
from contextlib import suppress
from typing import Optional
from urllib.parse import urlsplit


@dataclasses.dataclass
class Exchange:
    """A request and its answer. `body`: bytes after the head that were passed on, chunk sizes
    included; `cut`: whether the connection was lost there. None: the field was not sent."""

    method: str
    path: str
    range: Optional[str] = None
    if_range: Optional[str] = None
    status: Optional[int] = None
    content_range: Optional[str] = None
    body: int = 0
    cut: bool = False


class Cutter:
    """Relays to the server of `target_url`, whose path its own `url` has, too.

    `after`: how many bytes of a body are passed on before both connections are closed; None: all.
    `path`: cuts only answers to requests whose path ends in this. `times`: how many more cuts there
    are to be; None: no limit. All three may be set at any time.
    """

    def __init__(self, target_url, after=None, path="", times=None):
        self.after = after
        self.path = path
        self.times = times
        self.exchanges = []
        self.cuts = 0
        self._target = urlsplit(target_url)
        self._open = set()
        cutter = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                cutter._relay(self.request)

        self._server = _Listener(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        """The relay's URL in place of `target_url`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self._target.path}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        # Waits for the threads.
        self._server.server_close()

    def _relay(self, client):
        with (
            suppress(OSError),
            socket.create_connection((self._target.hostname, self._target.port)) as server,
            selectors.DefaultSelector() as ready,
        ):
            both = {client, server}
            self._open |= both
            try:
                conversation = _Conversation(self)
                ready.register(client, selectors.EVENT_READ, (server, conversation.asked))
                ready.register(server, selectors.EVENT_READ, (client, conversation.answered))
                while not conversation.over:
                    for key, _ in ready.select():
                        other, heard = key.data
                        data = key.fileobj.recv(1 << 16)
                        if data:
                            other.sendall(heard(data))
                        else:
                            conversation.over = True
            finally:
                self._open -= both


class _Listener(socketserver.ThreadingTCPServer):
    request_queue_size = 64
    daemon_threads = False


class _Conversation:
    """What is said on one connection. `over`: both ends are to be closed."""

    def __init__(self, cutter):
        self.over = False
        self._cutter = cutter
        self._request = self._head = b""
        self._exchange = None

    def asked(self, data):
        """Take note of bytes from the client; returns them."""
        self._request += data
        if b"\r\n\r\n" in self._request:
            first, fields = _head(self._request)
            self._exchange = Exchange(
                first[0], first[1], fields.get("range"), fields.get("if-range")
            )
            self._cutter.exchanges.append(self._exchange)
            self._request = self._head = b""
        return data

    def answered(self, data):
        """Take note of bytes from the server; returns those that may go to the client."""
        exchange = self._exchange
        if exchange.status is None:
            before = len(self._head)
            self._head += data
            end = self._head.find(b"\r\n\r\n") + 4
            if end < 4:
                return data
            first, fields = _head(self._head)
            exchange.status = int(first[1])
            exchange.content_range = fields.get("content-range")
            return data[: end - before] + self._body(data[end - before :])
        return self._body(data)

    def _body(self, data):
        exchange, cutter = self._exchange, self._cutter
        if cutter.after is not None and exchange.path.endswith(cutter.path) and cutter.times != 0:
            left = max(cutter.after - exchange.body, 0)
            if left <= len(data):
                data = data[:left]
                exchange.cut = self.over = True
                cutter.cuts += 1
                if cutter.times:
                    cutter.times -= 1
        exchange.body += len(data)
        return data


def _head(data):
    """The first line's words and the fields, {lower case name: value}, of a head."""
    first, *lines = data.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first.split(" "), {name.lower(): value.strip() for name, _, value in pairs}
