"""Boots of the package in any folder, and the names of its own files."""

from dataclasses import dataclass

from power.machine import Machine

CHECK = ("check_and_perform_ota",)
# Of every device here. A name that device/worker.py knows, so that no port is on the flash.
OPTIONS = {
    "manifest_url": "http://release/ota/versions.json",
    "base_file_url": "http://release/ota/",
    "download_retries": 0,
    "retry_base_delay_ms": 0,
    "backup_skip_extensions": [],
    "backup_skip_prefixes": [],
}


class Package(Machine):
    """A Machine whose boots import the package in the folder `lib`."""

    def __init__(self, disk, lib):
        super().__init__(disk)
        self.lib = str(lib)

    def words(self, plan):
        """As Machine.words()."""
        words = super().words(plan)
        return words if plan.bug else {**words, "lib": self.lib}


@dataclass(frozen=True)
class Names:
    """Where the updater's own files are, as docs/API.md says. `prefix`: with which the names of
    most of them begin; `backup`: the folder's; `dest`: what comes before each path of a release."""

    prefix: str = "otac14f2."
    backup: str = "saguarota_backup"
    state: str = "ota_state.txt"
    manifest: str = "versions.json"
    dest: str = ""

    def is_own(self, path):
        """Whether a path of the flash is one of them."""
        name = path.rsplit("/", 1)[-1]
        return (
            path in (self.state, self.manifest)
            or name.startswith(self.prefix)
            or path.startswith(self.backup + "/")
        )


def state(tree, names):
    """The word of the state file; idle where it is missing or empty."""
    return (tree.get(names.state) or b"idle").decode("latin-1")
