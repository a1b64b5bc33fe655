"""What the native module returns under names: `Validation`, `Entry` and `Head` of its stub."""

import ast
import json
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
STUB = HERE.parents[1] / "python/_saguarota-stubs/__init__.pyi"
VALUES = [
    {"version": 9, "total": 1, "sorted": True, "signed": True, "extended": True, "sha256": True},
    {
        **{"version": 0, "total": 2, "sorted": False},
        **{"signed": False, "extended": False, "sha256": False},
    },
    {
        **{"path": "version", "local": 2, "version": 3, "md5": "cD" * 16, "due": True},
        **{"index": 1, "size": 70_000_000_000, "sha256": "ab" * 32},
    },
    {
        **{"path": "a", "local": 0, "version": 2, "md5": None, "due": True},
        **{"index": 1, "size": None, "sha256": None},
    },
    {
        **{"status": 206, "framed": True, "redirect": None},
        **{"validator": '"x"', "start": 3, "size": 5},
    },
    {
        **{"status": 301, "framed": False, "redirect": "/elsewhere"},
        **{"validator": None, "start": None, "size": None},
    },
    {
        **{"status": 200, "framed": True, "redirect": None},
        **{"validator": None, "start": None, "size": 3},
    },
]


def declared():
    """Class -> {attribute: names of its types}, as the stub has them."""
    return {
        node.name: {
            child.target.id: set(ast.unparse(child.annotation).split(" | "))
            for child in node.body
            if isinstance(child, ast.AnnAssign)
        }
        for node in ast.parse(STUB.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.decorator_list
    }


@pytest.fixture(params=["dist", "plain"], ids=["packed", "plain"])
def records(request, micropython):
    """What device/records.py has to say, of each record."""
    names = {kind: list(types) for kind, types in declared().items()}
    done = subprocess.run(
        [micropython, "-c", f"import records\nrecords.run({names!r})"],
        env={"MICROPYPATH": f"{request.getfixturevalue(request.param)}:{HERE / 'device'}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_attribute_has_the_value_of_its_name(records):
    assert [record["values"] for record in records] == VALUES


def test_the_attributes_are_those_of_the_stub_with_its_types(records):
    seen = {kind: {name: set() for name in types} for kind, types in declared().items()}
    assert set(seen) == {"Validation", "Entry", "Head"}
    for record in records:
        assert set(record["all"]) == {"__class__", *seen[record["kind"]]}
        for name, found in record["types"].items():
            seen[record["kind"]][name].add("None" if found == "NoneType" else found)
    assert seen == declared()


def test_other_names_and_changes_are_attribute_errors(records):
    for record in records:
        assert all(text.startswith("AttributeError: ") for text in record["refused"]), record
        assert len(record["refused"]) == 8 and record["untouched"]


def test_a_record_takes_no_more_heap_than_a_tuple(records):
    """Those whose items take none of their own."""
    small = [record for record in records if not {"str"} & set(record["types"].values())]
    assert {record["kind"] for record in small} == {"Validation", "Head"}
    for record in small:
        assert record["bytes"] == record["tuple"] > 0
