"""An HTTP/1.1 client that streams: one connection, one buffer (RFC 9112).

The native module reads heads and bodies; this module connects, asks and follows redirects.
"""

import socket
import time
from errno import ETIMEDOUT

from _saguarota import __version__
from micropython import const

from .const import NetworkError, describe
from .url import split_url

_REDIRECTS = const(5)
# Of a body that nobody wants, as many reads as are cheaper than a new connection.
_DRAIN_READS = const(8)


def _plain(error):
    """A TLS stream gives MicroPython's error numbers with a minus: the same error without."""
    number = error.args[0] if len(error.args) == 1 else 0
    return OSError(-number) if isinstance(number, int) and -1000 < number < 0 else error


class Client:
    """Fetches bodies through one buffer, which is free for other uses between calls.

    ``response``: a native ``Response`` over that buffer, of which ``view`` is a memoryview.
    ``http_timeout_s``: seconds for each wait on the network and, on average, for each 1000 bytes of
    a response; None waits for ever. ``ssl_context``: for https; without one the certificate of the
    server must verify, so a port without certificates of its own refuses. ``total``: bytes of the
    last body that was wanted, None where its head did not say.
    """

    def __init__(self, response, view, http_timeout_s, ssl_context):
        self.view = view
        self._response = response
        self.http_timeout_s = http_timeout_s
        self.ssl_context = ssl_context
        self._socket = None
        self._origin = None
        # What was asked for, and where redirects have led.
        self._asked = self._url = None
        self.total = None
        self._spent = self._bytes = 0

    def get(self, url, write, framed=False, fields="", start=None):
        """GETs ``url`` and calls ``write(view)`` with each piece of the body.

        ``framed``: the body must say where it ends; over https it must in any case, for anybody may
        have closed the connection (RFC 9112, section 9.8). ``fields``: more lines of the request.
        ``start(head)``: called with the native head of the last response, tells whether its body is
        wanted; without it, that of status 200 is.

        Raises NetworkError, also for a response that is not wanted, and what ``write`` and
        ``start`` raise.
        """
        self._asked = self._url = url
        complete = False
        try:
            head = self._follow(fields)
            if not (start(head) if start else head[0] == 200):
                self._drain()
                complete = True
                raise self._error(ValueError("status %d" % head[0]))
            if framed and not head[1]:
                raise self._error(ValueError("response without a length"))
            if framed and self._url.endswith("/") and not url.endswith("/"):
                # Without a digest, a server's page about a folder would pass for a file.
                raise self._error(ValueError("server returned a directory page"))
            self.total = head[5]
            while True:
                got = self._read()
                if got is None:
                    break
                if got:
                    self._bytes += got
                    write(self.view[:got])
            complete = True
        finally:
            if not complete or not self._response.reusable():
                self.close()

    def close(self):
        """Closes the connection, if there is one."""
        connection, self._socket, self._origin = self._socket, None, None
        if connection:
            try:
                connection.close()
            except OSError:
                # Gone already.
                pass

    def _error(self, error):
        """The NetworkError for an OSError or a ValueError."""
        text = describe(_plain(error))
        if self._url != self._asked:
            text = "ValueError: redirected to %s: %s" % (self._url, text)
        return NetworkError(text)

    def _follow(self, fields):
        """The head of the response that no redirect follows."""
        try:
            for _ in range(_REDIRECTS + 1):
                head = self._ask(self._url, fields)
                if head[0] not in (301, 302, 303, 307, 308) or not head[2]:
                    return head
                from .redirect import target

                self._url = target(self._url, head[2])
                self._drain()
            raise ValueError("over %d redirects" % _REDIRECTS)
        except (OSError, ValueError) as e:
            raise self._error(e)

    def _read(self):
        try:
            return self._timed(self._response.read)
        except (OSError, ValueError) as e:
            raise self._error(e)

    def _ask(self, url, fields):
        scheme, host, port, target = split_url(url)
        default = (scheme, port) in (("http", 80), ("https", 443))
        request = (
            "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: SaguarOTA/%s\r\n"
            "Accept-Encoding: identity\r\n%s\r\n"
        ) % (target, host if default else "%s:%d" % (host, port), __version__, fields)
        origin = (scheme, host, port)
        if self._origin == origin:
            try:
                return self._exchange(request, scheme == "https")
            except OSError as e:
                if e.errno == ETIMEDOUT:
                    raise
            except ValueError:
                pass
            # The server has closed the idle connection; a fresh one tells.
        self._connect(scheme, host, port)
        self._origin = origin
        return self._exchange(request, scheme == "https")

    def _exchange(self, request, secure):
        self._spent = self._bytes = 0
        try:
            self._socket.write(request)
            self._response.open(self._socket)
            while True:
                head = self._timed(self._response.head)
                self._bytes += 1
                if head:
                    if not head[1] and secure:
                        # RFC 9112, section 9.8: anybody may have closed the connection.
                        raise ValueError("https response without a length")
                    return head
        except OSError as e:
            raise _plain(e)

    def _timed(self, read):
        """Calls ``read``. Raises OSError (ETIMEDOUT) where a peer drips: each wait was short, all
        of them are too long."""
        allowed = self.http_timeout_s
        if allowed is not None and self._spent > allowed * (2000 + self._bytes):
            raise OSError(ETIMEDOUT)
        start = time.ticks_ms()
        result = read()
        self._spent += time.ticks_diff(time.ticks_ms(), start)
        return result

    def _drain(self):
        try:
            for _ in range(_DRAIN_READS):
                if self._response.read() is None:
                    return
        except (OSError, ValueError):
            # The status says more than what is wrong with its page.
            pass
        self.close()

    def _connect(self, scheme, host, port):
        self.close()
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
                if scheme == "https":
                    from .tls import secure

                    self._socket = secure(connection, name, self.ssl_context)
                    connection = None
                else:
                    self._socket = connection
                return
            except OSError as e:
                error = e
            finally:
                if connection and connection is not self._socket:
                    connection.close()
        raise error
