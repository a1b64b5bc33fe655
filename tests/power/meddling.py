"""Meddles with a device on trial, has it rolled back, and judges what becomes of it then."""

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from power import fat_attributes
from power.expected import CONFIRM_PENDING, JOURNAL, PREFIX, with_parents
from power.machine import BOOTS_MAX, DISKS, Crashed, Machine, Plan, applied
from power.meddles import meddles
from power.oracle import clusters, state
from power.restored import rolled_back, untouched
from power.stage import CHECK, Failed, Stage
from support import application, noise

REVERT, TRIAL_OVER = "revert", "trial"
WAYS = (REVERT, TRIAL_OVER)
_PARTS = 4
# How many things that are wrong are told of one meddle.
_TEXTS = 6

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
    # Without a backup.
    "assets/large_page.css": noise(500, 14),
    "assets/created_icon.css": noise(100, 15),
    "empty_marker.txt": b"",
    "lib/created_module.py": noise(200, 16),
    "lib/parts/inner.py": noise(90, 17),
    "new_folder/nested/deep_module.py": noise(150, 18),
}
NEXT = {path: noise(len(data) + 30, 31) for path, data in {**OLD, **EXTRAS, **NEW}.items()}


@dataclass(frozen=True)
class Task:
    """Meddles that one process makes one after the other. `way`: how the device comes to the
    rollback; `part`: (number, of how many); `name`: one meddle alone; `sample`: every so many."""

    kind: str
    block: int
    way: str
    part: tuple = (0, 1)
    name: str = ""
    sample: int = 1
    bug: str = ""


@dataclass
class Result:
    """What came of a Task. `violations`: {name of the meddle: what is wrong, a list of texts}."""

    task: Task
    cases: int = 0
    boots: int = 0
    seconds: float = 0
    violations: dict = field(default_factory=dict)


def tasks(kinds, blocks, ways):
    """All of them, or the chosen ones."""
    for kind in kinds:
        for block in blocks:
            for way in ways:
                for part in range(_PARTS):
                    yield Task(kind, block, way, (part, _PARTS))


def run(task, tell=None):
    """Do a task; returns its Result. `tell`: called with lines about each boot."""
    start = time.perf_counter()
    result = Result(task)
    with ExitStack() as running:
        machine = running.enter_context(Machine(DISKS[task.kind, task.block]))
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix="power-"))
        try:
            stage = _prepared(Stage(machine, running, folder, bug=task.bug), task.way)
        except (Failed, Crashed) as e:
            result.violations[""] = [f"FAILED, not meddled with at all: {e}"]
            return result
        made = meddles(stage.device, stage.tree()[JOURNAL], task.kind)
        made = [one for one in made if task.way == TRIAL_OVER or not one.trial]
        number, parts = task.part
        made = made[number * task.sample :: parts * task.sample]
        for meddle in made:
            if task.name in ("", meddle.name):
                result.cases += 1
                found = _Case(stage, task, meddle, tell).run()
                result.violations.update({meddle.name: found} if found else {})
        result.boots = machine.boots
    result.seconds = time.perf_counter() - start
    return result


def _prepared(stage, way):
    """The stage with a device on trial, and the release after that on the server."""
    stage.options["backup_skip_prefixes"] = ("assets/",)
    stage.put(OWN)
    stage.adopt(OLD)
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
    return stage


