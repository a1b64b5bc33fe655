"""Answers the requests of one connection to the development server."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, Any, Callable, NamedTuple, Protocol
from urllib.parse import unquote_to_bytes

from ..version import __version__
from .ranges import Unsatisfiable, if_range_holds, parse_range
from .tree import is_inside

PREFIX = "/ota/"
MANIFEST = "versions.json"

_CHUNK = 1 << 16
_TYPES = {".py": "text/plain", ".json": "application/json"}
_BINARY = "application/octet-stream"
# The last second of the year 9999, and of the dates that HTTP can write.
_LATEST = 253402300799


@lru_cache(maxsize=256)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


class ManifestSource(Protocol):
    """What the server needs of a builder."""

    def generate_manifest(self) -> str:
        """Return the manifest as JSON text."""
        ...


class Site(NamedTuple):
    """What is served."""

    src_dir: str
    builder: ManifestSource
    followlinks: bool
    log: bool


class SiteServer(ThreadingHTTPServer):
    """A server that knows what it serves."""

    site: Site


class OTARequestHandler(BaseHTTPRequestHandler):
    """GET and HEAD of the manifest and of the files below `server.site.src_dir`."""

    server: SiteServer
    protocol_version = "HTTP/1.1"
    server_version = f"SaguarOTA/{__version__}"
    # Seconds without a byte either way after which the connection is closed.
    timeout = 60
    # Head and small body leave in one segment, at once: sent apart, Nagle's algorithm would hold
    # the body until the device's delayed acknowledgement of the head, 40 ms for each file.
    wbufsize = _CHUNK
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a GET or HEAD request."""
        self._drop_body()
        name = self._name()
        if name is None:
            self._fail(HTTPStatus.NOT_FOUND, "nothing is served here")
        elif name == MANIFEST:
            self._send_manifest()
        else:
            self._send_file(name)

    do_HEAD = do_GET

    def __getattr__(self, name: str) -> Callable[[], None]:
        # http.server looks for do_<METHOD> and would answer 501 where there is none.
        if name.startswith("do_"):
            return self._refuse_method
        raise AttributeError(name)

    def _refuse_method(self) -> None:
        self._drop_body()
        self._fail(HTTPStatus.METHOD_NOT_ALLOWED, "GET or HEAD only", ("Allow", "GET, HEAD"))

    def _drop_body(self) -> None:
        """Keep a body, which no request here needs, from being read as the next request."""
        length = self.headers.get("Content-Length", "0")
        if length != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            if re.fullmatch("[0-9]{1,18}", length):
                # Closing with a body unread would reset the connection under the answer.
                self.rfile.read(min(int(length), _CHUNK))

    def _name(self) -> str | None:
        """Return the path below PREFIX that is asked for, or None where there can't be any."""
        path = re.sub("^https?://[^/?#]*", "", self.path, flags=re.IGNORECASE)
        raw = re.split("[?#]", path)[0].encode("latin-1")
        try:
            path = unquote_to_bytes(raw).decode("utf-8")
        except UnicodeDecodeError:
            return None
        name = path[len(PREFIX) :]
        if not path.startswith(PREFIX) or "\\" in name or "\0" in name:
            return None
        for segment in name.split("/"):
            if segment in ("", ".", "..") or os.path.splitdrive(segment)[0]:
                return None
        return name

    def _send_manifest(self) -> None:
        try:
            body = self.server.site.builder.generate_manifest().encode("utf-8")
        except Exception as error:
            text = f"the manifest can't be made: {type(error).__name__}: {error}"
            self._fail(HTTPStatus.INTERNAL_SERVER_ERROR, text)
            return
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        self._send(io.BytesIO(body), len(body), _TYPES[".json"], etag, None)

    def _send_file(self, name: str) -> None:
        site = self.server.site
        location = os.path.join(site.src_dir, *name.split("/"))
        if not site.followlinks and not is_inside(site.src_dir, location):
            self._fail(HTTPStatus.NOT_FOUND, f"{name}: a link to outside of the served folder")
            return
        try:
            # Opening a named pipe would wait for its writer.
            if not stat.S_ISREG(os.stat(location).st_mode):
                self._fail(HTTPStatus.NOT_FOUND, f"{name}: not a file")
                return
            file = open(location, "rb")
        except OSError as error:
            self._fail(HTTPStatus.NOT_FOUND, f"{name}: {error.strerror}")
            return
        with file:
            found = os.fstat(file.fileno())
            kind = _TYPES.get(os.path.splitext(name)[1].lower(), _BINARY)
            etag = f'"{found.st_size:x}-{found.st_mtime_ns:x}"'
            self._send(file, found.st_size, kind, etag, found.st_mtime)

    def _send(
        self, source: IO[bytes], size: int, kind: str, etag: str, modified: float | None
    ) -> None:
        asked = self.headers.get_all("Range", [])
        use = self.command == "GET" and if_range_holds(self.headers["If-Range"], etag, modified)
        try:
            part = parse_range(", ".join(asked), size) if use else None
        except Unsatisfiable:
            self._fail(
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                f"the file has {size} bytes",
                ("Content-Range", f"bytes */{size}"),
            )
            return
        first, length = part or (0, size)
        self._begin(HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK, kind, length)
        if part:
            self.send_header("Content-Range", f"bytes {first}-{first + length - 1}/{size}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", etag)
        if modified is not None:
            date = self.date_time_string(int(min(max(modified, 0), _LATEST)))
            self.send_header("Last-Modified", date)
        self.end_headers()
        if self.command == "GET":
            source.seek(first)
            self._copy(source, length)

    def _copy(self, source: IO[bytes], length: int) -> None:
        while length:
            chunk = source.read(min(length, _CHUNK))
            if not chunk:
                # Only the end of the connection can tell that the body is too short.
                self.close_connection = True
                self.log_error("%s became shorter while it was sent", self.path)
                return
            self.wfile.write(chunk)
            length -= len(chunk)

    def _fail(self, status: HTTPStatus, text: str, *fields: tuple[str, str]) -> None:
        body = f"{text}\n".encode("utf-8", "replace")
        self._begin(status, "text/plain; charset=utf-8", len(body))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _begin(self, status: HTTPStatus, kind: str, length: int) -> None:
        if self.request_version != "HTTP/1.1":
            self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")

    def end_headers(self) -> None:
        """End the head with the fields that every answer carries, http.server's own included."""
        self.send_header("Cache-Control", "no-store")
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return a date as HTTP has it; the same second is asked for many times over."""
        return _http_date(int(time.time() if timestamp is None else timestamp))

    def version_string(self) -> str:
        """Return the Server field."""
        return self.server_version

    def log_message(self, format: str, *args: Any) -> None:
        """Print a line to stderr, unless the server runs in the background."""
        if self.server.site.log:
            super().log_message(format, *args)
