"""What dist has of the Python package: names, modules and the file that holds them."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / "tools"
PYTHON = ROOT / "python"
STATIC = ["", "__dir__", "__call__", "append", "pop", "utf-8", "key"]


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


@pytest.fixture
def shorten(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    from shorten import shorten

    return shorten


# -- names --


def named(shorten, stub="", units=None, **sources):
    return shorten(sources, units or {}, [stub], STATIC)[0]


def test_internal_names_come_from_the_static_table(shorten):
    texts = named(shorten, one="def internal(argument):\n    return argument")
    assert texts == {"one": "def append(__dir__):\n    return __dir__\n"}


def test_public_names_stay(shorten):
    source = "class Public:\n    def call(self, option):\n        self.value_ = self._own = option"
    stub = "class Public:\n    value_: int\n    def call(self, option: int) -> None: ..."
    text = named(shorten, stub, one=source)["one"]
    assert text.split() == source.replace("_own", "append").split()


def test_what_belongs_to_others_stays(shorten):
    source = """
import os
def walk(file, path):
    os.walk(path)
    file.seek(0)
    return os.stat(path, follow=False)
class Own:
    def seek(self, follow):
        return follow
"""
    text = named(shorten, one=source)["one"]
    assert "os.walk" in text and "os.stat" in text and "follow=False" in text
    assert "def seek(self, follow):" in text and ".seek(0)" in text


def test_what_is_a_text_as_well_stays(shorten):
    source = "def get(things):\n    things.first = things.second = 1\n    getattr(things, 'first')"
    text = named(shorten, one=source)["one"]
    assert ".first = " in text and "second" not in text


def test_a_name_is_the_same_in_all_modules(shorten):
    one = "def shared(): pass\nclass Made:\n    def method(self): pass"
    two = "from . import one\nfrom .one import Made\n"
    two += "def user():\n    one.shared()\n    Made().method()"
    texts = named(shorten, one=one, two=two)
    defined = {node.name for node in ast.walk(ast.parse(texts["one"])) if hasattr(node, "name")}
    used = {node.attr for node in ast.walk(ast.parse(texts["two"])) if hasattr(node, "attr")}
    assert len(defined) == 3 and used < defined and "shared" not in texts["two"]


def test_modules_become_one(shorten):
    one = "import os\nLIMIT = 3\n_clash = 1.5\ndef check(value):\n    return value < LIMIT, _clash"
    two = (
        "import os\nfrom . import one\nfrom .one import check\n_clash = 2.5\n"
        "def both(value):\n    return check(value), one.check(one.LIMIT), _clash"
    )
    texts = named(shorten, "both: int", {"two": ["one", "two"]}, one=one, two=two)
    assert list(texts) == ["two"] and texts["two"].count("import") == 1
    found = {}
    exec(texts["two"], found)
    assert found["both"](1) == ((True, 1.5), (False, 1.5), 2.5)


def test_a_variable_does_not_hide_a_module(shorten):
    """A parameter that is called as a module is none."""
    one = "def kind(path):\n    return path"
    two = "from . import one\ndef user(path):\n    return one.kind(path)\n"
    two += "def other(one):\n    return one.kind"
    text = named(shorten, "kind: int", units={"two": ["one", "two"]}, one=one, two=two)["two"]
    assert "return kind(__dir__)" in text and "return __dir__.kind" in text


@pytest.mark.parametrize(
    "two", ["def f():\n    from .one import x", "x = 1\ndef f():\n    global x\n    x = 2"]
)
def test_what_it_cannot_do(shorten, two):
    with pytest.raises(ValueError, match="two: "):
        named(shorten, units={"two": ["one", "two"]}, one="x = 1.5", two=two)


def test_the_same_sources_give_the_same_names():
    code = (
        "import pathlib, sys\n"
        "from shorten import shorten\n"
        f"paths = sorted(pathlib.Path({str(PYTHON / 'saguarota')!r}).glob('[a-z]*.py'))\n"
        f"print(shorten({{p.stem: p.read_text() for p in paths}}, {{}}, [], {STATIC!r}))"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(TOOLS), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]
    assert len(set(found)) == 1 and len(found[0]) > 10_000


def test_names_of_the_package_are_unambiguous():
    """Of a module, its objects' attributes, and the package."""
    lines = (ROOT / "build/package/names.txt").read_text().splitlines()
    assert len(lines) == len(set(lines)) > 150
    for source in (ROOT / "build/package/sources").glob("*.py"):
        names = [
            getattr(node, "name", None) or node.targets[0].id
            for node in ast.parse(source.read_text()).body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Assign))
        ]
        assert len(names) == len(set(names)), source


# -- the pack --

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
    names = [path.stem for path in (ROOT / "build/package/sources").glob("*.py")]
    assert len(names) > 15
    for name in names:
        code = f"{LEFT}import saguarota; print(saguarota._load({name!r}), left())"
        told = run(code)
        assert told.startswith(f"<module 'saguarota.{name}'") and told.endswith(" nothing\n")


def test_no_such_module(run):
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


def test_a_pack_that_was_replaced(run, lib):
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


def test_a_pack_that_ends_early(run, lib):
    """Wherever it ends, the import does, too."""
    pack = lib / "saguarota/pack"
    content = pack.read_bytes()
    for length in [0, 40, 5000, *range(100, len(content), 2500), len(content) - 2]:
        pack.write_bytes(content[:length])
        told = run("import saguarota\nfor name in ('confirm', 'lock'): saguarota._load(name)", lib)
        assert "Error: " in told, length


def test_a_firmware_without_deflate(run):
    assert run("import sys; sys.modules['deflate'] = sys; import saguarota") == ""


def test_a_firmware_without_threads(run):
    told = run("import sys; sys.modules['_thread'] = sys; import saguarota; print(saguarota._lock)")
    assert "_Pack" in told


def test_threads_that_import_at_once(run):
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
