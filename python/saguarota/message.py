"""What errors mean that MicroPython has no words for.

The native module raises ``ValueError(code, entry, byte)``, TypeError or RuntimeError with the same
arguments; the codes and names are those of ``ErrorKind`` in src/error.rs.

A module of its own, loaded when something has failed: it takes 4 KiB of heap.
"""

# One text, as a table would take an object and a name of MicroPython's for each sentence.
TEXT = r"""
1 PathEmpty path is empty
2 PathAbsolute path is absolute
3 Backslash backslash in path
4 ControlInPath control character in path
5 SegmentEmpty empty segment in path
6 SegmentDot segment . in path
7 Leaves path leaves the destination
8 SegmentEnd segment ends in a dot or a space
9 ShortName path may be a short name of FAT
10 Drive path names a drive
11 Segments path over 16 segments
12 Reserved path is reserved
13 PathTwice duplicate path
14 BelowFile path below a path that is a file
15 EndsEarly manifest ends early
16 NameExpected name expected
17 ColonExpected colon expected
18 CommaExpected comma or end expected
19 ValueExpected value expected
20 Surplus trailing data
21 Nested nested over 16 levels
22 Number malformed number
23 NotUtf8 not UTF-8
24 Control control character in a string
25 Escape unknown escape
26 HexEscape malformed \u escape
27 NotAnObject manifest is not a JSON object
28 NoFiles manifest has no files
29 FilesNoList files is not a list
30 Entries over 32768 entries
31 EntryNoObject entry is not an object
32 NoPath entry has no path
33 NameTwice duplicate key
34 PathNoString path is not a string
35 PathNotUnicode path over 255 bytes or not Unicode
36 PathLong path over 255 bytes
37 Md5NoString md5 is not a string
38 Md5Digits md5 is not 32 hex digits
39 VersionNoNumber version is not a number
40 VersionNotWhole version is not a whole number from 0 up
41 VersionRange version is out of range
42 LinkLong link too long
43 EncodedSlash encoded slash in the link
44 NameNotUtf8 name is not UTF-8
45 DigestName digest is neither md5 nor sha256
46 Quoted path over 765 bytes when quoted
47 IndexSize index is not 4 bytes an entry
48 TableSize table is not 8 bytes an entry
49 TableSmall table under 4 bytes
50 BufferEmpty buffer is empty
51 NoBuffer buffer expected
52 OtherType object of another type
53 Itself a manifest cannot be compared with itself
54 HeadEarly connection closed before the end of the response head
55 NoResponse no response is open
56 NotValidated manifest must be validated first
57 NotSorted manifest must be sorted first
58 HeadControl control character in the response head
59 StatusLong status line too long
60 NotHttp not an HTTP response
61 FieldMalformed malformed header line
62 FieldLong header line too long
63 HeadLong response head over 16 KiB
64 Switch switch of protocols that was not asked for
65 ContentCoding content coding not understood
66 TransferCoding transfer coding not understood
67 LengthNumber Content-Length is not a number below 4 GiB
68 LengthsDiffer content lengths differ
69 BothFramings both Transfer-Encoding and Content-Length
70 TransferOld transfer coding in an HTTP/1.0 response
71 Location location of the redirect cannot be used
72 ChunkSize malformed chunk size
73 ChunkEnd chunk does not end at its size
74 Trailer malformed trailer
75 ChunkLong chunk extensions or trailers too long
76 BodySurplus trailing data after the body
77 BodyEarly body ended early
78 InUse object is in use
"""


def format(error):
    """An exception's text, without its type."""
    if isinstance(error, (ValueError, TypeError, RuntimeError)) and len(error.args) == 3:
        return text(*error.args)
    # Errors of the flash.
    number = isinstance(error, OSError) and error.errno
    if number == 28:
        return "[Errno 28] ENOSPC"
    if number == 36:
        return "[Errno 36] ENAMETOOLONG"
    return str(error)


def text(code, entry, byte):
    """The message for an exception's arguments, without a full stop. ``entry``: of the manifest's
    files, counted from 0, or None; ``byte``: an offset, or None. For a body that ended early, they
    are how many bytes came, and of how many."""
    start = TEXT.find("\n%d " % code) + 1
    name, sentence = TEXT[start : TEXT.find("\n", start)].split(" ", 2)[1:]
    if byte is None:
        return sentence
    if name == "BodyEarly":
        return "%s after %d of %d bytes" % (sentence, entry, byte)
    if entry is None:
        return "byte %d: %s" % (byte, sentence)
    return "entry %d, byte %d: %s" % (entry, byte, sentence)
