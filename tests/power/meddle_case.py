"""One meddle: what the device makes of it, by itself and when releases are offered again."""

import tempfile
from dataclasses import dataclass

from power import fat_attributes
from power.expected import CONFIRM_PENDING, IDLE, MANIFEST, PREFIX, STATE, parents, with_parents
from power.machine import BOOTS_MAX, Crashed, Plan, applied
from power.oracle import clusters, due, own, state
from power.restored import rolled_back, untouched
from power.stage import CHECK, Stage
from support import Release, application, noise

REVERT, TRIAL_OVER = "revert", "trial"
WAYS = (REVERT, TRIAL_OVER)

# What begins so gets no backup.
SKIPPED = "assets/"
OWN = {"own_settings.json": b'{"name": "probe"}'}
OLD = {
    "main.py": noise(1100, 1),
    "lib/sensor_driver.py": noise(700, 2),
    "lib/unchanged_module.py": noise(300, 3),
    "settings_default.json": b'{"interval": 10}',
    "web_pages/index_page.html": noise(200, 4),
    "assets/large_page.css": noise(700, 5),
}
# Deleted by the update.
EXTRAS = {"old_notes_long.txt": noise(600, 6), "old_folder/leftover.txt": noise(100, 7)}
NEW = {
    "main.py": noise(400, 11),
    "lib/sensor_driver.py": noise(900, 12),
    "settings_default.json": b'{"interval": 20, "unit": "s"}',
    "web_pages/index_page.html": noise(1300, 13),
    "assets/large_page.css": noise(500, 14),
    "assets/created_icon.css": noise(100, 15),
    "empty_marker.txt": b"",
    "lib/created_module.py": noise(200, 16),
    "lib/parts/inner.py": noise(90, 17),
    "new_folder/nested/deep_module.py": noise(150, 18),
}
NEXT = {path: noise(len(data) + 30, 31) for path, data in {**OLD, **EXTRAS, **NEW}.items()}


@dataclass
class Scene:
    """What all meddles of a task begin with: a device on trial with NEW. The server of its stage
    has NEXT; `old_port`: one that has OLD, with the manifest of then."""

    stage: Stage
    way: str
    old_port: int

    def boots(self, image, call, boots, port=None):
        """The Boots of an image with its tree; `port`: of a server, None without network."""
        machine = self.stage.machine
        machine.port = port
        plan = Plan((call,), self.stage.options, port is not None, self.stage.bug)
        return machine.run(image, plan, boots, tree=True)


def prepared(stage, way, running):
    """The Scene of a way to the rollback; `running`: an ExitStack. Raises Failed."""
    stage.options["backup_skip_prefixes"] = (SKIPPED,)
    stage.put(OWN)
    stage.adopt(OLD)
    folder = running.enter_context(tempfile.TemporaryDirectory(prefix="power-"))
    old = running.enter_context(Release(folder))
    old.put_all(OLD, 1000)
    old.manifest = stage.release.manifest
    stage.put(EXTRAS)
    pruning = {
        "delete_files_not_in_manifest_policy": "custom_extensions",
        "delete_files_not_in_manifest_extensions": (".txt",),
    }
    stage.options.update(pruning)
    if way == TRIAL_OVER:
        stage.options["max_unconfirmed_boots"] = 1
    stage.offer(NEW)
    stage.update()
    for name in pruning:
        del stage.options[name]
    stage.offer(NEXT, 3000)
    return Scene(stage, way, old.server.port)


