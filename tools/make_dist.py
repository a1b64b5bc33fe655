"""Puts together what a device of one architecture needs.

    make_dist.py FOLDER NATIVE PACKAGE [--url URL]

FOLDER (dist/ARCH_ABI) becomes NATIVE, the native module, as `_saguarota.mpy`, PACKAGE, a folder,
as `saguarota/`, and `package.json`, which MicroPython's `mip` and `mpremote mip` install from;
whatever else is in FOLDER goes. URL is where FOLDER will be served from: the paths in package.json
begin with it. Without, they are relative to package.json, which mip understands from MicroPython
1.25 on.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
from saguarota.version import __version__

NATIVE = "_saguarota.mpy"
INDEX = "package.json"


def package_json(paths, url):
    """What mip reads: where each file goes, and where it comes from."""
    base = url.rstrip("/") + "/" if url else ""
    index = {"version": __version__, "urls": [[path, base + path] for path in paths], "deps": []}
    return json.dumps(index, indent=1) + "\n"


def put_together(folder, native, package, url=None):
    """Fills `folder`; returns its files as {path: bytes}, package.json aside."""
    files = {NATIVE: Path(native).read_bytes()}
    for path in sorted(Path(package).iterdir()):
        files["saguarota/" + path.name] = path.read_bytes()
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in files.items():
        target = Path(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    Path(folder, INDEX).write_text(package_json(files, url), encoding="utf-8")
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("native")
    parser.add_argument("package")
    parser.add_argument("--url", help="where the folder will be served from")
    args = parser.parse_args()
    files = put_together(args.folder, args.native, args.package, args.url)
    total = sum(map(len, files.values()))
    print(
        f"{args.folder}: {len(files)} files, {total} bytes,"
        f" of them {len(files[NATIVE])} the native module"
    )


if __name__ == "__main__":
    main()
