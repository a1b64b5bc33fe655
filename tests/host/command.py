"""Runs the command line as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

PYTHON = Path(__file__).parents[2] / "python"


def command(*arguments):
    """The command line's words."""
    return [sys.executable, "-m", "saguarota", *map(str, arguments)]


def environment(**variables):
    """The environment in which the package is found."""
    return {**os.environ, "PYTHONPATH": str(PYTHON), **variables}


def run(*arguments, code=0, env=(), **options):
    """Run it to its end; `code` is what it must exit with."""
    options = {"capture_output": True, "encoding": "utf-8", "timeout": 60, **options}
    done = subprocess.run(command(*arguments), env=environment(**dict(env)), **options)
    assert done.returncode == code, done
    return done


def error(*arguments, **options):
    """Run what must fail with exit code 2; returns the one line on stderr."""
    done = run(*arguments, code=2, **options)
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("python -m saguarota"), line
    return line
