"""A device being prepared for an action, and what the action does where nothing cuts it."""

from dataclasses import dataclass, replace
from typing import Callable

from cutter import Cutter
from power.machine import BOOTS_MAX, Plan, applied
from power.oracle import state
from support import Release

CHECK = ("check_and_perform_ota",)
OPTIONS = {
    # A name that device/worker.py knows: the bytes on flash do not depend on the port.
    "manifest_url": "http://release/ota/versions.json",
    "base_file_url": "http://release/ota/",
    "download_retries": 0,
    "retry_base_delay_ms": 0,
    "backup_skip_extensions": (),
    "backup_skip_prefixes": (),
}
# No delete policy takes it.
FILLER = "boot.py"


class Failed(Exception):
    """A device did not do, undisturbed, what the scenario needs."""


@dataclass
class Case:
    """An action to be cut. `image`: before it; `action`, `recovery`, `online`: what the boots do in
    which the power is cut, those after it, and those when the network is back. `rest`, `final`:
    the ends that are right for the last two. `log`: the writes of the action undisturbed;
    `downloaded`: bytes of the bodies that it took from the network. `filled`: the filler has to go
    before the network returns, for a cut may cost room: FAT loses clusters, and littlefs keeps the
    blocks that a folder once had. `held`: where the release is one that waits, the ends with
    network as long as nothing else is offered; `offer(mended)` changes what is."""

    image: bytes
    action: Plan
    recovery: Plan
    online: Plan
    rest: list
    final: list
    log: list
    downloaded: int
    filled: bool
    held: list
    offer: Callable


class Stage:
    """A device on an empty flash, and the release that it follows.

    `running`: an ExitStack; `folder`: for the release. `filler`: bytes that fill() takes. `bug`:
    one of device/bugs.py, planted in the action and in all that comes after it. `shift`: so many
    small files come before all others in their folders: on FAT, where an entry of a folder has 32
    bytes, they decide which long names lie in two sectors.
    """

    def __init__(self, machine, running, folder, filler=0, bug="", shift=0):
        self.machine = machine
        self.running = running
        self.block = machine.disk.block
        self.filler = filler
        self.bug = bug
        self.room = None
        self.options = dict(OPTIONS)
        self.release = running.enter_context(Release(folder))
        self.port = self.release.server.port
        self.image = machine.format()
        self.shift = shift
        self.put({f"{top}p{at}": b"" for at in range(shift) for top in ("", "lib/")})

    def boot(self, *call, online=True, port=None):
        """Call a method, check_and_perform_ota by default, then boot without network until the
        device is at rest; returns what the call came to."""
        self.machine.port = port or self.port
        done = self.machine.run(self.image, Plan((call or CHECK,), self.options, online))
        self.image = applied(self.image, *done.logs)
        if done.boots[0]["reset"]:
            rest = self.machine.run(self.image, Plan((CHECK,), self.options), BOOTS_MAX)
            self.image = applied(self.image, *rest.logs)
        return done

    def put(self, files):
        """Write files, {path: bytes}, to the flash."""
        self.image, _ = self.machine.execute(self.image, _PUT.format(files=files))

    def offer(self, files, version=2000):
        """Put files into the release; those that are there already keep their version."""
        there = self.release.tree()
        new = {path: content for path, content in files.items() if there.get(path) != content}
        self.release.put_all(new, version)
        self.release.manifest = None
        # Made once, for thousands of boots.
        self.release.manifest = self.release.generate_manifest()

    def update(self):
        """The update that is offered goes through; fails otherwise."""
        done = self.boot()
        if done.boots[0]["code"] or state(self.tree()) != "confirm_pending":
            raise Failed(f"update: {done.boots[0]} {done.console}")

    def adopt(self, files):
        """Have the device take and confirm a release."""
        self.offer(files, 1000)
        self.update()
        self.boot("confirm_update", True, online=False)

    def fill(self):
        """Take room; `room` becomes what was free before that."""
        self.room = self.machine.execute(self.image, _FREE)[1]["free"]
        if self.filler:
            source = _FILL.format(path=FILLER, size=self.filler)
            self.image, _ = self.machine.execute(self.image, source)

    def tree(self):
        """All that is on the flash, as Device.tree()."""
        return self.machine.tree(self.image)

    def case(self, *call, rest, final, online=False, code=None, offer=None, held=None):
        """The action `call` from here. `rest(before, after)`, `final(before, after)`: the ends, by
        the trees before and after the undisturbed action, called with the device at rest after it;
        `held` likewise, see Case. `code`: of the error that the action ends with. Raises Failed."""
        action = Plan((call or CHECK,), dict(self.options), online, self.bug)
        recovery = replace(action, calls=(CHECK,), online=False)
        image, before = self.image, self.tree()
        done, downloaded = self._measured(action)
        said = done.boots[0]
        resting = self.machine.run(applied(image, *done.logs), recovery, BOOTS_MAX, True)
        fine = said["code"] == code and "raised" not in said and resting.resting
        if not fine and not self.bug:
            raise Failed(f"{call}: {said}: {done.console}")
        self.image = applied(image, *done.logs, *resting.logs)
        if offer:
            offer(True)
        all_ends = [ends and ends(before, resting.tree) for ends in (rest, final, held)]
        for end in all_ends[1] + (all_ends[2] or []):
            end.tree = {path: data for path, data in end.tree.items() if path != FILLER}
        self.machine.port = self.port
        return Case(
            image,
            action,
            recovery,
            replace(recovery, online=True),
            *all_ends[:2],
            done.logs[0],
            downloaded,
            bool(self.filler),
            all_ends[2],
            offer,
        )

    def _measured(self, action):
        with Cutter(f"http://127.0.0.1:{self.port}/") as counting:
            self.machine.port = int(counting.url.split(":")[2].split("/")[0])
            done = self.machine.run(self.image, action)
            return done, sum(exchange.body for exchange in counting.exchanges)


def without_filler(machine, image):
    """An image without the file that takes the room."""
    return machine.execute(image, f"os.remove({FILLER!r})")[0]


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
with open({path!r}, "wb") as file:
    left = {size}
    while left:
        left -= file.write(bytes(min(512, left)))
"""
_FREE = "s = os.statvfs('.'); said['free'] = s[0] * s[3]"
