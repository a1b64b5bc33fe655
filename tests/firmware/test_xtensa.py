"""The native modules for ESP32 and ESP8266, in MicroPython on QEMU's Xtensa processors."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import xtensa_machine

UNIX = Path(__file__).resolve().parent.parent / "unix"
sys.path.insert(0, str(UNIX))
pytest.register_assert_rewrite("test_manifest_reader")

import manifest_model  # noqa: E402
import test_manifest_reader as reader  # noqa: E402

# The same tests of manifests as on the unix port, with `device` being the one below.
from test_manifest_reader import (  # noqa: E402, F401
    test_damaged_manifests,
    test_random_manifests,
    test_values_in_every_place,
    test_what_is_due,
)

# The first of them builds MicroPython and the module.
pytestmark = pytest.mark.timeout(900)

ANSWERS = Path(__file__).parent / "xtensa/answers.py"
CPUS = {"dc233c": "xtensawin", "de233_fpu": "xtensawin", "lx106": "xtensa"}
built = {}


def build(arch):
    """The firmware and the folder with the module, built once."""
    if arch not in built:
        folder = xtensa_machine.build_module(arch)
        built[arch] = xtensa_machine.build_firmware(arch), folder
    return built[arch]


@pytest.fixture(params=CPUS)
def machine(request):
    return xtensa_machine.Machine(request.param, *build(CPUS[request.param]))


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


def message(length):
    return bytes((7 * i + (i >> 8)) & 255 for i in range(length))


def wrong_digests(lines):
    """The lines with a digest that is not what CPython says; fails where there are few lines."""
    told = [line.split()[1:] for line in lines if line.startswith("digest ")]
    assert len(told) == 2 * 143
    wrong = []
    for number, (length, digest) in enumerate(told):
        name = ("md5", "sha256")[number % 2]
        if hashlib.new(name, message(int(length))).hexdigest() != digest:
            wrong.append((name, length))
    return wrong


def test_answers(machine, unix_port):
    status, lines = machine.run(ANSWERS)
    assert status == 0, "\n".join(lines[-8:])
    assert wrong_digests(lines) == []
    assert lines == unix_port(ANSWERS)
    assert len(lines) > 340


def test_signature(device):
    entries = [(path, 3, hashlib.md5(path.encode()).hexdigest()) for path in ("a.py", "lib/b.py")]
    signature = manifest_model.sign(3, [(*entry, None, None) for entry in entries], reader.KEY)
    listed = [{"path": path, "version": version, "md5": md5} for path, version, md5 in entries]
    manifest = {"version": 3, "files": listed, "signature": signature}
    text = reader.json.dumps(manifest).encode()
    tampered = [text.replace(b"a.py", b"b.py", 1), text.replace(b": 3", b": 4", 1)]
    answers = device([text, *tampered])
    assert [answer["verified"] for answer in answers] == [True, False, False]
    assert [answer["valid"] for answer in answers] == [True, False, False]


def test_changed_module_is_noticed(machine, tmp_path):
    """One bit of one of SHA-256's constants: no harness that sees the answers can miss it."""
    module = bytearray((machine.folder / "_saguarota.mpy").read_bytes())
    constant = module.index((0x71374491).to_bytes(4, "little"))
    module[constant] ^= 1
    (tmp_path / "_saguarota.mpy").write_bytes(module)
    machine.folder = tmp_path
    _, lines = machine.run(ANSWERS)
    wrong = wrong_digests(lines)
    assert {name for name, _ in wrong} == {"sha256"}
    assert len(wrong) == 143


def test_exception_is_noticed(machine, tmp_path):
    """A script that fails does not pass."""
    script = tmp_path / "script.py"
    script.write_text("import _saguarota\n_saguarota.quote(1)\n", encoding="utf-8")
    status, lines = machine.run(script)
    assert status == 1
    assert lines[-1].startswith("TypeError: ")


@pytest.mark.parametrize("arch", ("xtensawin", "xtensa"))
def test_module_of_the_other_abi(arch, tmp_path):
    other = {"xtensawin": "xtensa", "xtensa": "xtensawin"}[arch]
    firmware, _ = build(arch)
    shutil.copy(build(other)[1] / "_saguarota.mpy", tmp_path)
    cpu = {"xtensawin": "dc233c", "xtensa": "lx106"}[arch]
    status, lines = xtensa_machine.Machine(cpu, firmware, tmp_path).run(ANSWERS)
    assert status == 1
    assert lines[-1] == "ValueError: incompatible .mpy arch"
