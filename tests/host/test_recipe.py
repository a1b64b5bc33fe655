"""The recipes for CI, run as they are written, by a shell, with the package as pip installs it."""

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from host_tree import git

RELEASES = Path(__file__).parents[2] / "docs/RELEASES.md"
T = 1_600_000_000
KEY = "the key of the release"
# Word by word what users of SaguarOTA have in their workflows.
CONTRACT = """\
python - <<'PY'
from pathlib import Path
from saguarota.py3utils import OTAManifestBuilder

payload_dir = Path("ota_payload")
manifest_path = payload_dir / "versions.json"

builder = OTAManifestBuilder(
    src_dir=str(payload_dir),
    allowed_extensions={".py", ".mpy", ".json"},
    exclude_folders={"tests", "examples", "docs"},
    version_source="git_commit_time",
    previous_manifest_path=str(manifest_path),
    reuse_unchanged_versions=True,
)
manifest = builder.write_manifest(str(manifest_path))
print("Manifest version:", manifest["version"])
print("File count:", len(manifest["files"]))
PY
"""

pytestmark = pytest.mark.timeout(300)


class Pipeline:
    """A repository, and runs of a recipe in fresh clones of it, as CI has them."""

    def __init__(self, folder, site):
        self.origin = folder / "origin"
        self.clones = folder / "clones"
        self.site = site
        self.origin.mkdir()
        self.clones.mkdir()
        # The recipes say `python`, which is this one.
        (folder / "bin").mkdir()
        (folder / "bin/python").symlink_to(sys.executable)
        self.path = f"{folder / 'bin'}:{os.environ['PATH']}"
        git(self.origin, "init", "-q", "-b", "main")

    def commit(self, time, **contents):
        for path, content in contents.items():
            file = self.origin / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        git(self.origin, "add", "-A")
        git(self.origin, "commit", "-q", "-m", "x", env={"GIT_COMMITTER_DATE": f"@{time} +0000"})

    def clone(self, *options):
        where = self.clones / str(len(list(self.clones.iterdir())))
        git(self.clones, "clone", "-q", *options, self.origin.as_uri(), where)
        return where

    def run(self, recipe, where, said=""):
        env = {**os.environ, "PATH": self.path, "PYTHONPATH": str(self.site), "OTA_KEY": KEY}
        done = subprocess.run(
            ["bash", "-e", "-c", recipe], cwd=where, env=env, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, said)
        return done.stdout


@pytest.fixture
def pipeline(tmp_path, site, plain_git):
    return Pipeline(tmp_path, site)


def versions(manifest):
    return {file["path"]: file["version"] for file in manifest["files"]}


@pytest.mark.parametrize("depth", [[], ["--depth", "1"]], ids=["whole", "shallow"])
def test_ci_recipe_of_the_contract_works_in_whole_and_shallow_clones(pipeline, depth):
    contents = {
        "main.py": "1",
        "lib/a.mpy": "2",
        "conf.json": "{}",
        "notes.txt": "not listed",
        "test_main.py": "not listed",
        "tests/x.py": "not listed",
        "lib/examples/x.py": "not listed",
        "docs/x.py": "not listed",
    }
    pipeline.commit(T, **{f"ota_payload/{path}": text for path, text in contents.items()})
    pipeline.commit(T + 10, **{"ota_payload/lib/a.mpy": "3"})

    clone = pipeline.clone(*depth)
    assert pipeline.run(CONTRACT, clone) == f"Manifest version: {T + 10}\nFile count: 3\n"
    written = (clone / "ota_payload/versions.json").read_text()
    first = json.loads(written)
    # A shallow clone has no older commit to tell.
    older = T + 10 if depth else T
    assert versions(first) == {"conf.json": older, "lib/a.mpy": T + 10, "main.py": older}
    md5s = {file["path"]: file["md5"] for file in first["files"]}
    assert md5s["lib/a.mpy"] == hashlib.md5(b"3").hexdigest()

    pipeline.commit(T + 20, **{"ota_payload/versions.json": written})
    pipeline.commit(T + 30, **{"ota_payload/main.py": "4"})
    clone = pipeline.clone(*depth)
    assert pipeline.run(CONTRACT, clone) == f"Manifest version: {T + 30}\nFile count: 3\n"
    second = json.loads((clone / "ota_payload/versions.json").read_text())
    assert versions(second) == {**versions(first), "main.py": T + 30}
    assert pipeline.run(CONTRACT, clone) == f"Manifest version: {T + 30}\nFile count: 3\n"
    assert json.loads((clone / "ota_payload/versions.json").read_text()) == second


def test_releases_recipe_signs_and_reuses_versions_in_a_shallow_clone(pipeline):
    """The recipe of this project's own page; the test does what its `curl` does."""
    found = re.search(r"^ *python - <<'(\w+)'\n.*?^ *\1$", RELEASES.read_text(), re.M | re.S)
    recipe = textwrap.dedent(found[0])
    pipeline.commit(T, **{"firmware/main.py": "1", "firmware/lib/a.py": "2"})
    clone = pipeline.clone()
    assert pipeline.run(recipe, clone) == f"{T} 2 files\n"
    first = json.loads((clone / "firmware/versions.json").read_text())
    assert versions(first) == {"lib/a.py": T, "main.py": T}

    pipeline.commit(T + 30, **{"firmware/main.py": "4"})
    # Here every file seems to be of the last commit; the previous manifest knows better.
    clone = pipeline.clone("--depth", "1")
    (clone / "previous.json").write_text(json.dumps(first))
    assert pipeline.run(recipe, clone) == f"{T + 30} 2 files\n"
    second = json.loads((clone / "firmware/versions.json").read_text())
    assert versions(second) == {"lib/a.py": T, "main.py": T + 30}
    payload = "\n".join(
        [f"v={T + 30}"]
        + [f"{file['path']}\t{file['version']}\t{file['md5']}" for file in second["files"]]
    )
    expected = hmac.new(KEY.encode(), payload.encode(), hashlib.sha256).hexdigest()
    assert second["signature"] == expected


def test_command_line_recipe_makes_the_same_manifest_as_the_python_one(pipeline):
    """Its other recipe makes the same manifest, and finds it right."""
    page = RELEASES.read_text()
    recipe = next(
        block
        for block in re.findall(r"^```sh\n(.*?)^```$", page, re.M | re.S)
        if "previous.json" in block
    )
    pipeline.commit(T, **{"firmware/main.py": "1", "firmware/lib/a.py": "2"})
    clone = pipeline.clone()
    wrote = f"firmware/versions.json: 2 files, version {T}, signed\n"
    assert pipeline.run(recipe, clone, said=wrote).startswith("firmware/versions.json: ")
    by_command = (clone / "firmware/versions.json").read_bytes()
    python = re.search(r"^ *python - <<'(\w+)'\n.*?^ *\1$", page, re.M | re.S)
    pipeline.run(textwrap.dedent(python[0]), clone)
    assert (clone / "firmware/versions.json").read_bytes() == by_command