class _Case:
    """One meddle, and what comes after it."""

    def __init__(self, stage, task, meddle, tell):
        self._stage = stage
        self._machine = stage.machine
        self._task = task
        self._meddle = meddle
        self._tell = tell or (lambda line: None)

    def run(self):
        """What is wrong, a list of texts."""
        meddle = self._meddle
        image, _ = self._machine.execute(self._stage.image, _STEPS.format(steps=meddle.steps))
        if meddle.fixed:
            image = fat_attributes.read_only(image, meddle.fixed)
        tree = self._machine.tree(image)
        self._show("the flash after the meddling", tree)
        try:
            return self._judged(image, tree)
        except Crashed as e:
            return [str(e)]

    def _judged(self, image, tree):
        image, tree, found = self._rolled_back(image, self._outcomes(tree))
        if not found:
            image, tree, found = self._next(image, tree)
        return found + [text for text in [clusters(image, self._task.kind)] if text]

    def _outcomes(self, tree):
        meddle = self._meddle
        is_trial = self._task.way == TRIAL_OVER
        outcome = rolled_back(
            tree,
            self._stage.device,
            {meddle.fixed} - {""},
            meddle.journal,
            # The release is given up.
            (PREFIX + "bad",) if is_trial else (),
        )
        return [outcome, untouched(tree)] if meddle.stateless and is_trial else [outcome]

    def _rolled_back(self, image, outcomes):
        """Boots without network until the device is at rest and no longer on trial."""
        boots, messages, console, raised = 0, [], "", []
        calls = ("revert_update",) if self._task.way == REVERT else CHECK
        while boots < BOOTS_MAX:
            done = self._boot(image, calls, 1, online=False)
            image = applied(image, *done.logs)
            (boot,) = done.boots
            boots += 1
            calls = CHECK
            messages.append(boot["message"] or "")
            console += done.console
            raised += [boot["raised"]] if "raised" in boot else []
            tree = done.tree
            # A boot that only counts, where there is something left to count.
            counts = self._task.way == TRIAL_OVER and state(tree) == CONFIRM_PENDING
            if not boot["reset"] and not counts and boots > 1:
                break
        found = [f"{error} was raised" for error in raised[:1]]
        found += ["does not come to rest"] if boot["reset"] else []
        ways = [
            outcome.differences(tree) + outcome.unsaid(console, messages) for outcome in outcomes
        ]
        return image, tree, found + min(ways, key=len)

    def _next(self, image, tree):
        """The next release is installed, and confirmed."""
        app = {path: data for path, data in application(tree).items() if path not in NEXT}
        app = with_parents({**app, **NEXT})
        done = self._boot(image, CHECK, BOOTS_MAX, online=True)
        image = applied(image, *done.logs)
        found = self._unlike("the next release", done, app, CONFIRM_PENDING)
        if found:
            return image, done.tree, found
        done = self._boot(image, ("confirm_update", True), 1, online=False)
        return applied(image, *done.logs), done.tree, self._unlike("confirmed", done, app, "idle")

    def _unlike(self, step, done, app, word):
        """How a device is other than with the next release, a list of texts."""
        has = application(done.tree)
        found = [f"{boot['raised']} was raised" for boot in done.boots if "raised" in boot]
        if not done.resting:
            found.append("does not come to rest")
        if state(done.tree) != word:
            found.append(f"the state is {state(done.tree)}")
        if done.tree.get("versions.json") != self._stage.served().manifest:
            found.append("the local manifest is another one")
        differing = [
            path for path in sorted({*has, *app}) if has.get(path, "") != app.get(path, "")
        ]
        found += [f"{path} is not as it should be" for path in differing]
        if word == "idle":
            found += [f"{path} is left" for path in sorted(_leftovers(done.tree))]
        said = [boot["message"] for boot in done.boots if boot["message"]]
        return [f"{step}: {what} {said or ''}" for what in found]

    def _boot(self, image, call, boots, online):
        self._machine.port = self._stage.port
        plan = Plan((call,), self._stage.options, online, self._task.bug)
        done = self._machine.run(image, plan, boots, tree=True)
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


def _leftovers(tree):
    """The updater's own files that should be gone when an update is confirmed and cleaned up."""
    for path in tree:
        own = path.startswith((PREFIX, "saguarota_backup"))
        if own and path != PREFIX + "bad" and not path.startswith("saguarota_backup.old"):
            yield path


def head():
    """The line above the rows."""
    return _ROW.format("file system", "block", "way", "meddles", "boots", "violations", "seconds")


def lines(results):
    """A line for each file system, block size and way."""
    rows = {}
    for one in results:
        rows.setdefault((one.task.kind, one.task.block, one.task.way), []).append(one)
    for key, parts in rows.items():
        sums = [sum(getattr(one, name) for one in parts) for name in ("cases", "boots")]
        found = sum(len(one.violations) for one in parts)
        yield _ROW.format(*key, *sums, found, f"{sum(one.seconds for one in parts):.1f}")


def violations(results):
    """Each violation as text, with the command line that shows it alone."""
    for result in results:
        task = result.task
        for name, texts in result.violations.items():
            yield f"VIOLATION, {task.kind}, {task.block}, {task.way}, {name!r}:"
            yield from (f"    {text}" for text in texts[:_TEXTS])
            yield "    " + command(task, name)


def command(task, name):
    """The command line that makes one meddle and tells what comes of it."""
    words = f"build/venv/bin/python tests/power --file-system {task.kind} --block {task.block}"
    words += f" --way {task.way} --meddle '{name}'"
    return words + (f" --bug {task.bug}" if task.bug else "")


_ROW = "{:12}{:>6}  {:8}{:>9}{:>7}{:>12}{:>9}"
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
