"""The documentation is about this code: examples compile, links lead somewhere, names exist."""

import ast
import hmac
import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from saguarota.py3utils import OTAManifestBuilder, OTAManifestServer, cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
API = ROOT / "docs/API.md"
HOST = ROOT / "docs/HOST.md"
MANIFEST = ROOT / "docs/MANIFEST.md"
NATIVE = ROOT / "docs/NATIVE.md"
DEVICE = ROOT / "python/saguarota"
KEY = "correct horse"
VERIFY = """
import sys
from _saguarota import Manifest
with open(sys.argv[1], "rb") as file:
    manifest = Manifest(file, bytearray(64), "", "signature")
    found = manifest.validate()
    print(found.version, found.total, found.sorted, found.signed, found.extended)
    print(found.sha256, manifest.verify(sys.argv[2]))
"""

documents = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
)


def text(path):
    return Path(path).read_text(encoding="utf-8")


def blocks(document, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text(document), re.MULTILINE | re.DOTALL)


def prose(document):
    """A document without its code blocks, in which nothing is a link."""
    return re.sub(r"^```.*?^```$", "", text(document), flags=re.MULTILINE | re.DOTALL)


def anchors(document):
    """The names that a heading may be linked by, as the usual viewers of Markdown make them."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE):
        kept = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(kept.strip().replace(" ", "-"))
    return found


def constructor(path, name):
    """Names of the options of a class."""
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.ClassDef) and node.name == name:
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    arguments = method.args.args[1:] + method.args.kwonlyargs
                    return [argument.arg for argument in arguments]
    raise AssertionError(f"{path}: no class {name} with a constructor")


def strings_of_calls(path, method):
    """First argument of each call of a method, where it is a string."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", None) == method
        and isinstance(node.args[0], ast.Constant)
    }


def test_readme_contributing_api_and_guide_exist():
    names = {path.relative_to(ROOT).as_posix() for path in DOCUMENTS}
    assert {"README.md", "CONTRIBUTING.md", "docs/API.md", "docs/GUIDE.md"} <= names


@documents
def test_document_has_at_most_400_lines_and_no_long_ones(document):
    """Short enough to be read; no long lines but those of tables and of what a program writes."""
    assert len(text(document).splitlines()) <= 400
    written = re.sub("<!-- figures: begin.*figures: end -->", "", prose(document), flags=re.DOTALL)
    long = [line for line in written.splitlines() if len(line) > 100 and line[0] != "|"]
    assert long == []


@documents
def test_python_examples_compile(document):
    for block in blocks(document, "python"):
        ast.parse(block, filename=str(document))


