"""The native modules for ESP32 and ESP8266, in MicroPython on QEMU's Xtensa processors."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import xtensa_machine
from firmware import known

UNIX = Path(__file__).resolve().parent.parent / "unix"
sys.path.insert(0, str(UNIX))
pytest.register_assert_rewrite("test_manifest_reader")

import manifest_model  # noqa: E402
import test_manifest_reader as reader  # noqa: E402

# The same tests of manifests as on the unix port, with `device` being the one below.
from test_manifest_reader import (  # noqa: E402, F401
    test_damaged_manifests_are_accepted_or_refused_as_by_the_model,
    test_only_files_newer_than_the_local_manifest_are_due_unless_forced,
    test_random_valid_manifests_are_read_as_the_model_reads_them,
    test_the_reader_agrees_with_the_model_on_values_in_every_place,
)

CPUS = {"dc233c": "xtensawin", "de233_fpu": "xtensawin", "lx106": "xtensa"}
# One of each.
ABIS = {"xtensawin": "dc233c", "xtensa": "lx106"}
MODULE = "_saguarota.mpy"
VECTORS = known.load()
SURVIVES = """
import _saguarota
for _ in range(100):
    try:
        _saguarota.defect(b"12")
        _saguarota.defect(b"123")
    except RuntimeError as error:
        print(repr(error))
"""
built = {}


def module(arch):
    """What `make dist` has made."""
    path = xtensa_machine.ROOT / f"dist/{arch}_6.3" / MODULE
    if not path.exists():
        pytest.fail(f"{path} is missing: run make dist", pytrace=False)
    return path


def start(cpu, folder, content):
    """A machine with a native module, bytes, in its folder."""
    arch = CPUS[cpu]
    if arch not in built:
        xtensa_machine.build_module(arch)
        built[arch] = xtensa_machine.build_firmware(arch)
    folder.mkdir()
    (folder / MODULE).write_bytes(content)
    return xtensa_machine.Machine(cpu, built[arch], folder)


@pytest.fixture(params=CPUS)
def machine(request, tmp_path):
    return start(request.param, tmp_path / "flash", module(CPUS[request.param]).read_bytes())


@pytest.fixture
def unix_port(micropython, dist):
    """Runs a script on the unix port; its lines."""

    def run(script, *args):
        done = subprocess.run(
            [str(word) for word in (micropython, script, *args)],
            env={**os.environ, "MICROPYPATH": str(dist)},
            stdout=subprocess.PIPE,
            timeout=300,
            check=True,
        )
        return done.stdout.decode().splitlines()

    return run


@pytest.fixture
def device(machine, unix_port, tmp_path):
    """As in test_manifest_reader.py; besides, each word is that of the unix port."""

    def read(files, local_files=()):
        for number, data in enumerate(files):
            (tmp_path / str(number)).write_bytes(data)
        for number, data in enumerate(local_files):
            (tmp_path / f"{number}.local").write_bytes(data)
        own = "\n".join(manifest_model.OWN)
        command = [reader.SCRIPT, tmp_path, len(files), reader.KEY, own]
        status, lines = machine.run(*command)
        assert status == 0, "\n".join(lines[-8:])
        # Members of an object come in the order of MicroPython's own tables.
        answers = [reader.json.loads(line) for line in lines]
        assert answers == [reader.json.loads(line) for line in unix_port(*command)]
        assert len(answers) == len(files)
        return answers

    return read


def wrong_answers(machine):
    """The vectors that a machine does not answer as it must."""
    shutil.copy(known.SCRIPT, machine.folder)
    (machine.folder / "vectors").write_bytes(known.lines(VECTORS))
    script = machine.folder / "script.py"
    script.write_text(known.ON_BOARD.replace("'/vectors'", "'vectors'"), encoding="utf-8")
    status, lines = machine.run(script)
    assert status == 0, "\n".join(lines[-8:])
    answers, vectors = known.heard("\n".join(lines)), known.flatten(VECTORS)
    assert len(answers) == len(vectors)
    return [one for one, answer in zip(vectors, answers) if answer != one["answer"]]


def test_xtensa_processor_gives_the_known_answers(machine):
    assert wrong_answers(machine) == []


def test_right_signature_is_valid_and_those_of_tampered_manifests_are_not(device):
    entries = [(path, 3, hashlib.md5(path.encode()).hexdigest()) for path in ("a.py", "lib/b.py")]
    signature = manifest_model.sign(3, [(*entry, None, None) for entry in entries], reader.KEY)
    listed = [{"path": path, "version": version, "md5": md5} for path, version, md5 in entries]
    manifest = {"version": 3, "files": listed, "signature": signature}
    text = reader.json.dumps(manifest).encode()
    tampered = [text.replace(b"a.py", b"b.py", 1), text.replace(b": 3", b": 4", 1)]
    answers = device([text, *tampered])
    assert [answer["verified"] for answer in answers] == [True, False, False]


def test_one_changed_bit_of_the_module_is_noticed(machine):
    """One bit of one of SHA-256's constants; else, no harness could be believed."""
    content = bytearray((machine.folder / MODULE).read_bytes())
    content[content.index((0x71374491).to_bytes(4, "little"))] ^= 1
    (machine.folder / MODULE).write_bytes(content)
    wrong = wrong_answers(machine)
    digests = [one["name"] for one in wrong if one["kind"] == "digests"]
    assert digests == [one["name"] for one in VECTORS["digests"] if one["name"] == "sha256"]
    assert {one["kind"] for one in wrong} == {"digests", "manifests"}


def test_script_that_raises_ends_with_status_1_and_its_error(machine, tmp_path):
    """A script that fails does not pass."""
    script = tmp_path / "script.py"
    script.write_text("import _saguarota\n_saguarota.quote(1)\n", encoding="utf-8")
    status, lines = machine.run(script)
    assert status == 1
    assert lines[-1].startswith("TypeError: ")


@pytest.mark.parametrize("arch", ABIS)
def test_panic_is_a_runtime_error(arch, tmp_path):
    folder = xtensa_machine.build_module(arch, "defect")
    machine = start(ABIS[arch], tmp_path / "flash", (folder / MODULE).read_bytes())
    script = tmp_path / "script.py"
    script.write_text(SURVIVES, encoding="utf-8")
    status, lines = machine.run(script)
    assert (status, len(lines)) == (0, 100)
    assert set(lines) == {lines[0]} and lines[0].startswith("RuntimeError("), lines[0]


@pytest.mark.parametrize("arch", ABIS)
def test_module_of_the_other_abi_is_refused(arch, tmp_path):
    (other,) = set(ABIS) - {arch}
    machine = start(ABIS[arch], tmp_path / "flash", module(other).read_bytes())
    script = tmp_path / "script.py"
    script.write_text("import _saguarota\n", encoding="utf-8")
    status, lines = machine.run(script)
    assert status == 1
    assert lines[-1] == "ValueError: incompatible .mpy arch"
