"""docs/CONTRACT.md is complete, and each of its promises has a test that exists."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from saguarota.py3utils import OTAManifestBuilder, OTAManifestServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/CONTRACT.md").read_text(encoding="utf-8")
DEVICE = ROOT / "python/saguarota"
COMMANDS = {"make bench", "make power"}

# What applications are written for, names, order and defaults.
UPDATER = """
manifest_url, base_file_url, dest_dir=".", force_update=False, recurse_http_fs=False,
ota_state_file=None, local_manifest_file=None, application_name=None, http_timeout_s=5,
backup_skip_extensions=None, backup_skip_prefixes=None, manifest_auth_key=None,
manifest_signature_field="signature", download_retries=1, retry_base_delay_ms=250,
resume_downloads=False, io_chunk_size=512, md5_chunk_size=512, strict_http_fs=True,
delete_files_not_in_manifest_policy="never", delete_files_not_in_manifest_extensions=None,
progress_callback=None, **kwargs
"""
BUILDER = """
src_dir, auth_key=None, signature_field="signature", allowed_extensions=None,
exclude_prefixes=None, exclude_folders=None, followlinks=True, json_indent=2,
version_source="mtime", previous_manifest_path=None, reuse_unchanged_versions=False,
git_executable="git"
"""
SERVER = 'src_dir, host="localhost", port=8000, builder=None'


class Wrong(Exception):
    """What is wrong with a row."""


def rows(page):
    """(statement, cell of its tests) of each row of the page's tables."""
    found = re.findall(r"^\| (.*) \| (.*) \|$", page, re.MULTILINE)
    return [row for row in found if row not in (("promise", "tests"), ("---", "---"))]


def check(cell):
    """Raises Wrong unless the cell names tests that exist, and nothing else."""
    names = re.findall(r"`([^`]*)`", cell)
    if not names:
        raise Wrong("no test")
    if cell != ", ".join(f"`{name}`" for name in names):
        raise Wrong("more than names of tests")
    if not set(names) - COMMANDS:
        raise Wrong("no test but a measurement")
    for name in names:
        if name not in COMMANDS and name.split("::")[1:] not in found_in(name.split("::")[0]):
            raise Wrong(f"no such test: {name}")


def found_in(path):
    """The tests of a file, each a list of its name, or of its class and its name."""
    file = ROOT / path
    if not path.startswith("tests/") or not file.is_file():
        raise Wrong(f"no such file: {path}")
    source = file.read_text(encoding="utf-8")
    if path.endswith(".rs"):
        if not is_built(file):
            raise Wrong(f"not built: {path}")
        return [[name] for name in re.findall(r"#\[test\]\s+(?:#\[.*\]\s+)*fn (\w+)\s*\(", source)]
    tree = ast.parse(source)
    found = [[node.name] for node in tree.body if is_test(node)]
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            found += [[node.name, child.name] for child in node.body if is_test(child)]
    return found if file.name.startswith("test_") else []


def is_test(node):
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def is_built(file):
    """Whether cargo builds it: as a test of its own, or as a module of one."""
    if f'path = "{file.relative_to(ROOT)}"' in (ROOT / "Cargo.toml").read_text():
        return True
    module = re.compile(rf"^mod {file.stem};", re.MULTILINE)
    return any(module.search(other.read_text()) for other in file.parent.glob("*.rs"))


@pytest.mark.parametrize(
    "cell",
    [cell for _, cell in rows(PAGE)],
    ids=[statement.replace("`", "")[:60] for statement, _ in rows(PAGE)],
)
def test_each_promise_has_its_tests(cell):
    check(cell)


def test_contract_page_has_over_150_promises_and_none_twice():
    assert len(rows(PAGE)) > 150
    assert len({statement for statement, _ in rows(PAGE)}) == len(rows(PAGE))


THIS = "tests/host/test_contract.py"


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("", "no test"),
        ("-", "no test"),
        ("to be written", "no test"),
        ("`make bench`", "no test but a measurement"),
        (
            f"`{THIS}::test_contract_page_has_over_150_promises_and_none_twice`, some day more",
            "more than names",
        ),
        (
            "`test_contract.py::test_contract_page_has_over_150_promises_and_none_twice`",
            "no such file",
        ),
        (
            "`tests/host/test_nothing.py::test_contract_page_has_over_150_promises_and_none_twice`",
            "no such file",
        ),
        (f"`{THIS}`", "no such test"),
        (f"`{THIS}::test_no_such_thing`", "no such test"),
        (f"`{THIS}::rows`", "no such test"),
        (
            f"`{THIS}::TestThat::test_contract_page_has_over_150_promises_and_none_twice`",
            "no such test",
        ),
        ("`tests/host/test_builder.py::test_writes_what_it_returns`", "no such test"),
        ("`tests/support.py::entry`", "no such test"),
        ("`tests/vectors/manifest.rs::no_such_test`", "no such test"),
        ("`tests/vectors/path_hashes.rs::main`", "no such test"),
    ],
)
def test_wrong_rows_are_noticed(cell, what):
    """The test's own test."""
    ((_, found),) = rows(f"| promise | tests |\n| --- | --- |\n| It works | {cell} |\n")
    with pytest.raises(Wrong, match=what):
        check(found)


