"""The native module: what costs a device time or memory, and the first look at untrusted bytes.

It exists on MicroPython only. Every buffer is the caller's; the module itself allocates the objects
that it returns and nothing else. Where ``bytes`` are asked for, MicroPython takes a ``str`` as its
UTF-8.

A stream is any MicroPython stream object that can be read: a file, a socket, a TLS socket,
``io.BytesIO``. What its reading raises (OSError) passes through every call that reads.

An object is used by one call at a time. While a method runs, those that a stream written in Python
or another thread calls on the same object raise RuntimeError; ``Manifest.next`` uses both
manifests. When it has returned or raised, the object is free again. Where a stream resizes a table
or an index so that it does not fit any more, the call that fills it raises ValueError.

What the module finds wrong is raised as ``ValueError(code, entry, byte)``, or a TypeError or
RuntimeError of the same form: a code, whose sentence is in ``saguarota/message.py``; and where in a
manifest, counted from 0, each None where it is not known. For a body that ends early, the two are
how many bytes came, and of how many. ``saguarota.const.describe(error)`` makes a text of it.

``Validation``, ``Entry`` and ``Head`` are what methods return. The module has no such names, and
the attributes can only be read: anything else raises AttributeError.
"""

from typing import Protocol, type_check_only

_Text = str | bytes
_Buffer = bytearray | memoryview

class _Stream(Protocol):
    def readinto(self, buffer: _Buffer, /) -> int | None: ...

class _File(_Stream, Protocol):
    def seek(self, offset: int, /) -> int: ...

__version__: str
"""The native module's version; on a device, the package's ``__version__`` is this one."""

def digest(name: _Text, stream: _Stream, buffer: _Buffer, /) -> str:
    """Return the digest of the rest of a stream as lower-case hexadecimal digits.

    ``name``: ``"md5"`` (RFC 1321, 32 digits) or ``"sha256"`` (FIPS 180-4, 64 digits). ``buffer``:
    each read asks for as many bytes as it holds; its contents are lost.

    Raises ValueError for another name or an empty buffer, TypeError for a buffer that cannot be
    written to, OSError for what is no stream.
    """

def quote(path: _Text, /) -> str:
    """Return a path as a URL carries it (RFC 3986, section 3.3): UTF-8, percent-encoded where
    needed; ``/`` stays.

    Raises ValueError where the result has over 765 bytes, three for each of the 255 of a path.
    """

def extra(table: bytes | _Buffer, ignores_case: bool, reserved: _Text, path: _Text, /) -> bool:
    """Tell whether a file on the device is none of the manifest's and none of the updater's.

    ``table`` and ``ignores_case``: as for ``Manifest.members``. ``reserved``: as for ``Manifest``;
    what names one of these paths or something below one is never extra.
    ``path``: spelled as in manifests, relative to the folder that their paths begin in.

    A file of the manifest is never extra. With ``n`` entries, another file is kept by mistake with
    odds of ``n`` to 2**64.

    Raises ValueError for a table that is not eight bytes an entry, TypeError for what cannot be
    used as buffer or text.
    """

class Listing:
    """The links of an HTML page that lists a folder of a web server, in about 1200 bytes.

    ``href`` of ``a`` elements counts, with character references and percent-encoding undone. Passed
    over: links to parents, absolute links, links to other hosts, with a scheme, ``?`` or ``#``, to
    one of the updater's own files, and one that is the same as the one before.
    """

    def __init__(self, folder: _Text, reserved: _Text, /) -> None:
        """Start a page; ``folder``: the folder's path, without a slash at its end, or empty.

        ``reserved``: as for ``Manifest``; a folder above one of these paths is walked all the same.
        Raises TypeError for what is no text.
        """

    def next(self, piece: bytes | _Buffer, /) -> tuple[str, int | None] | None:
        """Read on in a piece of the page: the next link; None where the piece is used up, and the
        next call has another.

        Return ``(path, problem)``: the path, ``folder`` included, of a folder with a slash at its
        end; and None. Or, for a link that must not be followed, the link as far as it can be shown,
        and the code of what is wrong with it.
        """

