"""How the modules of the device's package depend on each other."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "python/saguarota"
# On a device, these do not exist or do nothing.
_HOST = ("__init__", "__main__", "version", "manifest")
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem not in _HOST)


def loaded(name):
    """The modules that a module loads in a function, by name."""
    return set(re.findall(r"\bload\(\"(\w+)\"", (PACKAGE / f"{name}.py").read_text()))


def imports(name):
    """The modules of the package that a module imports from, at its top or in a function."""
    found = loaded(name)
    for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
    return found


def imports_by_name(name):
    """The modules of which a module imports names, rather than the module."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            found.add(node.module)
    return found


def imports_late(name):
    """The modules of the package that a module imports in a function."""
    found = set()
    for function in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text())):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and node.level:
                    found |= {alias.name for alias in node.names}
    return found


def used_at_once(name):
    """The modules that a module loads to use one function each time, and holds no longer."""
    return set(re.findall(r"\bload\(\"(\w+)\"\)\.", (PACKAGE / f"{name}.py").read_text()))


def called(name):
    """The modules that a module loads for one call."""
    return set(re.findall(r"\bcall\(\s*\"(\w+)\"", (PACKAGE / f"{name}.py").read_text()))


def reaches(name):
    """All that a module imports, and what these import."""
    seen = set()
    left = [name]
    while left:
        for other in imports(left.pop()) - seen:
            seen.add(other)
            left.append(other)
    return seen


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_in_a_circle_of_imports(name):
    assert name not in reaches(name)


def test_fs_imports_nothing_of_the_package():
    assert imports("fs") == set()


def test_a_module_that_is_called_is_held_nowhere():
    """Its functions would have lost all that they use."""
    emptied = set().union(*map(called, MODULES))
    assert len(emptied) > 10
    assert emptied <= set(MODULES)
    held = set().union(*(imports(name) - used_at_once(name) for name in MODULES))
    assert emptied & held == set()


@pytest.mark.parametrize("name", MODULES)
def test_modules_import_modules_and_names_of_const_alone(name):
    """The front of the packed modules can be asked for a module, not for what is in it."""
    assert imports_by_name(name) <= {"const"}


@pytest.mark.parametrize("name", MODULES)
def test_functions_load_modules_rather_than_import_them(name):
    """An import in a function would ask the packed front at a time when it answers nobody."""
    assert imports_late(name) == set()