@documents
def test_names_that_examples_import_exist(document):
    """What examples import from the project is there."""
    names = {
        "saguarota": {"OTAUpdater", "OTAState", "OTAErrorCode", "OTADeletePolicy"},
        "saguarota.py3utils": {"OTAManifestBuilder", "OTAManifestServer"},
        "_saguarota": {"Listing", "Manifest", "Response", "digest", "extra", "quote"},
    }
    for block in blocks(document, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module in names:
                assert {alias.name for alias in node.names} <= names[node.module]


@documents
def test_options_in_examples_exist(document):
    """A device ignores an option that it does not know: nobody would notice a wrong name."""
    known = {
        "OTAUpdater": set(constructor(DEVICE / "updater.pyi", "OTAUpdater")),
        "OTAManifestBuilder": set(
            constructor(DEVICE / "py3utils/builder.py", "OTAManifestBuilder")
        ),
        "OTAManifestServer": set(constructor(DEVICE / "py3utils/server.py", "OTAManifestServer")),
    }
    for block in blocks(document, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in known:
                options = {keyword.arg for keyword in node.keywords}
                assert options <= known[node.func.id]


@documents
def test_links_resolve(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path) if path else document
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(target), f"{link}: no such heading"


@documents
def test_make_targets_in_documents_exist(document):
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", text(document), re.MULTILINE))
    assert named <= targets


@documents
def test_paths_in_documents_exist(document):
    """A file or folder that is named in backquotes, with a slash, is in the repository."""
    roots = "python|src|mpy_glue|micropython-sys|tests|tools|examples|benches|docs"
    for path in re.findall(rf"`((?:{roots})/[^`*<…:]*)(?:::\w+)*`", prose(document)):
        assert (ROOT / path).exists(), path


def test_every_module_is_on_the_map():
    page = text(ROOT / "CONTRIBUTING.md").partition("### The device's modules")[2].split("###")[0]
    modules = [*DEVICE.glob("*.py"), *DEVICE.glob("py3utils/*.py")]
    names = {path.stem for path in modules} - {"__init__", "__main__", "version"}
    assert {"updater", "rollback", "builder"} <= names
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_readme_has_the_sizes_of_the_x64_dist(dist):
    # The other folders' rows are compared by tests/firmware/test_dist.py.
    paths = [dist / "_saguarota.mpy", *dist.glob("saguarota/*")]
    sizes = [path.stat().st_size for path in paths]
    row = re.search(r"`x64_6.3`.*\| (\d+) \| (\d+) \|", text(ROOT / "README.md"))
    assert abs(int(row[1]) - sum(sizes)) < 1000
    assert abs(int(row[2]) - sizes[0]) < 500
    assert f"{len(sizes)} files of" in text(ROOT / "README.md")


def test_readme_names_the_two_commands():
    assert [block for block in blocks(ROOT / "README.md", "sh") if "make demo" in block] == [
        "make demo\nmake test\n"
    ]


@pytest.mark.parametrize(
    ("path", "name", "page"),
    [
        ("updater.pyi", "OTAUpdater", API),
        ("py3utils/builder.py", "OTAManifestBuilder", HOST),
        ("py3utils/server.py", "OTAManifestServer", HOST),
    ],
)
def test_options_are_documented(path, name, page):
    options = constructor(DEVICE / path, name)
    assert {"ssl_context", "host", "auth_key"} & set(options)
    for option in options:
        # The server's options stand in its call, `OTAManifestServer(src_dir, host=…)`.
        pattern = rf"`{option}`|`{name}\([^`]*\b{option}\b[^`]*`"
        assert re.search(pattern, text(page)), f"{name}: {option}"


def test_options_of_the_command_line_are_documented():
    verbs = cli.parser()._subparsers._group_actions[0].choices
    assert {"manifest", "verify", "serve"} <= set(verbs)
    for verb in verbs.values():
        for action in verb._actions:
            if action.option_strings and action.dest != "help":
                assert any(f"`{name}" in text(HOST) for name in action.option_strings), action


@documents
def test_command_lines_are_understood(document):
    for block in blocks(document, "sh"):
        for line in block.replace("\\\n", "").splitlines():
            words = shlex.split(line, comments=True)
            if words[:3] == ["python", "-m", "saguarota"]:
                cli.parser().parse_args(words[3:])


def test_defaults_are_documented():
    """The table of options gives the defaults that the constructor has."""
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| `([^`]*)` \|", text(API), re.MULTILINE))
    stub = ast.parse(text(DEVICE / "updater.pyi"))
    for node in ast.walk(stub):
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            names = [argument.arg for argument in node.args.args]
            pairs = list(zip(reversed(names), reversed(node.args.defaults)))
            by_name = [argument.arg for argument in node.args.kwonlyargs]
            pairs += zip(by_name, node.args.kw_defaults)
    assert {"io_chunk_size", "require_sha256"} <= {name for name, _ in pairs}
    # None stands for a class attribute here, of which the table gives the value.
    resolved = {
        "ota_state_file": "'ota_state.txt'",
        "local_manifest_file": "'versions.json'",
        "application_name": "'saguarota'",
    }
    for name, default in pairs:
        value = resolved.get(name, ast.unparse(default)).replace("'", '"')
        if name.startswith("backup_skip_"):
            continue
        assert rows[name] == value, name


def test_events_and_error_codes_are_documented():
    events = set().union(*(strings_of_calls(path, "_event") for path in DEVICE.glob("*.py")))
    assert {"update_applied", "file_delete_extra", "download_progress"} <= events
    codes = set(re.findall(r'= "([a-z0-9_]+)"', text(DEVICE / "const.pyi")))
    assert "md5_mismatch" in codes
    for word in events | codes:
        assert re.search(rf"`(?:OTADeletePolicy\.)?{word}`", text(API)), word


def test_skip_lists_are_documented():
    lists = re.findall(
        r"^    DEFAULT_BACKUP_SKIP_\w+ = (\(.*?\))$",
        text(DEVICE / "updater.py"),
        re.MULTILINE | re.DOTALL,
    )
    assert len(lists) == 2
    for names in lists:
        assert f"`{' '.join(ast.literal_eval(names))}`" in text(API)


def test_host_methods_are_documented():
    for thing in (OTAManifestBuilder, OTAManifestServer):
        for method in vars(thing):
            if method[0] != "_":
                assert re.search(rf"`{method}\b", text(HOST)), f"{thing.__name__}.{method}"


def test_signature_example_is_valid_on_host_and_device(micropython, dist, tmp_path):
    """The worked example of the signature holds, by independent code and on the device."""
    (manifest,) = blocks(MANIFEST, "json")
    (payload,) = (block for block in blocks(MANIFEST, "text") if block.startswith("v="))
    signature = json.loads(manifest)["signature"]
    expected = hmac.new(KEY.encode(), payload.rstrip("\n").encode(), "sha256").hexdigest()
    assert signature == expected

    file = tmp_path / "versions.json"
    for key, valid in ((KEY, True), (KEY + "\n", False)):
        file.write_text(manifest, encoding="utf-8")
        done = subprocess.run(
            [micropython, "-c", VERIFY, file, key],
            capture_output=True,
            text=True,
            env={"MICROPYPATH": str(dist)},
        )
        found = f"1700000123 2 True True False\nFalse {valid}\n"
        assert done.stdout == found, done.stderr

    (check,) = (block for block in blocks(MANIFEST, "python") if "hmac" in block)
    exec(compile(check, str(MANIFEST), "exec"), {})


def test_example_of_the_native_module_runs_on_a_device(micropython, dist, tmp_path):
    """The example of the native module runs."""
    (manifest,) = blocks(MANIFEST, "json")
    (example,) = (block for block in blocks(NATIVE, "python") if "_saguarota" in block)
    (tmp_path / "versions.json").write_text(manifest, encoding="utf-8")
    done = subprocess.run(
        [micropython, "-c", example],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"MICROPYPATH": str(dist)},
    )
    assert done.stdout.splitlines() == [
        "1700000123 2 True",
        "lib/util.py 1700000000",
        "main.py 1700000123",
    ], done.stderr
