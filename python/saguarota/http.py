"""An HTTP/1.1 client that streams: one connection, one buffer (RFC 9112).

The native module reads heads and bodies; this module connects, asks and follows redirects.
"""

import socket
from errno import ENOENT, ETIMEDOUT

from _saguarota import Response, __version__
from micropython import const

_REDIRECTS = const(5)
# Of a body that nobody wants, as many reads as are cheaper than a new connection.
_DRAIN_READS = const(8)


def split_url(url):
    """``(scheme, host, port, target)`` of an http or https URL; ValueError for anything else."""
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in ("http", "https"):
        raise ValueError("not an http or https URL: %s" % url)
    # As bytes: taking a str apart would make each character an interned string for good.
    for byte in url.encode():
        if byte <= 32 or byte > 126:
            raise ValueError("URL with a blank or a character that must be escaped: %s" % url)
    rest = rest.split("#")[0]
    start = len(rest)
    for mark in "/?":
        found = rest.find(mark)
        if 0 <= found < start:
            start = found
    host, target = rest[:start], rest[start:]
    if not target.startswith("/"):
        target = "/" + target
    port = ""
    colon = host.rfind(":")
    if colon > host.rfind("]"):
        host, port = host[:colon], host[colon + 1 :]
    if not host or "@" in host or not (port.isdigit() or not port):
        raise ValueError("URL without a usable host: %s" % url)
    return scheme, host, int(port or (443 if scheme == "https" else 80)), target


def join_url(base, location):
    """What a Location field means relative to ``base`` (RFC 3986, section 5.2, without dots)."""
    if location.partition("://")[0].isalpha():
        return location
    scheme, host, port, target = split_url(base)
    if location.startswith("//"):
        return scheme + ":" + location
    if not location.startswith("/"):
        location = target.split("?")[0].rsplit("/", 1)[0] + "/" + location
    return "%s://%s:%d%s" % (scheme, host, port, location)


class Client:
    """Fetches bodies through ``buffer``, which is free for other uses between calls.

    ``http_timeout_s``: seconds for each wait on the network; None waits for ever.
    ``ssl_context``: for https; without one the server's certificate must verify, so a port without
    certificates of its own refuses.
    """

    def __init__(self, buffer, http_timeout_s, ssl_context=None):
        self.view = memoryview(buffer)
        self._response = Response(buffer)
        self.http_timeout_s = http_timeout_s
        self.ssl_context = ssl_context
        self._socket = None
        self._origin = None

    def get(self, url, write):
        """GETs ``url`` and calls ``write(view)`` with each piece of the body.

        Raises OSError (network), ValueError (HTTP, or a status other than 200), and what
        ``write`` raises.
        """
        complete = False
        try:
            for _ in range(_REDIRECTS + 1):
                status, location = self._ask(url)
                if status not in (301, 302, 303, 307, 308) or not location:
                    break
                target = join_url(url, location)
                if (split_url(url)[0], split_url(target)[0]) == ("https", "http"):
                    raise ValueError("redirect from https to %s" % target)
                self._drain()
                url = target
            else:
                raise ValueError("over %d redirects" % _REDIRECTS)
            if status != 200:
                self._drain()
                complete = True
                raise ValueError("status %d" % status)
            while True:
                got = self._response.read()
                if not got:
                    break
                write(self.view[:got])
            complete = True
        finally:
            if not complete or not self._response.reusable():
                self.close()

    def close(self):
        """Closes the connection, if there is one."""
        connection, self._socket, self._origin = self._socket, None, None
        if connection:
            connection.close()

    def _ask(self, url):
        scheme, host, port, target = split_url(url)
        default = (scheme, port) in (("http", 80), ("https", 443))
        request = (
            "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: SaguarOTA/%s\r\n"
            "Accept-Encoding: identity\r\n\r\n"
        ) % (target, host if default else "%s:%d" % (host, port), __version__)
        origin = (scheme, host, port)
        if self._origin == origin:
            try:
                return self._exchange(request)
            except OSError as e:
                if e.errno == ETIMEDOUT:
                    raise
            except ValueError:
                pass
            # The server has closed the idle connection; a fresh one tells.
        self._connect(scheme, host, port)
        self._origin = origin
        return self._exchange(request)

    def _exchange(self, request):
        self._socket.write(request)
        status, _, location = self._response.begin(self._socket)
        return status, location

    def _drain(self):
        for _ in range(_DRAIN_READS):
            if not self._response.read():
                break
        if not self._response.reusable():
            self.close()

    def _connect(self, scheme, host, port):
        self.close()
        error = OSError(ENOENT)
        name = host.strip("[]")
        for info in socket.getaddrinfo(name, port, 0, socket.SOCK_STREAM):
            connection = socket.socket(info[0], info[1], info[2])
            try:
                connection.settimeout(self.http_timeout_s)
                connection.connect(info[-1])
                if scheme == "https":
                    connection = self._wrap(connection, name)
                self._socket = connection
                return
            except OSError as e:
                connection.close()
                error = e
            except BaseException:
                connection.close()
                raise
        raise error

    def _wrap(self, connection, name):
        try:
            import ssl
        except ImportError:
            raise ValueError("this MicroPython has no ssl module for https")
        if self.ssl_context is None:
            self.ssl_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.ssl_context.verify_mode = ssl.CERT_REQUIRED
        return self.ssl_context.wrap_socket(connection, server_hostname=name)
