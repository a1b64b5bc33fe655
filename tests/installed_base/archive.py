"""The archives of images: a folder for each version of the package, with index.json and the images
in images.tar.xz. README.md describes the index."""

import io
import json
import tarfile
from functools import cache, lru_cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def versions():
    """The folders that there are."""
    return sorted(path.parent for path in FOLDER.glob("*/index.json"))


@cache
def index(folder):
    """A folder's index."""
    return json.loads((folder / "index.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def images(folder):
    """{"KIND/NAME": bytes} of all images of a folder."""
    with tarfile.open(folder / "images.tar.xz") as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def write(folder, facts, kept):
    """Make a folder of an index without its images, and of {"KIND/NAME": Kept}. One that is there
    already raises FileExistsError: what an older version has made is never made again."""
    folder.mkdir()
    entries = [{"image": name, **one.facts} for name, one in kept.items()]
    text = json.dumps({**facts, "images": entries}, indent=1)
    (folder / "index.json").write_text(text + "\n", encoding="utf-8")
    with tarfile.open(folder / "images.tar.xz", "w:xz", preset=9) as archive:
        for name, one in kept.items():
            member = tarfile.TarInfo(name)
            member.size = len(one.image)
            archive.addfile(member, io.BytesIO(one.image))