def test_rows_that_name_existing_tests_are_accepted():
    check(f"`{THIS}::test_contract_page_has_over_150_promises_and_none_twice`, `make bench`")
    check("`tests/host/test_builder.py::TestWriteManifest::test_writes_what_it_returns`")
    check("`tests/vectors/path_hashes.rs::members_are_the_beginnings_of_md5s`")
    # Within proptest!, and in a file that is a module of another.
    check("`tests/vectors/path_hashes.rs::sorting_is_sorting`")
    check("`tests/vectors/listing_pages.rs::nginx_autoindex`")


# -- nothing is left out --


def parse(path):
    return ast.parse((DEVICE / path).read_text(encoding="utf-8"))


def class_of(tree, name):
    return next(node for node in tree.body if getattr(node, "name", None) == name)


def updater():
    return class_of(parse("updater.pyi"), "OTAUpdater")


def words():
    """What has to be on the page, and where it comes from."""
    modules = [path.name for path in sorted(DEVICE.glob("*.py"))]
    for node in updater().body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            for argument in node.args.args[1:] + node.args.kwonlyargs:
                yield argument.arg, "option"
        elif isinstance(node, ast.FunctionDef):
            yield node.name + "()", "method"
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id, "attribute"
    for name in modules:
        for node in ast.walk(parse(name)):
            method = getattr(getattr(node, "func", None), "attr", None)
            if method == "_event" and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value, "event"
    for node in parse("const.pyi").body:
        if isinstance(node, ast.ClassDef):
            for child in node.body:
                if isinstance(child, ast.Assign) and isinstance(child.value, ast.Constant):
                    yield child.value.value, node.name
                    yield child.targets[0].id, node.name
    for thing in (OTAManifestBuilder, OTAManifestServer):
        for name in inspect.signature(thing).parameters:
            yield name, "option"
        for name, value in vars(thing).items():
            if name[0] != "_" and inspect.isfunction(value):
                yield name + "()", "method"


def test_every_word_of_the_api_has_a_row():
    kinds = {}
    for word, kind in words():
        kinds.setdefault(kind, set()).add(word)
    # If one of these is not found, the search is wrong.
    assert {"io_chunk_size", "ssl_context", "git_executable", "port"} <= kinds["option"]
    assert {"revert_update()", "write_manifest()", "stop()"} <= kinds["method"]
    assert {"update_applied", "file_delete_extra", "download_progress"} <= kinds["event"]
    assert {"MD5", "md5_mismatch"} <= kinds["OTAErrorCode"]
    statements = "\n".join(statement for statement, _ in rows(PAGE))
    missing = [
        (kind, word)
        for kind, found in sorted(kinds.items())
        for word in sorted(found)
        if not said(word, statements)
    ]
    assert missing == []


def said(word, statements):
    """Whether the word stands in backquotes, alone or in an expression."""
    end = r"\(" if word.endswith("()") else r"(?!\w)"
    name = re.escape(word.removesuffix("()"))
    return any(
        re.search(rf"(?<!\w){name}{end}", code) for code in re.findall("`(.*?)`", statements)
    )


# -- signatures --


def named(text):
    """(name, default) of parameters as they are written; `...` where there is no default."""
    arguments = ast.parse(f"def f({text}): pass").body[0].args
    names = [argument.arg for argument in arguments.args]
    defaults = [ast.literal_eval(default) for default in arguments.defaults]
    return list(zip(names, [...] * (len(names) - len(defaults)) + defaults)), arguments.kwarg


def test_the_updater_has_the_signature_of_the_contract():
    (init,) = (node for node in updater().body if getattr(node, "name", "") == "__init__")
    text = ast.unparse(init.args).replace("OTADeletePolicy.NEVER", "'never'")
    found, more = named(text)
    assert found[1:] == named(UPDATER)[0]
    assert more is not None


@pytest.mark.parametrize(
    ("thing", "text"), [(OTAManifestBuilder, BUILDER), (OTAManifestServer, SERVER)]
)
def test_the_host_has_the_signatures_of_the_contract(thing, text):
    """What is added comes behind, and has a default."""
    found = [
        (name, ... if parameter.default is inspect.Parameter.empty else parameter.default)
        for name, parameter in inspect.signature(thing).parameters.items()
    ]
    wanted = named(text)[0]
    assert found[: len(wanted)] == wanted
    assert all(default is not ... for _, default in found[len(wanted) :])


def test_signatures_are_compared_in_constant_time():
    """No test can measure this. So it checks who compares: the crate `hmac`, which promises it."""
    source = (ROOT / "src/manifest/signature.rs").read_text(encoding="utf-8")
    assert "use hmac::{KeyInit, Mac, SimpleHmac};" in source
    (line,) = (line for line in source.splitlines() if "verify_slice" in line)
    assert line.strip() == "ManuallyDrop::into_inner(self.mac).verify_slice(digest).is_ok()"
    assert not re.search(r"(==|!=) *\*?digest|digest *(==|!=)", source)
