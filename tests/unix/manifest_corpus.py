"""Manifests in every style, good and damaged, from a random generator."""

from pathlib import Path

from manifest_model import sign, sign_extended

SEGMENT = [
    "a",
    "b",
    "B",
    "lib",
    "main.py",
    "a b",
    "x:y",
    "é",
    "\u20ac",
    "\ue000",
    "\U0001f335",
    '"',
]
UNKNOWN = [
    "null",
    "true",
    "0",
    "-1.5e+2",
    '""',
    "[]",
    "{}",
    '[{"path":"x"},[[]]]',
    '"\\ud800"',
    '"]}"',
]
# Values that are neither a size nor a SHA-256.
ODD = [*UNKNOWN[:2], *UNKNOWN[3:], "-1", "1e3", "9223372036854775808", '"1 "', '"%s"' % ("0x" * 32)]
SPACE = ["", "", "", " ", "\n", "\t", "\r\n"]

# Values that are put in every place of a manifest: one a line, and those that no line can show.
VALUES = (Path(__file__).parent / "values.txt").read_text(encoding="utf-8").splitlines()
VALUES += [
    '"a\tb"',
    '"a\nb"',
    '"a\0b"',
    '"a\x7f"',
    '"a\x85"',
    '"\ufeff"',
    "\ufeff1",
    "\x0b1",
    "\xa01",
]
VALUES += ["1\0", "1" * 257, '"' + "0" * 256 + '"', "[" * 13 + "]" * 13, "[" * 14 + "]" * 14]
VALUES += [f'"{"a" * count}"' for count in (255, 256, 257)]
VALUES += ['"' + "é" * 127 + 'a"', '"' + "é" * 128 + '"', '"' + "\\u0061" * 256 + '"']
VALUES += [f'"{"/".join("a" * count)}"' for count in (16, 17)]
VALUES += [f'"{("0aF" * 22)[:count]}"' for count in (63, 64, 65)]
VALUES += ['"size"', '"sha256"', '"signature_ext"']
PLACES = [
    '{"files":[],"x":%s}',
    '%s{"files":[]}',
    '{"files":[]}%s',
    "%s",
    '{"version":%s,"files":[]}',
    '{"files":%s}',
    '{"files":[],"signature":%s}',
    '{"files":[],"signature_ext":%s}',
    '{"files":[],"signature_ext":null,%s:1}',
    '{"files":[],%s:1}',
    '{"files":[%s]}',
    '{"files":[{"path":%s}]}',
    '{"files":[{"path":"a","version":%s}]}',
    '{"files":[{"path":"a","md5":%s}]}',
    '{"files":[{"path":"a","size":%s}]}',
    '{"files":[{"sha256":%s,"path":"a"}]}',
    '{"files":[{"path":"a","size":1,"sha256":1,%s:1}]}',
    '{"files":[{"path":"a","x":%s}]}',
    '{"files":[{"path":"a",%s:"x"}]}',
    '{"files":[{"path":"a"},{"path":%s}]}',
    '{"files":[{"path":"b"},{"path":%s},{"path":"c"}]}',
]
# UTF-8 that is none, and some that is (RFC 3629).
BYTES = """80 bf c080 c1bf c280 dfbf e08080 e09fbf e0a080 ed9fbf eda080 edbfbf ee8080 efbfbf
f0808080 f08fbfbf f0908080 f48fbfbf f4908080 f5808080 f888808080 fe ff c3 e282 f09f8c e228a1
f09f28b5 efbbbf"""


def values():
    """Each value in each place."""
    files = [(place % value).encode() for place in PLACES for value in VALUES]
    for form in (b'{"files":[],"x":"%s"}', b'{"files":[{"path":"%s"}]}', b'%s{"files":[]}'):
        files += [form % bytes.fromhex(code) for code in BYTES.split()]
    whole = b'{"version":"7","files":[{"path":"caf\\u00e9/\xc3\xa9","md5":""}],"x":[1]}'
    return files + [whole[:end] for end in range(len(whole) + 1)]


def _below(path, paths):
    """Whether another path of them would have to be both a file and a folder above this one."""
    folders = path.split("/")[:-1]
    return any("/".join(folders[:end]) in paths for end in range(1, len(folders) + 1))


