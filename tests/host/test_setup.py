"""tools/setup.sh on machines whose Rust is too old: what it tells a person to type. The machine's
other tools are its own; the Rust and the package lists that it finds are made up here."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLD = "rustc 1.85.0 (4d91de4e4 2025-02-17)"
RUSTUP = "curl --proto =https --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y && . ~/.cargo/env"
UPDATE = "rustup update stable && rustup default stable"


class Machine:
    """A folder of commands that comes first on the PATH, and a user who may not install."""

    def __init__(self, folder):
        self.folder = folder
        # Commands of this machine's that would know a Rust are out of sight.
        self.tools = folder / "tools"
        self.tools.mkdir()
        for place in ("/usr/local/bin", "/usr/bin", "/bin"):
            for tool in Path(place).iterdir():
                link = self.tools / tool.name
                if not link.is_symlink() and not tool.name.startswith(("rust", "cargo")):
                    link.symlink_to(tool)
        self.command("id", "echo 1000")
        self.command("sudo", "exit 1")
        self.packages({})

    def command(self, name, script, folder="bin"):
        path = self.folder / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def rust(self, version, debian, folder="bin"):
        """`debian`: whether dpkg knows it as a package's."""
        self.command("cargo", "exit 0", folder)
        self.command("rustc", f"echo '{version}'", folder)
        self.command("dpkg", f"exit {int(not debian)}")

    def packages(self, versions):
        """What apt would install: {package: version}."""
        cases = " ".join(f"{name}) echo '  Candidate: {v}' ;;" for name, v in versions.items())
        self.command("apt-cache", f'case $2 in {cases} *) echo "  Candidate: (none)" ;; esac')
        self.command("apt-get", "exit 1")

    def setup(self, *more):
        path = ":".join(map(str, [self.folder / "bin", self.tools, *more]))
        return subprocess.run(
            ["tools/setup.sh", "tools"],
            cwd=ROOT,
            env={**os.environ, "PATH": path, "CARGO_HOME": str(self.folder / "cargo")},
            capture_output=True,
            text=True,
        )

    def line(self, *more):
        """What a person is told to type for the Rust that was found."""
        done = self.setup(*more)
        assert done.returncode == 1, done.stdout
        assert "Rust 1.88 or newer (found: " in done.stderr
        return done.stderr.splitlines()[-1].strip()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_new_enough_rust_is_taken(machine):
    machine.rust("rustc 1.88.0 (6b00bc388 2025-06-23)", debian=False)
    done = machine.setup()
    assert "Rust" not in done.stderr


def test_an_old_rust_is_named_with_its_version_and_place(machine):
    machine.rust(OLD, debian=True)
    place = machine.folder / "bin/rustc"
    assert f"Rust 1.88 or newer (found: 1.85.0 at {place})" in machine.setup().stderr


def test_debian_s_newer_compiler_is_preferred(machine):
    machine.rust(OLD, debian=True)
    machine.packages(
        {"rustc": "1.85.0+dfsg3-1", "rustc-web": "1.96.0+dfsg1-1~deb13u1", "rustup": "1.27.1-1"}
    )
    line = machine.line()
    assert line.startswith("sudo apt-get update && sudo apt-get install -y")
    assert line.endswith(" rustc-web cargo-web")


def test_debian_s_rustup_comes_next(machine):
    machine.rust(OLD, debian=True)
    machine.packages({"rustc": "1.85.0+dfsg3-1", "rustup": "1.27.1-1"})
    assert machine.line().endswith(" rustup && rustup default stable")


def test_without_either_rustup_is_fetched_and_put_on_the_path(machine):
    machine.rust(OLD, debian=True)
    assert machine.line().endswith(RUSTUP)


def test_no_package_is_named_where_another_compiler_would_hide_it(machine):
    machine.rust(OLD, debian=False)
    machine.packages({"rustc-web": "1.96.0+dfsg1-1~deb13u1", "rustup": "1.27.1-1"})
    assert machine.line().endswith(RUSTUP)


def test_a_rustup_that_is_there_updates_its_compiler(machine):
    machine.rust(OLD, debian=False)
    machine.command("rustup", "exit 0")
    machine.packages({"rustc-web": "1.96.0+dfsg1-1~deb13u1"})
    assert machine.line().endswith(UPDATE)


def test_a_rustup_behind_an_old_compiler_is_put_first_on_the_path(machine):
    machine.rust(OLD, debian=True)
    own = machine.command("rustup", "exit 0", "own").parent
    assert machine.line(own).endswith(f'{UPDATE} && export PATH="{own}:$PATH"')
