"""A device with an old release, a hostile server, and what must come of an attempt to update."""

import hashlib
import json
import time

from hostile.server import reply
from support import entry, memory, without_memory

FETCH = "manifest_fetch_failed"
SIGNATURE = "manifest_signature_invalid"
DOWNLOAD = "download_failed"
MD5 = "md5_mismatch"
APPLY = "apply_failed"

OLD = {"main.py": b"print('old')\n", "lib/util.py": b"x = 1\n" * 300, "data/settings": b"\0\1\2"}
NEW = {
    "lib/added.py": b"y = 2\n" * 200,
    "lib/util.py": b"x = 2\n" * 400,
    "main.py": b"print('new')\n",
    "pkg/sub/mod.py": b"z = 3\n" * 100,
}
KEY = "the key"


def manifest(files=NEW, version=2, **more):
    """A manifest of {path: content} or of a list of entries, as a dict."""
    if isinstance(files, dict):
        files = [entry(path, content, version) for path, content in sorted(files.items())]
    return {"version": version, "files": files, **more}


def md5(content):
    """The MD5 in hexadecimal digits."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Attack:
    """A device with the release OLD, and a hostile server that has the release NEW."""

    def __init__(self, device, server):
        self.device = device
        self.server = server
        self.interpreter = device.interpreter
        device.put(OLD)
        local = json.dumps(manifest(OLD, version=1)).encode()
        device.put({"versions.json": local})
        device.options.update(
            manifest_url=server.url + "v.json",
            base_file_url=server.url + "f",
            retry_base_delay_ms=1,
            http_timeout_s=10,
        )
        self.offer(manifest())
        for path, content in NEW.items():
            server.on("/f/" + path, reply(content))

    def offer(self, release):
        """Serve this manifest: a dict, text, or bytes."""
        if isinstance(release, (dict, list)):
            release = json.dumps(release)
        self.server.on("/v.json", reply(release))
        content = release if isinstance(release, bytes) else release.encode()
        self.offered = md5(content)

    def boot(self, **options):
        """Look for an update; whatever the server does, no exception comes out."""
        start = time.monotonic()
        boot = self.device.boot(**options)
        self.seconds = time.monotonic() - start
        assert boot.status == 0 and len(boot.calls) == 1, boot.log
        assert "Traceback" not in boot.log
        return boot

    def fails(self, code, *parts, begun=False, **options):
        """The update fails with this code and a message that has these parts, and the device is as
        it was, to the byte. `begun`: it fails after the first file was asked for, and the device
        resets after the rollback; otherwise only the manifest was asked for."""
        before = self.device.tree()
        boot = self.boot(**options)
        assert boot.code == code, (boot.code, boot.message)
        for part in parts:
            assert part in boot.message, (part, boot.message)
        self.is_as_before(before)
        assert boot.reset is begun
        assert not boot.named("update_applied")
        if not begun:
            assert not boot.named("file_update_start")
            assert set(self.server.requests) <= {"/v.json"}
        return boot

    def is_as_before(self, before):
        """The tree is this one to the byte, but that the state may be new: it is idle; and so may
        be the memory of a release that failed."""
        before, after = without_memory(before), without_memory(self.device.tree())
        assert after.pop("ota_state.txt", b"idle") == b"idle"
        before.pop("ota_state.txt", None)
        assert after == before

    def succeeds(self, **options):
        """The update arrives whole."""
        boot = self.boot(**options)
        assert (boot.code, boot.message, boot.reset) == (None, None, True)
        assert self.device.state() == "confirm_pending"
        for path, content in NEW.items():
            assert (self.device.folder / path).read_bytes() == content, path
        return boot

    def recovers(self):
        """What happened has not kept the device from taking a good release."""
        self.offer(manifest())
        for path, content in NEW.items():
            self.server.on("/f/" + path, reply(content))
        self.waits_if_it_failed()
        return self.succeeds()

    def waits_if_it_failed(self):
        """Sit out the boots until the next attempt, where it is the offered release that failed."""
        lines = memory(self.device.tree()).split(b"\n")
        if lines[0] == self.offered.encode() and lines[2] != b"0":
            self.device.waits()
