"""A device with the package of one folder, brought to where its flash is kept.

Power cuts are chosen by what is on the flash: the first write after which a tree shows it.
"""

import json
from contextlib import ExitStack
from dataclasses import dataclass, field

from cutter import Cutter
from installed_base.contents import contents
from installed_base.package import CHECK, OPTIONS, Names, state
from power.machine import BOOTS_MAX, Plan, applied
from servers import PythonServer
from support import Release
from unix.fat import shared


class NotMade(Exception):
    """The package did not do what an image was to show."""


@dataclass
class View:
    """The flash after a write. `tree`: as Device.tree(); `image`: its bytes."""

    image: bytes
    tree: dict
    names: Names

    @property
    def state(self):
        """The word of the state file; empty where there is no such file."""
        return (self.tree.get(self.names.state) or b"").decode("latin-1")

    @property
    def manifest(self):
        """The local manifest, None where there is none."""
        return self.tree.get(self.names.manifest)

    def own(self, end):
        """The updater's own file with this ending; None where there is none."""
        return self.tree.get(self.names.prefix + end)

    def backup(self, path):
        """The backup of a path, None where there is none."""
        return self.tree.get(f"{self.names.backup}/{path}")

    def has(self, files):
        """How many of some files, as in contents.py, are there with these bytes."""
        dest, wanted = self.names.dest, contents(files)
        return sum(self.tree.get(dest + path) == content for path, content in wanted.items())

    def misses(self, files):
        """How many of some files are not there at all."""
        return sum(self.names.dest + path not in self.tree for path in files)

    def has_two_names(self, end):
        """On FAT, whether the updater's own file with this ending, in capitals, has another name
        for its chain of clusters."""
        try:
            return any(f"OTAC14F2{end}" in pair for pair in shared(self.image))
        except AssertionError:
            # A chain that is being written.
            return False


@dataclass
class Kept:
    """An image for the archive, and what the index says of it, see README.md."""

    name: str
    image: bytes
    facts: dict


@dataclass
class Cuts:
    """An action of the device, and the flash after each of its writes."""

    action: str
    views: list
    facts: dict = field(default_factory=dict)

    def at(self, what, when):
        """The View after the first write for which `when` is true. Raises NotMade."""
        for view in self.views:
            if when(view):
                return view
        raise NotMade(f"{self.action}: no write after which {what}")

    def first(self, name, what, when, end="old", **facts):
        """What at() finds as Kept; `what`: the condition in words; `end`: where the device has to
        come to from there."""
        view = self.at(what, when)
        cut = f"{self.action}; the power went at the first write after which {what}"
        more = {"how": cut, "recovers": True, "ends": [end], **self.facts, **facts}
        return Kept(name, view.image, more)


