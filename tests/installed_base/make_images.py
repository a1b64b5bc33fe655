"""Makes the images of the package as it is, see README.md:

build/venv/bin/python tests/installed_base/make_images.py NAME [--lib dist/x64_6.3]
"""

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python")]

from installed_base import archive, rollbacks, trials, updates  # noqa: E402
from installed_base.package import OPTIONS, Package  # noqa: E402
from installed_base.workshop import Workshop  # noqa: E402
from power.machine import DISKS  # noqa: E402
from saguarota.version import __version__  # noqa: E402

STATES = (*updates.STATES, *rollbacks.STATES, *trials.STATES)
BLOCK = 512


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the new folder, such as 0.2.0")
    parser.add_argument("--lib", type=Path, default=ROOT / "dist/x64_6.3")
    parser.add_argument("--commit", default=_commit(), help="of which the package is")
    options = parser.parse_args()
    kept, releases = {}, {}
    for kind in ("littlefs", "fat"):
        disk = DISKS[kind, BLOCK]
        for state in STATES:
            for one, offered in _make(disk, options.lib, state):
                print(f"{kind}/{one.name}: {one.facts['how']}", flush=True)
                kept[f"{kind}/{one.name}"] = one
                releases.update(offered)
    facts = {
        "version": __version__,
        "commit": options.commit,
        "block": BLOCK,
        "blocks": disk.blocks,
        "options": OPTIONS,
        "releases": releases,
    }
    archive.write(archive.FOLDER / options.name, facts, kept)


def _make(disk, lib, state):
    """Yields (Kept, {name: release}) of a function of STATES."""
    with ExitStack() as running:
        machine = running.enter_context(Package(disk, lib))
        shops = []

        def make(names=None, **options):
            folder = running.enter_context(tempfile.TemporaryDirectory(prefix="images-"))
            shops.append(Workshop(machine, running, folder, names, **options))
            return shops[-1]

        for kept in state(make):
            yield kept, shops[-1].releases


def _commit():
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip() or None


if __name__ == "__main__":
    sys.exit(main())
