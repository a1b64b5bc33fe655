"""The rules for manifests once more, on top of CPython's json: what the device must agree with."""

import hashlib
import hmac
import json
import re

OWN = ("ota_state.txt", "versions.json", "saguarota_backup")
DEPTH = 16
ENTRIES = 32768
HEX = frozenset("0123456789abcdefABCDEF")
# A base of at most eight bytes, the last of them a tilde and hexadecimal digits, and a short
# extension.
SHORT_NAME = re.compile(rb"(?=[^.]{2,8}(\.|$))[^.]*~[0-9A-Fa-f]+(\..{0,3})?", re.DOTALL)


class Refused(ValueError):
    """The file is no manifest."""


class Whole(str):
    """An integer, as written."""


class Other:
    """A number that is no integer."""


class Members(list):
    """An object, as pairs of name and value."""


def _refuse_constant(name):
    raise Refused(f"{name} is not JSON")


def _parse(data):
    try:
        return json.loads(
            data.decode(),
            object_pairs_hook=Members,
            parse_int=Whole,
            parse_float=lambda _: Other(),
            parse_constant=_refuse_constant,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Refused(str(error)) from error


def _check_depth(value, left=DEPTH):
    if not isinstance(value, list):
        return
    if left == 0:
        raise Refused("nested too deeply")
    for item in value:
        _check_depth(item[1] if isinstance(value, Members) else item, left - 1)


def _known(value, names):
    """The members that matter, each of which may come once."""
    if not isinstance(value, Members):
        raise Refused("not an object")
    known = [(name, item) for name, item in value if name in names]
    if len(dict(known)) != len(known):
        raise Refused("duplicate key")
    return dict(known)


def _version(members):
    if "version" not in members:
        return 0
    value = members["version"]
    # Whole is a str as well. Longer texts than this are of no use to anybody.
    if not isinstance(value, str) or not re.fullmatch("[0-9]{1,256}", value):
        raise Refused("version is not a whole number")
    if int(value) >= 1 << 63:
        raise Refused("version is out of range")
    return int(value)


def _is_text(value):
    return isinstance(value, str) and not isinstance(value, Whole)


def _path(members):
    path = members.get("path")
    if not _is_text(path):
        raise Refused("no path")
    try:
        size = len(path.encode())
    except UnicodeEncodeError as error:
        raise Refused("lone surrogate in the path") from error
    segments = path.split("/")
    good = (
        0 < size <= 255
        and len(segments) <= 16
        and not re.search(r"[\\\x00-\x1f\x7f-\x9f]", path)
        and all(segment and segment[-1] not in ". " for segment in segments)
        and ":" not in segments[0]
        and not any(SHORT_NAME.fullmatch(segment.encode()) for segment in segments)
    )
    own = [name.lower() for name in OWN]
    # ASCII letters alone have a case here, as in the file systems.
    lower = re.sub("[A-Z]", lambda letter: letter[0].lower(), path)
    if not good or any((lower + "/").startswith(name + "/") for name in own):
        raise Refused("path cannot be installed")
    return path


def _md5(members):
    md5 = members.get("md5")
    if md5 is None:
        return ""
    if not _is_text(md5) or (md5 and (len(md5) != 32 or not HEX.issuperset(md5))):
        raise Refused("md5 has not its form")
    return md5


def _size(members):
    """The size, or None where that has not its form: no error."""
    size = members.get("size")
    if not isinstance(size, str) or not re.fullmatch("[0-9]{1,256}", size):
        return None
    return int(size) if int(size) < 1 << 63 else None


def _sha256(members):
    """In lower case, or None where that has not its form."""
    sha256 = members.get("sha256")
    good = _is_text(sha256) and len(sha256) == 64 and HEX.issuperset(sha256)
    return sha256.lower() if good else None


def _hmac(lines, key):
    payload = "\n".join("\t".join(map(str, line)) for line in lines)
    return hmac.new(key.encode(), payload.encode(), hashlib.sha256).hexdigest()


def sign(version, entries, key):
    """The signature of entries (path, version, md5, size, sha256) that are in order."""
    return _hmac([[f"v={version}"], *(entry[:3] for entry in entries)], key)


def sign_extended(version, entries, key):
    """The extended signature of such entries."""
    lines = [["" if field is None else field for field in entry] for entry in entries]
    return _hmac([[f"x={version}"], *lines], key)


def members(entries, fold):
    """The table of these entries' paths, sorted."""
    paths = [entry[0].encode() for entry in entries]
    if fold:
        paths = [re.sub(rb"[\x80-\xff]+", b"\xff", path).lower() for path in paths]
    return b"".join(sorted(hashlib.md5(path).digest()[:8] for path in paths))


def read(data, key):
    """Version, entries (path, version, md5, size, sha256) in order of path, signed, valid,
    extended; or Refused."""
    document = _parse(data)
    _check_depth(document)
    top = _known(document, ("version", "files", "signature", "signature_ext"))
    if not isinstance(top.get("files"), list) or isinstance(top["files"], Members):
        raise Refused("no list of files")
    version = _version(top)
    entries = []
    for item in top["files"]:
        known = _known(item, ("path", "version", "md5", "size", "sha256"))
        entries.append((_path(known), _version(known), _md5(known), _size(known), _sha256(known)))
    if len(entries) > ENTRIES or len({entry[0] for entry in entries}) < len(entries):
        raise Refused("too many entries, or a duplicate path")
    files = {entry[0] for entry in entries}
    for path in files:
        folders = path.split("/")[:-1]
        if any("/".join(folders[:end]) in files for end in range(1, len(folders) + 1)):
            raise Refused("a path below one that is a file")
    entries.sort(key=lambda entry: entry[0])
    signature, extended = top.get("signature"), top.get("signature_ext")
    valid = _is_text(signature) and signature.lower() == sign(version, entries, key)
    if extended is not None:
        good = sign_extended(version, entries, key)
        valid = valid and _is_text(extended) and extended.lower() == good
    is_extended = extended is not None and all(entry[4] for entry in entries)
    return version, entries, signature is not None, valid, is_extended
