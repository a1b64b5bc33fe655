"""The yardstick: an updater in plain MicroPython that does the same work with what is built in.

Written as a careful MicroPython user would: ``json``, dicts for the comparison, ``hashlib`` in
streaming use, ``readinto`` one buffer, one connection a file, response heads by ``readline`` as
micropython-lib's requests does. Same states, same backup of what is replaced, same check of each
file as it lies on flash. What it does not do: survive a power cut at every instant, or read an
untrusted manifest in bounded memory.

Needs ``hashlib.md5``, which MicroPython has only where it is built with TLS.
"""

import binascii
import hashlib
import json
import os
import socket

from micropython import const

_FOLDER = const(0x4000)
_BLOCK = const(64)


def exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def make_parents(path):
    end = path.rfind("/")
    if end > 0 and not exists(path[:end]):
        make_parents(path[:end])
        os.mkdir(path[:end])


def remove_tree(path):
    if not exists(path):
        return
    if os.stat(path)[0] & _FOLDER:
        for name in os.listdir(path):
            remove_tree(path + "/" + name)
        os.rmdir(path)
    else:
        os.remove(path)


def hmac_sha256(key, parts):
    """HMAC-SHA256 (RFC 2104) of the pieces of a message, in hexadecimal digits."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    key = key + bytes(_BLOCK - len(key))
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in key]))
    for part in parts:
        inner.update(part)
    outer = hashlib.sha256(bytes([byte ^ 0x5C for byte in key]))
    outer.update(inner.digest())
    return binascii.hexlify(outer.digest()).decode()


def same_text(left, right):
    """Compares in a time that does not depend on where the difference is."""
    if len(left) != len(right):
        return False
    difference = 0
    for a, b in zip(left.encode(), right.encode()):
        difference |= a ^ b
    return difference == 0


def payload(manifest, files):
    """The signed text, piece by piece."""
    yield f"v={manifest['version']}".encode()
    for file in files:
        yield f"\n{file['path']}\t{file.get('version') or 0}\t{file.get('md5') or ''}".encode()


def in_path_order(files):
    """The files sorted by path. Most manifests are, and MicroPython's sort is slow on such."""
    last = ""
    for file in files:
        if file["path"] < last:
            return sorted(files, key=lambda file: file["path"])
        last = file["path"]
    return files


def check_signature(manifest, key):
    """Raises ValueError where the manifest does not carry the key's signature."""
    found = hmac_sha256(key, payload(manifest, in_path_order(manifest["files"])))
    if not same_text(found, manifest.get("signature", "").lower()):
        raise ValueError("manifest: wrong signature")


def extras(manifest_path, own, whole_text=False):
    """The files below the current directory that the manifest does not name, and that are not
    ``own``: names of files and folders there."""
    with open(manifest_path) as file:
        manifest = json.loads(file.read()) if whole_text else json.load(file)
    named = {file["path"] for file in manifest["files"]}
    found = []

    def walk(folder, prefix):
        for entry in os.ilistdir(folder):
            path = prefix + entry[0]
            if path in own:
                continue
            if entry[1] == _FOLDER:
                walk(path, path + "/")
            elif path not in named:
                found.append(path)

    walk(".", "")
    return found


class PlainUpdater:
    """Updates the current directory from ``http://host:port/ota/``.

    ``whole_text``: reads a manifest's text into memory before it is parsed. That is much faster
    than ``json.load``, which asks the stream for one byte at a time, and takes more heap.
    """

    def __init__(self, host, port, key, whole_text=False, chunk=512):
        self.host = host
        self.port = port
        self.key = key.encode()
        self.whole_text = whole_text
        self.buffer = bytearray(chunk)
        self.view = memoryview(self.buffer)

    def check_and_update(self):
        """True if an update was installed; raises OSError or ValueError where it went wrong."""
        if self.state() != "idle":
            raise ValueError("the last update is not confirmed")
        stream, length = self.get("versions.json")
        try:
            if self.whole_text:
                text = stream.read(length)
                remote = json.loads(text)
            else:
                remote = json.load(stream)
        finally:
            stream.close()
        check_signature(remote, self.key)
        local = self.local_manifest()
        if remote["version"] <= local.get("version", 0):
            return False
        known = {file["path"]: file["version"] for file in local.get("files", ())}
        due = [file for file in remote["files"] if file["version"] > known.get(file["path"], 0)]
        for file in due:
            path = file["path"]
            if path.startswith("/") or ".." in path.split("/"):
                raise ValueError("path leaves the folder: " + path)
        remove_tree("backup")
        self.set_state("installing")
        for file in due:
            self.install(file["path"], file["md5"])
        with open("otac14f2.new", "wb") as new:
            if self.whole_text:
                new.write(text)
            else:
                json.dump(remote, new)
        os.rename("otac14f2.new", "versions.json")
        self.set_state("confirm_pending")
        return True

    def local_manifest(self):
        if not exists("versions.json"):
            return {}
        with open("versions.json") as file:
            return json.loads(file.read()) if self.whole_text else json.load(file)

    def install(self, path, md5):
        """Downloads a file, checks it as it lies on flash, backs the old one up, replaces it."""
        self.download(path, "plain.part")
        found = self.md5("plain.part")
        if found != md5:
            raise ValueError(f"{path}: md5 is {found}, not {md5}")
        if exists(path):
            make_parents("backup/" + path)
            self.copy(path, "backup/" + path)
        else:
            make_parents(path)
        os.rename("plain.part", path)

    def download(self, path, target):
        stream, left = self.get(path)
        try:
            with open(target, "wb") as file:
                while left:
                    got = stream.readinto(self.view[: min(left, len(self.buffer))])
                    if not got:
                        raise OSError("connection closed early")
                    file.write(self.view[:got])
                    left -= got
        finally:
            stream.close()

    def get(self, path):
        """Asks for a file on a connection of its own; the open stream and the body's length."""
        address = socket.getaddrinfo(self.host, self.port, 0, socket.SOCK_STREAM)[0]
        stream = socket.socket(address[0], address[1], address[2])
        try:
            stream.settimeout(5)
            stream.connect(address[-1])
            stream.write(
                f"GET /ota/{path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
                "Connection: close\r\n\r\n"
            )
            status = int(stream.readline().split(None, 2)[1])
            length = None
            while True:
                line = stream.readline()
                if line in (b"\r\n", b""):
                    break
                name, value = line.split(b":", 1)
                if name.lower() == b"content-length":
                    length = int(value)
            if status != 200 or length is None:
                raise ValueError(f"{path}: status {status}")
            return stream, length
        except BaseException:
            stream.close()
            raise

    def md5(self, path):
        digest = hashlib.md5()
        with open(path, "rb") as file:
            while True:
                got = file.readinto(self.buffer)
                if not got:
                    break
                digest.update(self.view[:got])
        return binascii.hexlify(digest.digest()).decode()

    def copy(self, source, target):
        with open(source, "rb") as old, open(target, "wb") as new:
            while True:
                got = old.readinto(self.buffer)
                if not got:
                    break
                new.write(self.view[:got])

    def state(self):
        try:
            with open("plain_state.txt") as file:
                return file.read().strip() or "idle"
        except OSError:
            return "idle"

    def set_state(self, word):
        with open("plain_state.txt.new", "w") as file:
            file.write(word)
        os.rename("plain_state.txt.new", "plain_state.txt")
