"""The updater's own files: the module that names them, its list of them, the documentation."""

import ast
import re
from pathlib import Path

from own_files import ENDINGS, PATHS

ROOT = Path(__file__).resolve().parents[2]


def constants():
    """The endings that the module makes names of."""
    found = []
    for node in ast.parse(PATHS.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            found += node.value.args[0].value.split()
    return found


def test_the_list_has_each_file_that_the_paths_module_names():
    listed = [end for end in ENDINGS if not end.endswith("2") and end not in ("nil", "zzz")]
    assert sorted(listed) == sorted(constants()) and len(listed) > 10


def test_each_copy_in_the_list_is_of_a_file_that_is_named():
    copies = [end for end in ENDINGS if end.endswith("2")]
    assert {end[:2] for end in copies} <= {end[:2] for end in constants()}


def test_the_api_page_lists_each_file_of_the_updater():
    page = (ROOT / "docs/API.md").read_text(encoding="utf-8")
    table = page.partition("## Files on the device")[2].partition("These are the updater")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"\.(\w{3})`", " ".join(rows))) == sorted([*ENDINGS, "txt"])