class Author:
    """Writes good manifests; `rng` is a random.Random."""

    def __init__(self, rng, key):
        self.rng = rng
        self.key = key

    def _quoted(self, text):
        """Each character plain or escaped."""
        escape = self.rng.choice((0, 0.1, 1))
        out = ""
        for char in text:
            if self.rng.random() < escape:
                units = char.encode("utf-16-be").hex()
                out += "".join("\\u" + units[at : at + 4] for at in range(0, len(units), 4))
            elif char == '"' or (char == "/" and self.rng.random() < 0.1):
                out += "\\" + char
            else:
                out += char
        return f'"{out}"'

    def _version(self, version):
        return self.rng.choice((str(version), str(version), f'"{version}"', f'"00{version}"'))

    def _object(self, members):
        for name in ("x", "Files", ""):
            if self.rng.random() < 0.2:
                members.append((name, self.rng.choice(UNKNOWN)))
        self.rng.shuffle(members)
        space = self.rng.choice(SPACE)
        pairs = [f"{self._quoted(name)}{space}:{space}{value}" for name, value in members]
        return "{" + space + f"{space},".join(pairs) + "}" + space

    def _entry(self, path, version, md5, size, sha256):
        members = [("path", self._quoted(path))]
        if version or self.rng.random() < 0.5:
            members.append(("version", self._version(version)))
        if md5 or self.rng.random() < 0.5:
            members.append(("md5", f'"{md5}"' if md5 else self.rng.choice(("null", '""'))))
        if size is not None or self.rng.random() < 0.3:
            value = self.rng.choice(ODD) if size is None else self._version(size)
            members.append(("size", value))
        if sha256 or self.rng.random() < 0.3:
            digits = sha256 and self.rng.choice((sha256, sha256.upper()))
            members.append(("sha256", self._quoted(digits) if sha256 else self.rng.choice(ODD)))
        return self._object(members)

    def entries(self, most):
        """Random entries (path, version, md5, size, sha256), in order of path."""
        found = {}
        hashed = self.rng.choice((0, 0.5, 1))
        for _ in range(self.rng.randint(0, most)):
            names = [self.rng.choice(SEGMENT) for _ in range(self.rng.randint(1, 4))]
            names[0] = names[0].replace(":", "")
            md5 = self.rng.choice(("", "%032x", "%032X"))
            if md5:
                md5 %= self.rng.getrandbits(128)
            version, size = (self.rng.choice((0, 1, 2, 1 << 40, (1 << 63) - 1)) for _ in range(2))
            sha256 = f"{self.rng.getrandbits(256):064x}"
            found["/".join(names)] = (
                version,
                md5,
                self.rng.choice((None, size)),
                sha256 if self.rng.random() < hashed else None,
            )
        return sorted((path, *rest) for path, rest in found.items() if not _below(path, found))

    def write(self, entries):
        """These entries as a file, in order or not, signed or not."""
        version = max((entry[1] for entry in entries), default=0)
        order = list(entries)
        if self.rng.random() < 0.6:
            self.rng.shuffle(order)
        listed = ",".join(self._entry(*entry) for entry in order)
        members = [("files", f"[{listed}]"), ("version", self._version(version))]
        kind = self.rng.randrange(4)
        if kind < 3:
            key = self.key if kind < 2 else "another"
            members.append(("signature", f'"{sign(version, entries, key)}"'))
        kind = self.rng.randrange(4)
        if kind < 3:
            key = self.key if kind < 2 else "another"
            members.append(("signature_ext", f'"{sign_extended(version, entries, key)}"'))
        return self._object(members).encode()


def damage(rng, data):
    """One change: a bit, a byte, a stretch."""
    data = bytearray(data)
    at = rng.randrange(len(data))
    until = min(len(data), at + rng.randint(1, 12))
    kind = rng.randrange(7)
    if kind == 0:
        data[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[at] = rng.choice(b'{}[],:"\\0159aeu. \n\x00\x80\xff')
    elif kind == 2:
        del data[at]
    elif kind == 3:
        del data[at:until]
    elif kind == 4:
        data[at:at] = data[at:until]
    elif kind == 5:
        data[at:at] = rng.choice(VALUES).encode()
    else:
        del data[at:]
    return bytes(data)
