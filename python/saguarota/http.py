"""An HTTP/1.1 client that streams: one connection, one buffer (RFC 9112).

The native module reads heads and bodies; this module connects, asks and follows redirects.
"""

import socket
import time
from errno import ETIMEDOUT

from _saguarota import __version__
from micropython import const

from . import urls
from .const import NetworkError, describe, load

_REDIRECTS = const(5)
# Of a body that nobody wants, as many reads as are cheaper than a new connection.
_DRAIN_READS = const(8)


def _plain(error):
    """A TLS stream gives MicroPython's error numbers with a minus: the same error without."""
    number = error.args[0] if len(error.args) == 1 else 0
    return OSError(-number) if isinstance(number, int) and -1000 < number < 0 else error


class Client:
    """Fetches bodies through one buffer, which is free for other uses between calls.

    ``response``: a native ``Response`` over that buffer, of which ``piece`` is a memoryview.
    ``http_timeout_s``: seconds for each wait on the network and, on average, for each 1000 bytes of
    a response; None waits for ever. ``ssl_context``: for https; without one the certificate of the
    server must verify, so a port without certificates of its own refuses. ``total``: bytes of the
    last body that was wanted, None where its head did not say.
    """

    def __init__(self, response, piece, http_timeout_s, ssl_context):
        self.piece = piece
        self.response = response
        self.http_timeout_s = http_timeout_s
        self.ssl_context = ssl_context
        self.socket = None
        self.origin = None
        # What was asked for, and where redirects have led.
        self.target = self.url = None
        self.total = None
        self.wait_ms = self.bytes = 0

    def get(self, url, write, framed=False, fields="", start=None):
        """GETs ``url`` and calls ``write(piece)`` with each piece of the body.

        ``framed``: the body must say where it ends; over https it must in any case, for anybody may
        have closed the connection (RFC 9112, section 9.8). ``fields``: more lines of the request.
        ``start(head)``: called with the native head of the last response, returns whether its body
        is wanted; without it, that of status 200 is.

        Raises NetworkError, also for a response that is not wanted, and what ``write`` and
        ``start`` raise.
        """
        self.target = self.url = url
        complete = False
        try:
            head = self.follow(fields)
            if not (start(head) if start else head.status == 200):
                self.drain()
                complete = True
                raise self.error(ValueError("status %d" % head.status))
            if framed and not head.framed:
                raise self.error(ValueError("response without a length"))
            if framed and self.url.endswith("/") and not url.endswith("/"):
                # Without a digest, a server's page about a folder would pass for a file.
                raise self.error(ValueError("server returned a directory page"))
            self.total = head.size
            while True:
                got = self.read()
                if got is None:
                    break
                if got:
                    self.bytes += got
                    write(self.piece[:got])
            complete = True
        finally:
            if not complete or not self.response.reusable():
                self.close()

    def close(self):
        """Closes the connection, if there is one."""
        connection, self.socket, self.origin = self.socket, None, None
        if connection:
            try:
                connection.close()
            except OSError:
                # Gone already.
                pass

    def error(self, error):
        """The NetworkError for an OSError or a ValueError."""
        text = describe(_plain(error))
        if self.url != self.target:
            text = "ValueError: redirected to %s: %s" % (self.url, text)
        return NetworkError(text)

    def follow(self, fields):
        """The head of the response that no redirect follows."""
        try:
            for _ in range(_REDIRECTS + 1):
                head = self.send(fields)
                if head.status not in (301, 302, 303, 307, 308) or not head.redirect:
                    return head
                redirect = load("redirect")
                self.url = redirect.target(self.url, head.redirect)
                self.drain()
            raise ValueError("over %d redirects" % _REDIRECTS)
        except (OSError, ValueError) as e:
            raise self.error(e)

    def read(self):
        try:
            return self.wait(self.response.read)
        except (OSError, ValueError) as e:
            raise self.error(e)

    def send(self, fields):
        scheme, host, port, target = urls.split(self.url)
        secure = scheme == "https"
        default = port == (443 if secure else 80)
        request = (
            "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: SaguarOTA/%s\r\n"
            "Accept-Encoding: identity\r\n%s\r\n"
        ) % (target, host if default else "%s:%d" % (host, port), __version__, fields)
        origin = (secure, host, port)
        if self.origin == origin:
            try:
                return self.exchange(request)
            except OSError as e:
                if e.errno == ETIMEDOUT:
                    raise
            except ValueError:
                pass
            # The server has closed the idle connection; a fresh one shows whether it is at fault.
        self.connect(origin)
        return self.exchange(request)

    def exchange(self, data):
        self.wait_ms = self.bytes = 0
        try:
            self.socket.write(data)
            self.response.open(self.socket)
            while True:
                head = self.wait(self.response.head)
                self.bytes += 1
                if head:
                    if not head.framed and self.origin[0]:
                        # RFC 9112, section 9.8: anybody may have closed the connection.
                        raise ValueError("https response without a length")
                    return head
        except OSError as e:
            raise _plain(e)

    def wait(self, read):
        """Calls ``read``. Raises OSError (ETIMEDOUT) where a peer drips: each wait was short, all
        of them are too long."""
        allowed = self.http_timeout_s
        if allowed is not None and self.wait_ms > allowed * (2000 + self.bytes):
            raise OSError(ETIMEDOUT)
        start = time.ticks_ms()
        result = read()
        self.wait_ms += time.ticks_diff(time.ticks_ms(), start)
        return result

    def drain(self):
        try:
            for _ in range(_DRAIN_READS):
                if self.response.read() is None:
                    return
        except (OSError, ValueError):
            # The status says more than what is wrong with its page.
            pass
        self.close()

    def connect(self, origin):
        self.close()
        secure, host, port = origin
        name = host.strip("[]")
        try:
            infos = socket.getaddrinfo(name, port, 0, socket.SOCK_STREAM)
        except OSError as e:
            raise ValueError("no address for host %s (%s)" % (name, e))
        error = ValueError("no address for host %s" % name)
        for info in infos:
            connection = None
            try:
                connection = socket.socket(info[0], info[1], info[2])
                connection.settimeout(self.http_timeout_s)
                connection.connect(info[-1])
                if secure:
                    tls = load("tls")
                    self.socket = tls.connect(connection, name, self.ssl_context)
                    connection = None
                else:
                    self.socket = connection
                self.origin = origin
                return
            except OSError as e:
                error = e
            finally:
                if connection and connection is not self.socket:
                    connection.close()
        raise error
