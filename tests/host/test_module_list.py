"""mpy_glue/module.h lists the functions of the native module. The compiler sees to it that src/ffi
has each of them, with the type that C declares; here is the rest."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARCHIVE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "build/target")) / "release/libsaguarota.a"


def listed(defect):
    """The functions that C calls. `defect`: as a build with that feature has them."""
    command = ["cc", "-E", "-P", f"-DSAGUAROTA_DEFECT={defect}", "-x", "c", "mpy_glue/symbols.h"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(done.stdout.split())


def exported():
    """The functions that the crate's own object in the archive defines for others."""
    command = ["readelf", "--symbols", "--wide", ARCHIVE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    names, ours = [], False
    for line in done.stdout.splitlines():
        words = line.split()
        if line.startswith("File: "):
            ours = "(saguarota-" in line
        elif ours and words[3:5] == ["FUNC", "GLOBAL"] and words[6] != "UND":
            names.append(words[7])
    return sorted(names)


def test_rust_exports_the_functions_that_are_listed_and_no_others():
    found = exported()
    assert found == listed(defect=int("saguarota_defect" in found))
