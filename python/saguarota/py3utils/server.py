"""A web server for development: it makes the manifest anew at each request."""

from __future__ import annotations

import os
import socket
import socketserver
import sys
import threading
from typing import Any, Callable

from . import options
from .builder import OTAManifestBuilder
from .handler import MANIFEST, PREFIX, ManifestSource, OTARequestHandler, Site, SiteServer

_POLL_S = 0.05
_WILDCARDS = ("", "0.0.0.0", "::")


class OTAManifestServer:
    """Serves a folder to devices: its manifest at `/ota/versions.json`, its files at `/ota/<file>`.

    For development and tests only: no TLS, no limit on clients. Answers GET and HEAD, byte ranges
    and If-Range (RFC 9110), several connections at once and several requests on each. Nothing
    outside of `src_dir` is served, except through links where the builder follows them.

    As a context manager, it runs in the background inside the `with` block.
    """

    def __init__(
        self,
        src_dir: str | os.PathLike[str],
        host: str = "localhost",
        port: int = 8000,
        builder: ManifestSource | None = None,
    ) -> None:
        """Take the options; `start` opens the port.

        - `src_dir`: the folder to serve.
        - `host`: name or address to listen on; "" for every IPv4 interface.
        - `port`: TCP port; 0 lets the system choose one at each start, see the attribute `port`.
        - `builder`: what makes the manifest; None for `OTAManifestBuilder(src_dir)`.

        Raises TypeError or ValueError for a wrong option, NotADirectoryError for `src_dir`.
        """
        self.src_dir = options.folder("src_dir", src_dir)
        if not isinstance(host, str):
            raise TypeError(f"host must be a string, not {type(host).__name__}")
        if type(port) is not int:
            raise TypeError(f"port must be an integer, not {type(port).__name__}")
        if not 0 <= port <= 65535:
            raise ValueError(f"port is {port}, not within 0 to 65535")
        if builder is None:
            builder = OTAManifestBuilder(self.src_dir)
        if not callable(getattr(builder, "generate_manifest", None)):
            raise TypeError(f"builder has no method generate_manifest: {type(builder).__name__}")
        built = getattr(builder, "src_dir", self.src_dir)
        if os.path.realpath(built) != os.path.realpath(self.src_dir):
            raise ValueError(f"builder is for {built}, the server for {self.src_dir}")
        self.host = host
        self.builder = builder
        self._port = port
        self._listener: _Listener | None = None
        # A signal handler may call stop() while its own thread is in start().
        self._lock = threading.RLock()

    @property
    def port(self) -> int:
        """The port: while the server runs, the one that is open."""
        listener = self._listener
        return listener.server_port if listener else self._port

    @property
    def url(self) -> str:
        """What a device on this machine takes as `base_file_url`; `versions.json` follows it."""
        host = "localhost" if self.host in _WILDCARDS else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}{PREFIX}"

    def start(self, background: bool = False) -> None:
        """Open the port and serve until `stop` is called or, in the foreground, Ctrl-C is pressed.

        In the background, returns as soon as the port is open, and prints nothing. In the
        foreground, prints a line to stderr for each request. Raises OSError where the port can't
        be opened, RuntimeError where the server runs already.
        """
        with self._lock:
            if self._listener:
                raise RuntimeError("the server runs already")
            followlinks = bool(getattr(self.builder, "followlinks", False))
            site = Site(self.src_dir, self.builder, followlinks, log=not background)
            listener = self._listener = _Listener(self.host, self._port, site)
        if background:
            threading.Thread(target=listener.serve, name="saguarota-server", daemon=True).start()
            return
        try:
            listener.serve(self._announce)
        except KeyboardInterrupt:
            print(file=sys.stderr)
        finally:
            self.stop()

    def stop(self) -> None:
        """Close the port and all connections; nothing happens where the server does not run.

        May be called from any thread and from a signal handler. `start` works again afterwards.
        """
        with self._lock:
            listener, self._listener = self._listener, None
        if listener:
            listener.stop()

    def _announce(self) -> None:
        """Say that the port is open, in the foreground."""
        print(f"{self.src_dir} is served at {self.url}{MANIFEST}, Ctrl-C ends", file=sys.stderr)

    def __enter__(self) -> OTAManifestServer:
        """Start in the background."""
        self.start(background=True)
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self.stop()


class _Listener(SiteServer):
    """The open port, and the connections that came in by it."""

    daemon_threads = True
    request_queue_size = 128
    # Of handle_request(): how long stop() may have to wait.
    timeout = _POLL_S

    def __init__(self, host: str, port: int, site: Site) -> None:
        self.site = site
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._stopping = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((host, port), OTARequestHandler)

    def serve(self, announce: Callable[[], None] | None = None) -> None:
        """Take connections until `stop`, then close all of them. `announce` is called before."""
        self._thread = threading.current_thread()
        try:
            if announce:
                announce()
            # serve_forever() can't be ended from a signal handler in its own thread.
            while not self._stopping.is_set():
                self.handle_request()
        finally:
            self.server_close()
            with self._lock:
                for connection in self._connections:
                    _shut_down(connection)
            self._closed.set()

    def stop(self) -> None:
        """End `serve`, and wait for that unless this is its thread."""
        self._stopping.set()
        if threading.current_thread() is not self._thread:
            self._closed.wait()

    def server_bind(self) -> None:
        """Open the port without HTTPServer's look-up of the host's name, which may take long."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        with self._lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away, print the traceback of anything else."""
        # socket.timeout is TimeoutError from Python 3.10 on.
        if not isinstance(sys.exc_info()[1], (ConnectionError, socket.timeout)):
            super().handle_error(request, client_address)


def _shut_down(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the client was faster
