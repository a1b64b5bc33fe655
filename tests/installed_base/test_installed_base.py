"""Newer code finishes what older code began: the flash of devices with an older version.

Each image of the archives is booted with the package of today, see README.md.
"""

import zlib
from contextlib import ExitStack
from typing import ClassVar

import pytest
from installed_base import archive, judging
from installed_base.contents import contents
from installed_base.package import CHECK, Names, Package
from power.machine import BOOTS_MAX, Disk, Plan, applied
from servers import PythonServer
from support import Release, noise

CASES = [
    (folder, entry) for folder in archive.versions() for entry in archive.index(folder)["images"]
]


def cases(when=lambda entry: True):
    """A decorator: the test gets `base`, a Base of each entry for which `when` is true."""
    chosen = [
        pytest.param((folder, entry), id=f"{folder.name}/{entry['image']}")
        for folder, entry in CASES
        if when(entry)
    ]
    return pytest.mark.parametrize("base", chosen, indirect=True)


def ends_in(name):
    return lambda entry: entry["ends"] == [name]


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
            boots = self.boot(**self.entry.get("boots_with", {}))
            if "boots_with" in self.entry:
                # What it has brought back is boot.py, too.
                boots, first = self.boot(), boots
                boots.logs = first.logs + boots.logs
            self.recoveries[key] = self.image, boots
        self.image, boots = self.recoveries[key]
        return boots

    def is_at(self, *names, tree=None):
        """Fails where the device is at none of these ends."""
        tree = self.machine.tree(self.image) if tree is None else tree
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
            filler = self.entry["filler"]
            self.image, _ = self.machine.execute(self.image, f"os.remove({filler!r})")
        local = self.machine.tree(self.image).get(self.names.manifest)
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
        found = judging.differences(made, self.machine.tree(self.image), self.entry)
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
        if not listed:
            return release.server.port
        if release.folder not in self._ports:
            server = self._running.enter_context(PythonServer(release.folder))
            self._ports[release.folder] = server.port
        return self._ports[release.folder]

    def given(self, index, name):
        release = self._release(("given", name))
        if not release.manifest:
            for path, content in judging.files(index, name).items():
                release.put(path, content, judging.version(index, name, path))
            release.manifest = index["releases"][name]["manifest"]
        return release

    def successor(self, index, entry, name):
        """All files of both releases; those that did not change from one to the other stay as
        `name` has them, and so do those without backups: one that is due comes back."""
        before, after = (judging.files(index, entry[key]) for key in ("before", "after"))
        release = self._release((entry["before"], entry["after"], name))
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

    def _release(self, key):
        if key not in self._releases:
            made = Release(self._make_folder("offered"))
            self._releases[key] = self._running.enter_context(made)
        return self._releases[key]


@pytest.fixture(scope="module")
def running():
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def machines(running, dist):
    """machines(disk) is the Package of today on that disk, one for all tests."""
    made = {}

    def get(disk):
        if disk not in made:
            made[disk] = running.enter_context(Package(disk, dist))
        return made[disk]

    return get


@pytest.fixture(scope="module")
def network(running, tmp_path_factory):
    return Network(running, tmp_path_factory.mktemp)


@pytest.fixture
def base(request, machines, network):
    folder, entry = request.param
    index = archive.index(folder)
    disk = Disk(entry["image"].split("/")[0], index["block"], index["blocks"])
    return Base(machines(disk), network, folder, entry)


# -- what older code began --


@cases()
def test_it_is_finished_and_the_next_release_installs(base):
    boots = base.recover()
    base.is_at(*base.entry["ends"], tree=boots.tree)
    if boots.tree[base.names.state] == b"confirm_pending":
        base.boot("confirm_update", True)
        base.is_at("confirmed")
    is_old = base.entry["ends"] == ["old"]
    base.takes(base.successor("before" if is_old else "after"))


@cases(lambda entry: entry.get("recovers"))
def test_it_is_finished_where_the_power_goes_again(base):
    image = base.image
    log = [write for part in base.recover().logs for write in part]
    # At two writes, other ones for each image.
    number = zlib.crc32(base.entry["image"].encode()) % 50
    for share in (number / 100, (number + 50) / 100):
        base.image = applied(image, log[: int(share * len(log))])
        base.is_at(*base.entry["ends"], tree=base.recover().tree)


@cases(lambda entry: {"new", "kept"} & set(entry["ends"]))
def test_an_update_of_older_code_is_reverted(base):
    base.recover()
    base.boot("revert_update")
    base.is_at("old")


@cases(lambda entry: "counted" in entry)
def test_a_trial_goes_on_from_the_boots_that_were_counted(base):
    for _ in range(base.entry["counted"], base.entry["options"]["max_unconfirmed_boots"]):
        base.is_at("new", tree=base.boot().tree)
    base.boot()
    base.entry = {**base.entry, "given_up": True}
    base.is_at("old")


@cases(lambda entry: "refused" in entry)
def test_a_release_that_failed_waits(base):
    """Or is never installed again, where it was given up."""
    base.recover()
    base.offer(base.given(base.entry["refused"]))
    for left in range(base.entry.get("boots", 1), 0, -1):
        boots = base.boot(online=True)
        message = base.entry["message"].format(left=left)
        assert boots.boots[-1]["message"].startswith(message), boots.console
        base.is_at("old", tree=boots.tree)
    if not base.entry.get("given_up"):
        assert base.boot(online=True).boots[0]["code"] == "md5_mismatch"
        base.is_at("old")


@cases(lambda entry: "resumes" in entry)
def test_a_partial_download_is_resumed(base):
    release = base.given(base.entry["after"])
    base.offer(release)
    release.requests.clear()
    boots = base.boot(online=True)
    base.entry = {**base.entry, "keeps": ["bad"]}
    base.is_at("new", tree=boots.tree)
    assert ("/ota/" + base.entry["resumes"], 206) in [request[:2] for request in release.requests]


@cases(lambda entry: "due" in entry)
def test_files_due_come_back_with_the_old_release(base):
    release = base.given(base.entry["before"])
    release.requests.clear()
    base.takes(release)
    assert sorted(release.fetched) == base.entry["due"]


# -- the images, and what judges them --


@cases()
def test_an_image_that_nobody_boots_is_judged_as_the_index_says(base):
    """At rest, or else wrong: no end is so wide that an interrupted update is one."""
    tree = base.machine.tree(base.image)
    found = [base.differences(name, tree) for name in base.entry["ends"]]
    assert ([] not in found) == bool(base.entry.get("recovers"))


@pytest.mark.parametrize("folder", archive.versions(), ids=lambda folder: folder.name)
def test_an_archive_has_every_image_of_its_index(folder):
    index = archive.index(folder)
    assert sorted(archive.images(folder)) == sorted(entry["image"] for entry in index["images"])
    assert {len(image) for image in archive.images(folder).values()} == {
        index["block"] * index["blocks"]
    }
