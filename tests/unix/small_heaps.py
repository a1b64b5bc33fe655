"""A device with a heap of a given size: what it can install, it must be able to take back.

    with Sites(tmp_path, PLAIN_BOOT) as sites:
        device = SmallDevice(tmp_path / "device", micropython, dist, sites)
        outcome = device.judge(48 * 1024)
        assert outcome.installs and not outcome.failures

The device boots the same boot.py over and over, each boot a new process with a heap of the same
size, as after a reset. Its application is the release; nothing else is on the flash.
"""

import dataclasses
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

from own_files import MEMORY, NEXT_MEMORY, application, memory
from support import Release, at_fixed_addresses, noise, only_files, read_tree, write_files

KEY = "a long shared secret"
# Boots in which a device has to come to rest, one for the trial included. A rollback that the heap
# is too small for may take a boot of its own.
BOOTS = 6
# What is asked: of a heap that is enough to install the release, and of one that is not.
REVERTED, ROLLED_BACK, CONFIRMED = ("reverted", "rolled back", "confirmed")
# After a rollback: the next release, and the same one, when it has waited.
REPLACED, RETRIED = ("replaced", "retried")
AT_REST = "at rest"
PROPERTIES = (REVERTED, ROLLED_BACK, REPLACED, RETRIED, CONFIRMED, AT_REST)
# The updater's own files but for state and manifest, and those of them that may be there after a
# rollback: the note of the failure, files due, and a manifest fetched by a check that failed.
_LEFT_OVER = ("otac14f2.", "saguarota_backup")
_ALLOWED = {MEMORY, NEXT_MEMORY, "otac14f2.due", "otac14f2.new"}
# What a boot without a reset prints last.
_UP = "up:"
_BOOT = """{before}
from saguarota import OTAUpdater

ota = OTAUpdater(
    "{url}versions.json",
    "{url}",
    manifest_auth_key="{key}",
    max_unconfirmed_boots=1,
    delete_files_not_in_manifest_policy="{policy}",
    download_retries=0,  # whoever measures has no time to wait
)
ota.check_and_perform_ota()
print("up:", ota.last_error_code, ota.last_error_message)
ota.release()
"""
_MAIN = """
from saguarota import OTAUpdater

ota = OTAUpdater("{url}versions.json", "{url}")
print("confirmed:", ota.confirm_update(cleanup=True))
"""
# An application that has come before: 100 pieces of 64 bytes, with as many holes between them.
_PIECES = """
pieces = [bytearray(32) for _ in range(200)]
for number in range(0, 200, 2):
    pieces[number] = None
"""


@dataclasses.dataclass(frozen=True)
class Boot:
    """A boot.py: its `name`, what it does `before` it imports saguarota, its delete `policy`."""

    name: str
    before: str = ""
    policy: str = "never"


PLAIN_BOOT = Boot("alone")
FRAGMENTED_BOOT = Boot("in a heap in pieces", before=_PIECES)
DELETING_BOOT = Boot("deleting extra files", policy="all")
BOOT_SCRIPTS = (PLAIN_BOOT, FRAGMENTED_BOOT, DELETING_BOOT)


def _files(paths, seed):
    return {path: noise(60 + 90 * number, seed) for number, path in enumerate(paths)}


_REPLACED = [f"app/module{number:02}.py" for number in range(16)]
_CREATED = ["app/new/a.py", "app/new/b.py", "app/new/deep/c.py", "app/new/deep/d.py"]
_SAME = {"same.py": b"the same in both releases"}
_OLD = {**_files(_REPLACED, 1), **_SAME}
_NEW = {**_files(_REPLACED, 2), **_files(_CREATED, 3), **_SAME}
# The last file that an update of these fetches.
_LAST = _CREATED[-1]
# For policy "all": the backup skip lists name the first two.
_SKIPPED_OLD = {"app/fonts.bin": b"old" * 99}
_SKIPPED_NEW = {"app/fonts.bin": b"new" * 77, "app/logo.png": b"new" * 55}
_EXTRAS = {"app/extra.py": b"extra" * 40, "gone/a.py": b"gone" * 50, "gone/deep/b.py": b"b"}


