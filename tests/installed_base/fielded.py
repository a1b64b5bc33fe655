"""Devices of the archives, booted with the package of today, and what is offered to them."""

from typing import ClassVar

from installed_base import archive, judging
from installed_base.contents import contents
from installed_base.package import CHECK, Names
from power.machine import BOOTS_MAX, Plan, applied
from servers import PythonServer
from support import Release, noise


class Base:
    """A device of an image. `image`: its flash as it is now; `network`: what is offered to it."""

    recoveries: ClassVar[dict] = {}

    def __init__(self, machine, network, folder, entry):
        self.machine = machine
        self.network = network
        self.entry = entry
        self.index = archive.index(folder)
        self.image = archive.images(folder)[entry["image"]]
        self.kind = machine.disk.kind
        self.names = Names(**entry.get("names", {}))
        self.listed = entry["options"].get("recurse_http_fs", False)
        # Options of the boot.py that the update has brought, if any.
        self.newer = entry.get("boots_with", {})

    def boot(self, *call, online=False, **options):
        """Call a method, the check by default, then boot until the device is at rest; returns the
        Boots."""
        options = {**self.index["options"], **self.entry["options"], **options}
        plan = Plan((call or CHECK,), options, online)
        boots = self.machine.run(self.image, plan, 1 if call else BOOTS_MAX, tree=True)
        self.image = applied(self.image, *boots.logs)
        assert not [boot for boot in boots.boots if "raised" in boot], boots.console
        if call and boots.boots[-1]["reset"]:
            return self.boot()
        assert boots.resting, boots.console
        return boots

    def recover(self):
        """Boot as the device would after the power came back, without network. From the same flash
        it is done once."""
        key = self.image, self.entry["image"]
        if key not in self.recoveries:
            boots = self.boot(**self.newer)
            if self.newer:
                # What it has brought back is boot.py, too.
                boots, first = self.boot(), boots
                boots.logs = first.logs + boots.logs
            self.recoveries[key] = self.image, boots
        self.image, boots = self.recoveries[key]
        return boots

    def tree(self):
        """All that is on the flash, as Device.tree()."""
        return self.machine.tree(self.image)

    def meddle(self, source):
        """Run a script on the flash, as somebody's own."""
        self.image, _ = self.machine.execute(self.image, source)

    def is_at(self, *names, tree=None):
        """Fails where the device is at none of these ends."""
        tree = self.tree() if tree is None else tree
        found = [self.differences(name, tree) for name in names]
        assert [] in found, min(found, key=len)

    def differences(self, name, tree):
        """How the device differs from an end."""
        made = judging.end(self.index, self.entry, name)
        return judging.differences(made, tree, self.entry) + judging.on_image(self.image, self.kind)

    def takes(self, release):
        """The device takes a release that is offered, and confirms it: then it has that, and
        nothing else of ours."""
        if "filler" in self.entry:
            self.meddle("os.remove({filler!r})".format(**self.entry))
        local = self.tree().get(self.names.manifest)
        self.offer(release)
        boots = self.boot(online=True)
        assert boots.tree[self.names.state] == b"confirm_pending", boots.console
        self.boot("confirm_update", True)
        beside = contents(self.entry["beside"])
        for path in self.entry.get("deleted", ()):
            del beside[path]
        app = {
            self.names.dest + path: data
            for path, data in release.tree().items()
            if data is not None
        }
        manifest = local if self.listed else release.manifest.encode()
        made = judging.End({**beside, **app}, manifest, "idle")
        if self.entry.get("given_up"):
            made.own.add(self.names.prefix + "bad")
        found = judging.differences(made, self.tree(), self.entry)
        assert found + judging.on_image(self.image, self.kind) == []

    def offer(self, release):
        """Have the server offer a release."""
        self.machine.port = self.network.port(release, self.listed)

    def given(self, name):
        """A release of the index, as it was offered to the old device."""
        return self.network.given(self.index, name)

    def successor(self, name):
        """The release after the one of this name, "before" or "after" of the entry."""
        return self.network.successor(self.index, self.entry, self.entry[name])


class Network:
    """Releases, each made and served once."""

    def __init__(self, running, make_folder):
        self._running = running
        self._make_folder = make_folder
        self._releases = {}
        self._ports = {}

    def port(self, release, listed):
        """Where a release is served, or its listings."""
        if not listed:
            return release.server.port
        if release.folder not in self._ports:
            server = self._running.enter_context(PythonServer(release.folder))
            self._ports[release.folder] = server.port
        return self._ports[release.folder]

    def given(self, index, name):
        """A release of an index."""
        release = self._release(index, "given", name)
        if not release.manifest:
            for path, content in judging.files(index, name).items():
                release.put(path, content, judging.version(index, name, path))
            release.manifest = index["releases"][name]["manifest"]
        return release

    def successor(self, index, entry, name):
        """All files of both releases; those that did not change from one to the other stay as
        `name` has them, and so do those without backups: one that is due comes back."""
        before, after = (judging.files(index, entry[key]) for key in ("before", "after"))
        release = self._release(index, entry["before"], entry["after"], name)
        if not release.manifest:
            has = judging.files(index, name)
            stay = {path for path in before if before[path] == after[path]}
            stay |= set(entry.get("either", ()))
            for number, path in enumerate(sorted(before.keys() | after.keys())):
                if path in stay:
                    release.put(path, has[path], judging.version(index, name, path))
                else:
                    release.put(path, noise(250 * number, 100 + number), 4000)
            release.manifest = release.generate_manifest()
        return release

    def _release(self, index, *key):
        key = index["commit"], *key
        if key not in self._releases:
            made = Release(self._make_folder("offered"))
            self._releases[key] = self._running.enter_context(made)
        return self._releases[key]
