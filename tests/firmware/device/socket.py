"""What saguarota uses of a port's socket module, by the modem."""

import io

import modem

AF_INET = 2
SOCK_STREAM = 1
_FOR_EVER = 0xFFFFFFF


def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


class socket(io.IOBase):
    """A TCP connection; a stream."""

    def __init__(self, af=AF_INET, type=SOCK_STREAM, proto=0):
        self._which = None
        self._timeout = _FOR_EVER

    def settimeout(self, seconds):
        self._timeout = _FOR_EVER if seconds is None else int(seconds * 1000)

    def connect(self, address):
        name = ("%s %d" % address).encode()
        modem.data[: len(name)] = name
        self._which = modem.call(modem.CONNECT, 0, len(name), self._timeout)

    def write(self, data):
        sent = memoryview(data)
        modem.data[: len(sent)] = sent
        return modem.call(modem.SEND, self._which, len(sent), self._timeout)

    def readinto(self, buffer):
        got = modem.call(modem.RECEIVE, self._which, min(len(buffer), modem.ROOM), self._timeout)
        memoryview(buffer)[:got] = modem.data[:got]
        return got

    def close(self):
        if self._which is not None:
            modem.call(modem.CLOSE, self._which, 0, 0)
            self._which = None
