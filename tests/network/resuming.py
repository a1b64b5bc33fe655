"""A device that resumes its downloads, a server that breaks them off, and what must come of it."""

import os
import signal

from hostile.attack import DOWNLOAD, NEW, Attack, manifest
from hostile.server import reply
from support import noise

BIG, OTHER = noise(6001), noise(6001, seed=2)
# Neither a multiple of the device's chunk size nor of a block of flash.
CUT = 2501

PATH = "lib/util.py"
TARGET = "/f/" + PATH
FILES = {PATH: BIG, "main.py": NEW["main.py"]}

PARTIAL = "otac14f2.cut"
SIDE = "otac14f2.res"

TAG = '"v2"'
DATE = "Mon, 19 May 2025 09:12:44 GMT"
TAGGED = f"ETag: {TAG}"
DATED = f"Last-Modified: {DATE}"

RANGE = f"bytes={CUT}-"
# What a request says: its Range and its If-Range.
WHOLE = (None, None)
REST = (RANGE, TAG)


def whole(*fields, content=BIG):
    """All of the file."""
    return reply(content, "200 OK", *(fields or [TAGGED]))


def broken(at=CUT, answer=None):
    """An answer (default: all of the file) that ends after `at` bytes of its body."""
    answer = whole() if answer is None else answer
    head = answer.index(b"\r\n\r\n") + 4

    def send(peer):
        peer.send(answer[: head + at])
        peer.close()

    return send


def rest(*fields, first=CUT, content=BIG, content_range=None):
    """A 206 with what follows `first`. `content_range`: another one than the right one."""
    if content_range is None:
        content_range = f"bytes {first}-{len(content) - 1}/{len(content)}"
    field = f"Content-Range: {content_range}"
    return reply(content[first:], "206 Partial Content", field, *(fields or [TAGGED]))


def field_of(head, name):
    """The value of a request's field, None where there is none."""
    for line in head.split("\r\n")[1:]:
        key, _, value = line.partition(": ")
        if key.lower() == name.lower():
            return value
    return None


class Origin:
    """An honest server of one file. It closes the connection after `cuts` bytes of a body, one of
    them a request, and does as it should when they are used up."""

    def __init__(self, server, *cuts, content=BIG, tag=TAG):
        self.server = server
        self.cuts = list(cuts)
        self.content = content
        self.tag = tag

    def __call__(self, peer):
        head = self.server.heads[-1]
        asked, condition = field_of(head, "Range"), field_of(head, "If-Range")
        answer = whole(f"ETag: {self.tag}", content=self.content)
        if asked and condition in (None, self.tag):
            first = int(asked[len("bytes=") : -1])
            if first < len(self.content):
                answer = rest(f"ETag: {self.tag}", first=first, content=self.content)
            else:
                size = f"Content-Range: bytes */{len(self.content)}"
                answer = reply(b"no", "416 Range Not Satisfiable", size)
        if self.cuts:
            broken(self.cuts.pop(0), answer)(peer)
        peer.send(answer)


class Resume(Attack):
    """A device that resumes downloads and tries once, and the release FILES, of which PATH is the
    first file."""

    def __init__(self, device, server):
        super().__init__(device, server)
        device.options.update(resume_downloads=True, download_retries=0)
        self.release(FILES)

    def release(self, files, version=2, folder="/f/"):
        """Offer these files, and serve them."""
        self.offer(manifest(files, version))
        for path, content in files.items():
            self.server.on(folder + path, reply(content))

    def serve(self, *answers, target=TARGET):
        """Set the answers for the file that was broken off."""
        self.server.on(target, *answers)

    def asked(self, target=TARGET):
        """Range and If-Range of each request for a target since the last boot."""
        heads = [head for head in self.server.heads if head.split(" ")[1] == target]
        return [(field_of(head, "Range"), field_of(head, "If-Range")) for head in heads]

    def boot(self, **options):
        """As ever; what was asked before is forgotten."""
        self.server.heads.clear()
        return super().boot(**options)

    def app(self):
        """The tree without the updater's own files, but with the local manifest."""
        tree = self.device.tree()
        own = ("ota_state.txt", "otac14f2.", "saguarota_backup")
        return {path: content for path, content in tree.items() if not path.startswith(own)}

    def partial(self):
        """The partial file, None where there is none."""
        return self.device.tree().get(PARTIAL)

    def breaks(self, code=DOWNLOAD, partial=None, **options):
        """An attempt fails and is undone; `partial`: what is left of the download, through the
        boots that the release then waits as well."""
        before = self.app()
        boot = self.boot(**options)
        assert (boot.code, boot.reset) == (code, True), boot.message
        assert self.device.state() == "idle"
        assert self.app() == before
        assert self.partial() == partial
        asked = list(self.server.heads)
        self.device.waits(**options)
        self.server.heads[:] = asked
        assert self.partial() == partial
        return boot

    def interrupted(self, *fields, at=CUT, **options):
        """Boot once; the download breaks off after `at` bytes. Returns self."""
        self.serve(broken(at, whole(*fields)))
        boot = self.breaks(partial=BIG[:at], **options)
        assert f"body ended early after {at} of {len(BIG)} bytes" in boot.message
        assert self.asked() == [WHOLE]
        return self

    def arrives(self, *asked, files=FILES, target=TARGET, **options):
        """The next boot installs the release, after these requests for the file, if any are
        given."""
        boot = self.boot(**options)
        assert (boot.code, boot.message, boot.reset) == (None, None, True)
        self.has_arrived(files)
        if asked:
            assert self.asked(target) == list(asked)
        return boot

    def loses_power(self, answer, received, wait):
        """Boot; the answer comes as far as `received` bytes of its body, and when `wait()` returns
        the device is killed, in the middle of the download."""
        pid = self.device.folder.with_name("pid")
        source = f"os.system('echo $PPID >{pid}')\ncall(make(), 'check_and_perform_ota')"

        def send(peer):
            peer.send(answer[: answer.index(b"\r\n\r\n") + 4 + received])
            wait()
            os.kill(int(pid.read_text()), signal.SIGKILL)
            peer.close()

        self.serve(send)
        self.server.heads.clear()
        boot = self.device.execute(source)
        assert boot.killed and not boot.calls, boot.log
        assert self.device.state() == "installing"

    def has_arrived(self, files=FILES):
        """The release is there, and nothing of the download is left."""
        assert self.device.state() == "confirm_pending"
        tree = self.device.tree()
        for path, content in files.items():
            assert tree[path] == content, path
        self.has_no_partial()

    def has_no_partial(self):
        """Neither partial nor side file is there, nor a folder of such a name."""
        assert not [path for path in self.device.tree() if path.startswith((PARTIAL, SIDE))]