class Sites:
    """A release on a server while a `with` block lasts: `good`; `bad`, the same with its last file
    damaged on the server; and `later`, a release with the same files but for that one.

    `old`: the files of the flash before the update. `undone`: those after a rollback; files without
    a backup stay new.
    """

    def __init__(self, folder, boot):
        self.boot = boot
        deletes = boot.policy != "never"
        self.old = {**_OLD, **(_SKIPPED_OLD if deletes else {})}
        new = {**_NEW, **(_SKIPPED_NEW if deletes else {})}
        before = Release(folder / "old", auth_key=KEY).put_all(self.old, 1000)
        self.old_manifest = before.generate_manifest().encode()
        if deletes:
            self.old.update(_EXTRAS)
        self.undone = dict(self.old)
        if deletes:
            self.undone.update((path, new[path]) for path in _SKIPPED_OLD)
        self.good, self.bad, self.later = self._releases = [
            Release(folder / name, auth_key=KEY).put_all(new).put_all(_SAME, 1000)
            for name in ("good", "bad", "later")
        ]
        self.later.put(_LAST, b"another one", 3000)
        for release in self._releases:
            release.manifest = release.builder.generate_manifest()
        self.bad.put(_LAST, b"not what the manifest says", 2000)

    def __enter__(self):
        self._serving = ExitStack()
        for release in self._releases:
            self._serving.enter_context(release)
        return self

    def __exit__(self, *exception):
        self._serving.close()


@dataclasses.dataclass
class Outcome:
    """`installs`: whether the heap is enough for the release. `failures`: what was asked and not
    seen, {one of PROPERTIES: what was seen instead and the console of the last boot}."""

    heap: int
    installs: bool
    failures: dict


class _Unlike(Exception):
    """The device is not as it should be."""