class Workshop:
    """A device on an empty flash, and the release that it follows. `options`: on top of OPTIONS."""

    def __init__(self, machine, running: ExitStack, folder, names=None, **options):
        self.machine = machine
        self.names = names or Names()
        self.options = {**OPTIONS, **options}
        self.release = running.enter_context(Release(folder))
        self.listing = running.enter_context(PythonServer(folder))
        self.image = machine.format()
        # {name: what the index says of it} of the releases that were offered.
        self.releases = {}
        # What the index says of all images of this device.
        self.facts = {"options": options, "beside": {}, "before": None, "after": None}
        if names:
            self.facts["names"] = names.__dict__

    # -- what the server offers --

    def offer(self, name, files, version=2000):
        """Put files into the release, which is the next one under this name; those that are there
        already keep their version."""
        there = self.release.tree()
        new = {path: data for path, data in contents(files).items() if there.get(path) != data}
        self.release.put_all(new, version)
        self.release.manifest = None
        self.release.manifest = self.release.generate_manifest()
        self.releases[name] = {"files": files, "manifest": self.release.manifest}
        self.facts["after"] = name

    def spoil(self, name, path):
        """Have the manifest name another MD5 for a path than its file has, as a release of its
        own."""
        manifest = json.loads(self.release.manifest)
        for entry in manifest["files"]:
            if entry["path"] == path:
                entry["md5"] = "0" * 32
        self.release.manifest = json.dumps(manifest)
        self.releases[name] = {**self.releases[self.facts["after"]]}
        self.releases[name]["manifest"] = self.release.manifest

    # -- what the device does --

    def put(self, files):
        """Write files to the flash, which are none of a release."""
        self.image, _ = self.machine.execute(self.image, _PUT.format(files=contents(files)))
        self.facts["beside"] = {**self.facts["beside"], **files}

    def boot(self, *call, online=True):
        """Call a method, the check by default, then boot without network until the device is at
        rest; returns the Boots of the former."""
        done = self._run(call or CHECK, online)
        self.image = applied(self.image, *done.logs)
        if done.boots[0]["reset"]:
            rest = self.machine.run(self.image, Plan((CHECK,), self.options), BOOTS_MAX)
            self.image = applied(self.image, *rest.logs)
        return done

    def update(self):
        """The update that is offered goes through."""
        done = self.boot()
        if done.boots[0]["code"] or state(self.tree(), self.names) != "confirm_pending":
            raise NotMade(f"update: {done.boots[0]} {done.console}")

    def adopt(self, name, files):
        """Take and confirm a release, which is that of before the next update."""
        self.offer(name, files, 1000)
        self.update()
        self.boot("confirm_update", True, online=False)
        self.facts["before"] = name

    def follow_listings(self):
        """Take updates by the listings of a web server from now on."""
        more = {"base_file_url": "http://release/", "recurse_http_fs": True}
        self.options.update(more)
        self.facts["options"] = {**self.facts["options"], **more}

    def interrupted(self, path, after):
        """Check with a network that loses the download of `path` after so many bytes."""
        with Cutter(f"http://127.0.0.1:{self.release.server.port}/", after, path) as cutter:
            self.machine.port = int(cutter.url.split(":")[2].split("/")[0])
            done = self.machine.run(self.image, Plan((CHECK,), self.options, True))
            self.image = applied(self.image, *done.logs)
        rest = self.machine.run(self.image, Plan((CHECK,), self.options), BOOTS_MAX)
        self.image = applied(self.image, *rest.logs)

    def leave_least_room(self, path, spare):
        """Have a file of the application take so much of the flash that the update that is offered
        has the least room in which it succeeds, and `spare` blocks more."""
        before, self.facts["filler"] = self.image, path
        block = self.machine.disk.block
        for free in range(0, len(before), block):
            self._fill(path, free)
            done = self._run(CHECK, True)
            after = self.machine.tree(applied(self.image, *done.logs))
            self.image = before
            if state(after, self.names) == "confirm_pending":
                break
        self._fill(path, free + spare * block)

    def _fill(self, path, free):
        self.image, _ = self.machine.execute(self.image, _FILL.format(path=path, free=free))

    def without_memory_for_recovery(self):
        """Check where the heap does not suffice for what is done after a failed update."""
        source = _REFUSE.format(lib=self.machine.lib, options=self.options)
        port = self.release.server.port
        self.image, _ = self.machine.execute(self.image, source, port=port)

    def cut(self, action, *call, online=False):
        """The Cuts of a call, the check by default; the device is as before it. `action`: the call
        in words."""
        done = self._run(call or CHECK, online)
        image, views = self.image, []
        for write in done.logs[0]:
            image = applied(image, [write])
            views.append(View(image, self.machine.tree(image), self.names))
        return Cuts(action, views, self.facts)

    def rest(self, name, how, end, **facts):
        """The device as it is, at rest, as Kept."""
        return Kept(name, self.image, {"how": how, "ends": [end], **self.facts, **facts})

    def tree(self):
        """All that is on the flash, as Device.tree()."""
        return self.machine.tree(self.image)

    def view(self):
        """The flash as it is."""
        return View(self.image, self.tree(), self.names)

    def _run(self, call, online):
        listed = self.options.get("recurse_http_fs")
        self.machine.port = self.listing.port if listed else self.release.server.port
        return self.machine.run(self.image, Plan((call,), self.options, online))


_PUT = """
for path, data in {files!r}.items():
    parts = path.split("/")
    for end in range(1, len(parts)):
        try:
            os.mkdir("/".join(parts[:end]))
        except OSError:
            pass
    with open(path, "wb") as file:
        file.write(data)
"""
_FILL = """
stat = os.statvfs(".")
with open({path!r}, "wb") as file:
    for at in range(0, stat[0] * stat[3] - {free}, 512):
        file.write(bytes(512))
"""
_REFUSE = """
import sys
sys.path[:] = [{lib!r}]
import saguarota

class Recovery:
    def finish(*args):
        raise MemoryError

updater = saguarota.OTAUpdater(**{options!r})
saguarota.recovery = sys.modules["saguarota.recovery"] = Recovery
try:
    updater.check_and_perform_ota()
except SystemExit:
    pass
"""
