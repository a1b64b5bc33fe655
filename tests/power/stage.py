"""A device being prepared for an action, and what the action writes where nothing cuts it."""

from dataclasses import dataclass, replace
from typing import Callable

from cutter import Cutter
from power.expected import PROTECTED, Device, Served
from power.machine import BOOTS_MAX, Plan, applied
from power.oracle import End, judge
from support import Release

CHECK = ("check_and_perform_ota",)
# By docs/API.md, the skip lists where there are no options for them.
SKIP_PREFIXES = ("assets/", "static/", "media/", "images/", "fonts/")
SKIP_EXTENSIONS = (
    *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".rgb565", ".raw", ".bin", ".ttf", ".otf"),
    ".woff",
)
OPTIONS = {
    # A name that device/worker.py knows: the bytes on flash do not depend on the port.
    "manifest_url": "http://release/ota/versions.json",
    "base_file_url": "http://release/ota/",
    "download_retries": 0,
    "retry_base_delay_ms": 0,
    "backup_skip_extensions": (),
    "backup_skip_prefixes": (),
}
# What takes room has a name that no delete policy takes.
FILLER = PROTECTED


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

    `device`: what it has to have, an expected.Device; each step of the preparation is checked
    against it. `running`: an ExitStack; `folder`: for the release. `filler`: bytes that fill()
    takes. `bug`: one of device/bugs.py, planted in all boots but those of adopt(). `shift`: so many
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
        self.device = Device()
        self._planted = bug
        self.shift = shift
        self.put({f"{top}p{at}": b"" for at in range(shift) for top in ("", "lib/")})

    def boot(self, *call, online=True, port=None):
        """Call a method, check_and_perform_ota by default, then boot without network until the
        device is at rest; returns what the call came to."""
        self.machine.port = port or self.port
        plan = Plan((call or CHECK,), self.options, online, self._planted)
        done = self.machine.run(self.image, plan)
        self.image = applied(self.image, *done.logs)
        if done.boots[0]["reset"]:
            plan = replace(plan, calls=(CHECK,), online=False)
            rest = self.machine.run(self.image, plan, BOOTS_MAX)
            self.image = applied(self.image, *rest.logs)
        return done

    def put(self, files):
        """Write files, {path: bytes}, to the flash."""
        self.image, _ = self.machine.execute(self.image, _PUT.format(files=files))
        self.device = self.device.put(files)

    def offer(self, files, version=2000):
        """Put files into the release; those that are there already keep their version. Returns
        what the server has then, a Served."""
        there = self.release.tree()
        new = {path: content for path, content in files.items() if there.get(path) != content}
        self.release.put_all(new, version)
        self.release.manifest = None
        # Made once, for thousands of boots.
        self.release.manifest = self.release.generate_manifest()
        return self.served()

    def served(self):
        """What the server has."""
        files = {path: data for path, data in self.release.tree().items() if data is not None}
        listed = self.options.get("recurse_http_fs")
        return Served(files, None if listed else self.release.manifest.encode())

    def updated(self, served=None):
        """The expected.Device after an update to what the server has, or to `served`."""
        options = self.options
        policy = options.get("delete_files_not_in_manifest_policy")
        endings = options.get("delete_files_not_in_manifest_extensions")
        device = self.device.updated(
            served or self.served(),
            options.get("force_update", False),
            (
                options.get("backup_skip_prefixes", SKIP_PREFIXES),
                options.get("backup_skip_extensions", SKIP_EXTENSIONS),
            ),
            ("",) if policy == "all" else endings,
        )
        return device.on_trial() if options.get("max_unconfirmed_boots") else device

    def update(self):
        """The update that is offered goes through; fails otherwise."""
        expected = self.updated()
        done = self.boot()
        self.device = expected
        self.check("update", done)

    def adopt(self, files):
        """Have the device take and confirm a release, by a package without a planted bug."""
        self.offer(files, 1000)
        self._planted = ""
        self.update()
        done = self.boot("confirm_update", True, online=False)
        self._planted = self.bug
        self.device = self.device.confirmed().cleaned()
        self.check("confirmation", done)

    def check(self, step, done, spare=frozenset()):
        """The tree is what it has to be; raises Failed otherwise. With a planted bug it need not
        be: the cuts show that."""
        wrong = judge(self.tree(), [End("what it should be", self.device.tree(), spare)])
        if wrong and not self._planted:
            raise Failed(f"{step}: {wrong}: {done.boots[0]} {done.console}")

    def fill(self):
        """Take room; `room` becomes what was free before that."""
        self.room = self.machine.execute(self.image, _FREE)[1]["free"]
        if self.filler:
            source = _FILL.format(path=FILLER, size=self.filler)
            self.image, _ = self.machine.execute(self.image, source)
            self.device = self.device.put({FILLER: bytes(self.filler)})

    def tree(self):
        """All that is on the flash, as Device.tree()."""
        return self.machine.tree(self.image)

    def case(self, *call, rest, final, online=False, code=None, offer=None, held=None):
        """The action `call` from here. `rest`, `final`, `held`: lists of Ends, see Case; `code`: of
        the error that the action ends with. Raises Failed."""
        action = Plan((call or CHECK,), dict(self.options), online, self.bug)
        recovery = replace(action, calls=(CHECK,), online=False)
        done, downloaded = self._measured(action)
        said = done.boots[0]
        if (said["code"] != code or "raised" in said) and not self.bug:
            raise Failed(f"{call}: {said}: {done.console}")
        if self.filler:
            # Whether there was room enough.
            image = applied(self.image, *done.logs)
            resting = self.machine.run(image, recovery, BOOTS_MAX, tree=True)
            wrong = judge(resting.tree, rest)
            if wrong:
                raise Failed(f"{call}: {wrong}: {done.console} {resting.console}")
        final = [_without_filler(end) for end in final]
        held = held and [_without_filler(end) for end in held]
        self.machine.port = self.port
        if offer:
            offer(True)
        online = replace(recovery, online=True)
        filled = bool(self.filler)
        return Case(
            self.image,
            action,
            recovery,
            online,
            rest,
            final,
            done.logs[0],
            downloaded,
            filled,
            held,
            offer,
        )

    def _measured(self, action):
        with Cutter(f"http://127.0.0.1:{self.port}/") as counting:
            self.machine.port = int(counting.url.split(":")[2].split("/")[0])
            done = self.machine.run(self.image, action)
            return done, sum(exchange.body for exchange in counting.exchanges)


def _without_filler(end):
    return replace(end, tree={path: data for path, data in end.tree.items() if path != FILLER})


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