class Manifest:
    """A place in a manifest file, about 600 bytes (on a 64-bit port) whatever the number of files.

    Limits: 32768 entries; paths of 255 bytes of UTF-8 and 16 segments; versions from 0 to
    2**63 - 1, also as strings of decimal digits; JSON nested 16 levels deep; offsets below 4 GiB.

    Every ValueError about the file has the byte and, within ``files``, the entry:
    ``entry 3, byte 210: path leaves the destination``.
    """

    def __init__(
        self, stream: _File, buffer: _Buffer, reserved: _Text, signature_field: _Text, /
    ) -> None:
        """Take what the manifest is read with; nothing is read yet.

        - ``stream``: the file, which stays the caller's to close.
        - ``buffer``: for reading, at least one byte, for this object alone.
        - ``reserved``: paths that entries must not name, nor anything below them, nor a folder
          above them, one a line, of which one with a dot at its end stands for all names that
          begin so; the case of ASCII letters does not count.
        - ``signature_field``: name of the top-level member that holds the signature.

        Raises TypeError for what cannot be used as buffer or text, ValueError for an empty buffer,
        OSError for no stream.
        """

    def validate(self) -> Validation:
        """Read the file once, from its start, and check all of it but its signatures.

        Drops the index of an earlier ``sort``. Raises ValueError for what is no manifest, over a
        limit, or names a path that may not be installed (docs/MANIFEST.md), also one that comes
        twice or lies below another, as far as that shows before ``sort``.
        """

    def sort(self, index: bytearray, /) -> None:
        """Make ``verify`` and ``next`` go in path order, by offsets of entries kept in ``index``.

        ``index``: four bytes for each entry; the object keeps and fills it. Reads each entry
        some 20 times where there are 1000. Leaves the object before the first entry.

        Raises ValueError before a successful ``validate``, for an index of another size, and for a
        path that comes twice or lies below another.
        """

    def verify(self, key: _Text, /) -> bool:
        """Tell whether the signature is that of ``key``, and the extended signature too where there
        is one: HMAC-SHA256 (RFC 2104), compared in constant time. False where there is no
        signature. Reads the file once, entry by entry where it was sorted.

        Raises ValueError before a successful ``validate``, and before a ``sort`` that is needed.
        """

    def members(self, table: bytearray, ignores_case: bool, /) -> None:
        """Fill ``table``, for ``extra``, with eight bytes for each entry of the last ``validate``:
        the beginnings of the MD5s of the paths. One pass, whatever the entries' order.
        Leaves the object before the first entry.

        ``ignores_case``: count as one what a file system without letter case (FAT) may hold for one
        name: ASCII letters in either case, and any runs of other characters.

        Raises ValueError before a successful ``validate``, and for a table of another size.
        """

    def same_file(self, table: bytearray, /) -> tuple[str, str] | None:
        """Find two paths of the last ``validate`` that FAT takes for one file, or of which one is a
        file and, to FAT, a folder of the other; None where there are none.

        Return both as the manifest spells them, the one that stands first there first. Of several
        pairs, any. FAT is MicroPython's: letters in either case are one, of ASCII and, as the bytes
        of a name are taken for characters of code page 437, of what other characters consist of.

        ``table``: memory to work in, at least 4 bytes, not the buffer that the object reads with.
        A manifest of ``n`` files in ``m`` folders is read ``(n + m) // (len(table) // 4) + 1``
        times. Names that share a 31-bit hash without being one, by chance or for some accents in
        names of 8.3 form, add a pass each. Leaves the object before the first entry, whatever the
        entries' order.

        Raises ValueError before a successful ``validate``, and for a table under 4 bytes.
        """

    def rewind(self) -> None:
        """Go back before the first entry."""

    def next(self, local: Manifest | None, force: bool, everything: bool, /) -> Entry | None:
        """Move to the next due entry, or with ``everything`` to the next one; None at the end.

        ``local``: the device's manifest, which moves along. ``force``: every entry is due. Raises
        ValueError unless both were validated and, where needed, sorted, and for ``local`` being
        this object. Rewind both before the first call: a manifest at its end has no more entries.
        """

