"""`pip install .`: what it installs works without the repository."""

import importlib.metadata
import json
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


@pytest.mark.timeout(300)
def test_pip_installed_package_works_without_the_repository(put, tmp_path, site):
    use = [sys.executable, "-c", USE, str(site), str(put("a.py"))]
    done = subprocess.run(
        use, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(site)}
    )
    assert done.returncode == 0, done.stderr
    assert [file["path"] for file in json.loads(done.stdout)["files"]] == ["a.py"]

    installed = {path.relative_to(site).as_posix() for path in site.rglob("*")}
    assert {"saguarota/py.typed", "saguarota/version.py"} <= installed
    source = {path.relative_to(ROOT / "python").as_posix() for path in ROOT.glob("python/**/*.pyi")}
    assert source <= installed
    assert not [path for path in installed if path.endswith((".mpy", ".so"))]
    (distribution,) = importlib.metadata.distributions(path=[str(site)])
    assert distribution.version == __version__
    assert distribution.metadata["License-Expression"] == "MIT"
