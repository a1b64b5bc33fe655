"""What dist has of the Python package: all modules in one file, names and tracebacks."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from test_modules import MODULES

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / "python"


@pytest.fixture
def run(micropython, dist, tmp_path):
    """run(code) is what a device prints, in an empty folder."""

    def run(code, lib=dist):
        done = subprocess.run(
            [micropython, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "MICROPYPATH": str(lib)},
            capture_output=True,
            text=True,
        )
        return done.stdout + done.stderr

    return run


# What is left of the file system that an import gets; vfs.mount() tells only from 1.25 on.
LEFT = """
import vfs
def left():
    try:
        vfs.umount("/.ota")
        return "mounted"
    except OSError:
        return "nothing"
"""


def test_every_module_can_be_loaded(run, dist):
    assert len(MODULES) > 40
    for name in MODULES:
        code = f"{LEFT}import saguarota; print(saguarota._load({name!r}), left())"
        told = run(code)
        assert told.startswith("<module 'saguarota.module'") and told.endswith(" nothing\n")


def test_unknown_module_raises_and_leaves_no_file_system_mounted(run):
    told = run(
        f"{LEFT}"
        "try:\n    import saguarota.nothing\n"
        "except ImportError:\n    print(left())\n"
        "import saguarota\n"
        "try:\n    saguarota._load('nothing')\n"
        "except ImportError:\n    print(left())\n"
    )
    assert told == "nothing\nnothing\n"


@pytest.fixture
def lib(dist, tmp_path):
    """A copy of dist whose pack may be changed."""
    return shutil.copytree(dist, tmp_path / "lib")


def test_modules_of_two_packs_are_never_mixed(run, lib):
    """Modules of two versions are never mixed: an update may bring the package as well."""
    code = (
        "import saguarota\n"
        "saguarota._load('confirm')\n"
        "with open('lib/saguarota/pack', 'r+b') as file: file.write(b'-')\n"
        "try:\n    saguarota._load('recovery')\n"
        "except ImportError as e:\n    print(e)"
    )
    assert run(code, lib) == "the package was replaced\n"
    assert run("import saguarota; saguarota._load('recovery')", lib) == ""


def test_truncated_pack_is_an_error_wherever_it_ends(run, lib):
    """Wherever it ends, the import does, too."""
    pack = lib / "saguarota/pack"
    content = pack.read_bytes()
    for length in [0, 40, 5000, *range(100, len(content), 2500), len(content) - 2]:
        pack.write_bytes(content[:length])
        told = run("import saguarota\nfor name in ('confirm', 'urls'): saguarota._load(name)", lib)
        assert "Error: " in told, length


def test_package_can_be_imported_on_firmware_without_deflate(run):
    assert run("import sys; sys.modules['deflate'] = sys; import saguarota") == ""


def test_package_can_be_imported_on_firmware_without_threads(run):
    told = run("import sys; sys.modules['_thread'] = sys; import saguarota; print(saguarota._lock)")
    assert "_Pack" in told


def test_threads_can_load_modules_at_the_same_time(run):
    told = run(
        f"{LEFT}"
        "import _thread, saguarota, time\n"
        "done = []\n"
        "def load(name):\n"
        "    try:\n        saguarota._load(name)\n"
        "    except Exception as e:\n        print(name, repr(e))\n"
        "    done.append(name)\n"
        "for name in ('backup', 'confirm', 'redirect', 'tls'):\n"
        "    _thread.start_new_thread(load, (name,))\n"
        "while len(done) < 4:\n    time.sleep_ms(1)\n"
        "print(left())"
    )
    assert told == "nothing\n"


def test_the_sources_work_as_they_are(run, dist, tmp_path):
    """As a frozen package has them."""
    lib = tmp_path / "lib"
    (lib / "saguarota").mkdir(parents=True)
    (lib / "_saguarota.mpy").write_bytes((dist / "_saguarota.mpy").read_bytes())
    for path in (PYTHON / "saguarota").glob("*.py"):
        (lib / "saguarota" / path.name).write_bytes(path.read_bytes())
    code = "import saguarota.recovery; print(saguarota.OTAUpdater)"
    assert run(code, lib) == "<class 'OTAUpdater'>\n"


def test_dir_and_unknown_names_load_no_module(run):
    told = run(
        "import saguarota\n"
        "before = set(saguarota.__dict__)\n"
        "dir(saguarota)\n"
        "print(hasattr(saguarota, 'recovery'), getattr(saguarota, 'nothing', None))\n"
        "print(set(saguarota.__dict__) == before)"
    )
    assert told == "False None\nTrue\n"


@pytest.mark.parametrize("path", ["dist", "plain"])
def test_the_class_can_be_imported_from_its_module(run, request, path):
    code = "from saguarota.updater import OTAUpdater; import saguarota; "
    code += "print(OTAUpdater is saguarota.OTAUpdater)"
    assert run(code, request.getfixturevalue(path)) == "True\n"


def test_a_traceback_names_modules_and_functions_of_the_sources(run):
    told = run("from saguarota import OTAUpdater; OTAUpdater('http://a/m', '')")
    for module, function in (("config", "config"), ("config", "text")):
        assert f'File "{module}", line 1, in {function}\n' in told, told
        source = (PYTHON / f"saguarota/{module}.py").read_text()
        assert f"\ndef {function}(" in source
