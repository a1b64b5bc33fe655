"""`pip install .`: what it installs works without the repository."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from saguarota.version import __version__

ROOT = Path(__file__).parents[2]
USE = """
import json, sys
import saguarota.py3utils
from saguarota import OTAManifestBuilder, OTAManifestServer
assert OTAManifestBuilder is saguarota.py3utils.OTAManifestBuilder
assert saguarota.py3utils.__file__.startswith(sys.argv[1]), saguarota.py3utils.__file__
with OTAManifestServer(sys.argv[2], port=0) as server:
    print(json.dumps(server.builder.generate_manifest_data()))
"""


def isolation():
    """Spare pip the download of setuptools where it is installed in the version that is needed."""
    try:
        version = importlib.metadata.version("setuptools")
    except importlib.metadata.PackageNotFoundError:
        return []
    return ["--no-build-isolation"] if int(version.split(".")[0]) >= 77 else []


@pytest.mark.timeout(300)
def test_pip_install(put, tmp_path):
    # A copy, for setuptools leaves its traces in the folder that it builds from.
    project, target = tmp_path / "project", tmp_path / "site"
    shutil.copytree(
        ROOT / "python",
        project / "python",
        ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"),
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, project)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir"]
    pip += ["--disable-pip-version-check", *isolation(), "--target", str(target), str(project)]
    done = subprocess.run(pip, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    use = [sys.executable, "-c", USE, str(target), str(put("a.py"))]
    done = subprocess.run(
        use, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(target)}
    )
    assert done.returncode == 0, done.stderr
    assert [file["path"] for file in json.loads(done.stdout)["files"]] == ["a.py"]

    installed = {path.relative_to(target).as_posix() for path in target.rglob("*")}
    assert {"saguarota/py.typed", "saguarota/version.py"} <= installed
    source = {path.relative_to(ROOT / "python").as_posix() for path in ROOT.glob("python/**/*.pyi")}
    assert source <= installed
    assert not [path for path in installed if path.endswith((".mpy", ".so"))]
    (distribution,) = importlib.metadata.distributions(path=[str(target)])
    assert distribution.version == __version__
    assert distribution.metadata["License-Expression"] == "MIT"