class Case:
    """One meddle of a Scene. `tell`: called with lines about each boot."""

    def __init__(self, scene, meddle, tell=None):
        self._scene = scene
        self._stage = scene.stage
        self._machine = scene.stage.machine
        self._meddle = meddle
        self._tell = tell or (lambda line: None)
        self._image = scene.stage.image
        self._tree = self._fixed = None

    def run(self):
        """What is wrong, a list of texts."""
        steps = _STEPS.format(steps=self._meddle.steps)
        self._image, _ = self._machine.execute(self._image, steps)
        if self._meddle.fixed:
            self._image = fat_attributes.read_only(self._image, self._meddle.fixed)
        self._tree = self._machine.tree(self._image)
        self._fixed = self._tree.get(self._meddle.fixed)
        self._show("the flash after the meddling", self._tree)
        try:
            # What follows is judged by what was right before.
            return (
                self._roll_back()
                or self._take_old()
                or self._revert_next()
                or self._take_next()
                or self._clusters()
            )
        except Crashed as e:
            return [str(e)]

    def _outcomes(self):
        meddle = self._meddle
        is_trial = self._scene.way == TRIAL_OVER
        # At the end of a trial the release is given up; a read-only backup cannot be removed.
        spare = {PREFIX + "bad"} if is_trial else set()
        spare.update((meddle.fixed, *parents(meddle.fixed)))
        outcome = rolled_back(self._tree, self._stage.device, {meddle.fixed}, meddle.journal, spare)
        return [outcome, untouched(self._tree)] if meddle.stateless and is_trial else [outcome]

    def _roll_back(self):
        """Boots without network until the device is at rest and no longer on trial."""
        outcomes = self._outcomes()
        boots, messages, console, found = 0, [], "", []
        is_trial = self._scene.way == TRIAL_OVER
        call = CHECK if is_trial else ("revert_update",)
        while boots < BOOTS_MAX:
            done = self._boot(call, 1)
            boots += 1
            call = CHECK
            (boot,) = done.boots
            messages.append(boot["message"] or "")
            console += done.console
            found += [f"{boot['raised']} was raised"] if "raised" in boot else []
            # A boot may only count, where the number of boots is lost.
            counts = is_trial and state(self._tree) == CONFIRM_PENDING
            if boots > 1 and not boot["reset"] and not counts:
                break
        found += ["does not come to rest"] if boot["reset"] else []
        tree = self._tree
        ways = [one.differences(tree) + one.unsaid(console, messages) for one in outcomes]
        return found + min(ways, key=len)

    def _take_old(self):
        """The old release on offer again brings back what the rollback could not, as far as the
        release has it."""
        # A device that has the new manifest, or is given up, has nothing to do with it.
        whole = self._tree.get(MANIFEST) in (None, self._stage.device.before.manifest)
        if self._scene.way != REVERT or not self._meddle.journal or not whole:
            return []
        paths = due(self._tree) if MANIFEST in self._tree else OLD
        app = application(self._tree)
        app.update({path: OLD[path] for path in paths if path in OLD})
        manifest = self._stage.device.before.manifest
        return self._take("the old release again", self._scene.old_port, app, manifest)

    def _revert_next(self):
        """The next release, if it is reverted as well, leaves what was there before it."""
        if self._scene.way != TRIAL_OVER:
            return []
        before = self._tree
        self._boot(CHECK, BOOTS_MAX, self._stage.port)
        if state(self._tree) != CONFIRM_PENDING:
            # That is for the next step to say.
            return []
        self._boot(("revert_update",), 1)
        done = self._boot(CHECK, BOOTS_MAX)
        app = application(before)
        skipped = [path for path in NEXT if path in app and path.startswith(SKIPPED)]
        app.update({path: NEXT[path] for path in skipped})
        found = self._unlike(done, app, before.get(MANIFEST), IDLE, cleaned=False)
        noted = sorted({*due(before), *skipped})
        if due(self._tree) != noted:
            found.append(f"due is {due(self._tree)}, not {noted}")
        return [f"the next release, reverted: {what}" for what in found]

    def _take_next(self):
        app = {path: data for path, data in application(self._tree).items() if path not in NEXT}
        app.update(NEXT)
        manifest = self._stage.served().manifest
        return self._take("the next release", self._stage.port, app, manifest)

    def _take(self, step, port, app, manifest):
        """A release is installed and confirmed, and nothing is left behind it."""
        expected = with_parents(app)
        done = self._boot(CHECK, BOOTS_MAX, port)
        found = self._unlike(done, expected, manifest, CONFIRM_PENDING)
        if not found:
            done = self._boot(("confirm_update", True), 1)
            found = self._unlike(done, expected, manifest, IDLE)
        said = [boot["message"] for boot in done.boots if boot["message"]]
        return [f"{step}: {what} {said or ''}" for what in found]

    def _unlike(self, done, app, manifest, word, cleaned=True):
        """How the device is other than with a release, a list of texts."""
        has = application(done.tree)
        aside = self._meddle.fixed + ".old"
        if self._fixed is not None and has.get(aside) == self._fixed:
            # A release that replaces a read-only file moves it aside.
            app = {**app, aside: self._fixed}
        found = [f"{boot['raised']} was raised" for boot in done.boots if "raised" in boot]
        if not done.resting:
            found.append("does not come to rest")
        if state(done.tree) != word:
            found.append(f"the state is {state(done.tree)}")
        if done.tree.get(MANIFEST) != manifest:
            found.append("the local manifest is another one")
        paths = [path for path in sorted({*has, *app}) if has.get(path, "") != app.get(path, "")]
        found += [f"{path} is not as it should be" for path in paths]
        if word == IDLE and cleaned:
            # What was given up stays known.
            names = {MANIFEST, STATE, PREFIX + "bad", *parents(self._meddle.fixed)}
            found += [
                f"{path} is left"
                for path in sorted(own(done.tree).keys() - names)
                if not (self._meddle.fixed and path.startswith(self._meddle.fixed))
            ]
        return found

    def _clusters(self):
        text = clusters(self._image, self._machine.disk.kind)
        return [text] if text else []

    def _boot(self, call, boots, port=None):
        done = self._scene.boots(self._image, call, boots, port)
        self._image = applied(self._image, *done.logs)
        self._tree = done.tree
        self._tell(done.console)
        for boot in done.boots:
            self._tell(f"    {call[0]}: {boot}")
        self._show("the flash", done.tree)
        return done

    def _show(self, what, tree):
        self._tell(f"{what}:")
        for path, data in sorted(tree.items()):
            size = "" if data is None else f"{len(data):6}  {data[:40]!r}"
            self._tell(f"    {path:44}{size}")


_STEPS = """
def kind(path):
    try:
        return os.stat(path)[0]
    except OSError:
        return 0

def remove(path):
    if kind(path) == 0x4000:
        for entry in list(os.ilistdir(path)):
            remove(path + "/" + entry[0])
        os.rmdir(path)
    elif kind(path):
        os.remove(path)

def folder(path):
    if not kind(path):
        if "/" in path:
            folder(path[:path.rfind("/")])
        os.mkdir(path)

def file(path, data):
    if "/" in path:
        folder(path[:path.rfind("/")])
    with open(path, "wb") as opened:
        opened.write(data)

actions = dict(remove=remove, folder=folder, file=file, move=os.rename)
for step in {steps!r}:
    actions[step[0]](*step[1:])
"""