@type_check_only
class Validation:
    """What ``Manifest.validate`` has found; on the heap, as large as a tuple of six."""

    version: int
    """The manifest's version, 0 where it has none."""
    total: int
    """The number of its entries, from 0 to 32768."""
    sorted: bool
    """Whether these stand in the order of their paths' bytes, so that ``sort`` is not needed."""
    signed: bool
    """Whether there is a signature, which ``verify`` checks."""
    extended: bool
    """Whether there is an extended signature: the member named as the signature's field and
    ``_ext``."""
    sha256: bool
    """Whether each entry has a SHA-256 in the right form."""

@type_check_only
class Entry:
    """A file as ``Manifest.next`` returns it; on the heap, as large as a tuple of eight."""

    path: str
    """Relative, of at most 255 bytes of UTF-8."""
    local: int
    """The version in ``local``, 0 where that has no such file."""
    version: int
    """The version in this manifest."""
    md5: str | None
    """32 hexadecimal digits as the manifest spells them, None where it has none."""
    due: bool
    """Whether ``version`` is above ``local``, or every entry was to be due."""
    index: int
    """The number of the entry in path order, counted from 1."""
    size: int | None
    """The file's bytes, below 2**63; None where the manifest has none in the right form."""
    sha256: str | None
    """64 hexadecimal digits in lower case, None where the manifest has none in the right form."""

class Response:
    """HTTP/1.x responses to GET requests (RFC 9112), read through one buffer, in about 700 bytes on
    a 64-bit port.

    Limits: 16 KiB for a head, 512 bytes for ``Location`` and 128 for ``ETag``, bodies, ranges and
    chunks below 4 GiB where their length is given, 256 bytes for a chunk's size line and 4 KiB for
    trailers. What two readers could understand in two ways is refused. After a ValueError the
    connection is of no more use.
    """

    def __init__(self, buffer: _Buffer, /) -> None:
        """Take the buffer, at least one byte; ``head`` and ``read`` overwrite it.

        They check it: TypeError where it cannot be used, ValueError for an empty one.
        """

    def open(self, stream: _Stream, /) -> None:
        """Expect the next response on this stream; nothing is read yet."""

    def head(self) -> Head | None:
        """Read the stream once for the response's head, interim (1xx) ones passed over; None while
        it is not complete.

        Not to be called again until the next ``open``. Raises ValueError for what is no HTTP, for a
        redirect whose ``Location`` cannot be used and for a body in a content coding, and OSError,
        the stream's or for no stream.
        """

    def read(self) -> int | None:
        """Read the stream once for the body and put its payload at the buffer's start: how many
        bytes, 0 where there was framing alone; None at the end of the body.

        Raises ValueError for a body that ends early or breaks its framing, and before ``head`` has
        given one; OSError of the stream.
        """

    def reusable(self) -> bool:
        """Tell whether the body has ended and the connection may carry another request."""

@type_check_only
class Head:
    """A response's head; on the heap, as large as a tuple of six."""

    status: int
    """The status code, from 200 to 999."""
    framed: bool
    """Whether the body says where it ends, rather than with the connection."""
    redirect: str | None
    """The ``Location`` field of a redirect (3xx), None without one."""
    validator: str | None
    """Of a 200 or 206, what ``If-Range`` takes (RFC 9110, section 13.1.5): a strong ``ETag`` with
    its quotes or, without one, ``Last-Modified``, both as sent. None where there is none, or where
    such fields differ."""
    start: int | None
    """Position of a 206's first byte, where the one ``Content-Range`` (section 14.4) is of bytes,
    goes to the end of the file and is as long as the body; None otherwise."""
    size: int | None
    """Bytes of the body, as ``Content-Length`` has it; 0 where there can be no body, None where the
    head does not say."""