class SmallDevice:
    """A device in `folder`, with what `lib` has as its lib/."""

    def __init__(self, folder, interpreter, lib, sites):
        self._command = [*at_fixed_addresses(), interpreter]
        self._sites = sites
        self.flash = Path(folder) / "flash"
        # Beside the flash and short, for MicroPython keeps the path of each module on the heap.
        shutil.copytree(lib, Path(folder) / "lib")
        for name in ("good", "bad", "later"):
            release = getattr(sites, name)
            values = {"url": release.url, "key": KEY, **dataclasses.asdict(sites.boot)}
            scripts = {"boot.py": _BOOT.format(**values), "main.py": _MAIN.format(**values)}
            write_files(
                Path(folder) / name, {path: text.encode() for path, text in scripts.items()}
            )

    def judge(self, heap):
        """The Outcome of a heap of so many bytes."""
        failures = {}

        def check(name, action):
            try:
                action(heap)
            except _Unlike as unlike:
                failures[name] = str(unlike)

        installs = self.installs(heap)
        if installs:
            installed = self._files()
            check(REVERTED, self._is_reverted)
            self._erase()
            check(ROLLED_BACK, self._is_rolled_back)
            rolled_back = self._files()
            check(REPLACED, self._is_replaced)
            self._erase(rolled_back)
            check(RETRIED, self._is_retried)
            self._erase(installed)
            check(CONFIRMED, self._is_confirmed)
        else:
            check(AT_REST, self._is_at_rest)
        return Outcome(heap, installs, failures)

    def installs(self, heap):
        """Whether a boot with so much heap brings an old device the release, and restarts it."""
        self._erase()
        up, _ = self._boot("good", heap)
        return not up and self._is_new("good")

    # -- what must be so --

    def _is_reverted(self, heap):
        """Of an update that nobody confirms: the old release is back, and stays."""
        self._goes_back("good", heap)

    def _is_rolled_back(self, heap):
        """Of a release that fails: the old one is back, and the next boot is the application's."""
        self._goes_back("bad", heap)

    def _is_replaced(self, heap):
        """By the next release, after the rollback of one."""
        self._installs_in_time("later", heap)

    def _is_retried(self, heap):
        """The release that was rolled back, now that the server has all of it."""
        self._installs_in_time("good", heap)

    def _installs_in_time(self, site, heap):
        for _ in range(BOOTS):
            _, console = self._boot(site, heap)
            if self._is_new(site):
                return
        raise _Unlike(f"not installed in {BOOTS} boots: {console}")

    def _is_confirmed(self, heap):
        """By main.py, which runs after boot.py in the same heap."""
        up, console = self._boot("good", heap, "import boot, main")
        if not up or "confirmed: True" not in console:
            raise _Unlike(console)
        release = self._sites.good
        files = {
            **only_files(release.tree()),
            "versions.json": release.manifest.encode(),
            "ota_state.txt": b"idle",
        }
        self._require(self._files(), files, console)

    def _is_at_rest(self, heap):
        """A device on which the release has not been installed."""
        self._require_undone(self._idles("good", heap), partly=True)

    def _goes_back(self, site, heap):
        console = self._idles(site, heap)
        self._require_undone(console)
        if not memory(self._files()):
            raise _Unlike(f"no note of the failure: {console}")
        up, console = self._boot(site, heap)
        if not up:
            raise _Unlike(f"tried again at once: {console}")
        if "Traceback" in console:
            raise _Unlike(f"boot.py does not come to its end: {console}")
        self._require_undone(console)
        # A clean-up that the heap was too small for is made up for by then.
        left = {path for path in self._files() if path.startswith(_LEFT_OVER)} - _ALLOWED
        if left:
            raise _Unlike(f"left over: {sorted(left)}: {console}")

    def _idles(self, site, heap):
        """Boots until the state is idle; the console of the last boot."""
        for _ in range(BOOTS):
            _, console = self._boot(site, heap)
            if self._state() == "idle":
                return console
        raise _Unlike(f"state {self._state()} after {BOOTS} boots: {console}")

    def _require_undone(self, console, partly=False):
        """The files of before the update, its manifest included. `partly`: nobody knows how far the
        update had come among the files without a backup."""
        found = self._files()
        wanted = {**self._sites.undone, "versions.json": self._sites.old_manifest}
        for path in _SKIPPED_OLD if partly else ():
            if found.get(path) == self._sites.old.get(path, b""):
                wanted[path] = found[path]
        found = {path: found[path] for path in {*application(found), "versions.json"} & {*found}}
        self._require(found, wanted, console)

    def _require(self, found, wanted, console):
        if found != wanted:
            unlike = {path for path in {*found, *wanted} if found.get(path) != wanted.get(path)}
            raise _Unlike(f"not as they should be: {sorted(unlike)}: {console}")

    # -- the device --

    def _boot(self, site, heap, code="import boot"):
        """Whether the boot came to its end without a reset, and its console."""
        done = subprocess.run(
            [*self._command, "-X", f"heapsize={heap}", "-c", code],
            cwd=self.flash,
            env={**os.environ, "MICROPYPATH": f"../{site}:../lib"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        console = done.stdout.decode("utf-8", "replace")
        # An exception that leaves boot.py is no reset.
        return done.returncode != 0 or _UP in console, console.strip()

    def _erase(self, files=None):
        """Makes the flash hold these files only, or else the old release."""
        shutil.rmtree(self.flash, ignore_errors=True)
        if files is None:
            files = {
                **self._sites.old,
                "versions.json": self._sites.old_manifest,
                "ota_state.txt": b"idle",
            }
        write_files(self.flash, files)

    def _state(self):
        file = self.flash / "ota_state.txt"
        return file.read_text() if file.exists() else None

    def _files(self):
        return only_files(read_tree(self.flash))

    def _is_new(self, site):
        """Whether the flash has the release of this site, on trial."""
        release = only_files(getattr(self._sites, site).tree())
        return self._state() == "confirm_pending" and application(self._files()) == release
