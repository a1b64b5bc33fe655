"""The type stubs say what the code is: names, parameters, defaults, values."""

import ast
import json
import subprocess
from pathlib import Path

import pytest

PYTHON = Path(__file__).parents[2] / "python"
NATIVE = PYTHON / "_saguarota-stubs" / "__init__.pyi"
NAMES = """
import json, {module}
names = [("", {module})] + [(name, getattr({module}, name)) for name in {classes!r}]
print(json.dumps([[name, dir(thing)] for name, thing in names]))
"""


def parse(path):
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def classes(tree, only_checked=False):
    """Name -> class, of those that exist when the module runs; or of those that only type checkers
    know."""
    return {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and bool(node.decorator_list) == only_checked
    }


def public(names):
    """Names without a leading underscore, `__version__` and `__init__` excepted."""
    return {name for name in names if name in ("__version__", "__init__") or name[0] != "_"}


def functions(node):
    """Name -> (parameters with their defaults) of a class's public methods."""
    found = {child.name: child for child in node.body if isinstance(child, ast.FunctionDef)}
    return {name: parameters(found[name].args) for name in public(found)}


def parameters(arguments):
    positional = [argument.arg for argument in arguments.posonlyargs + arguments.args]
    defaults = [ast.unparse(default) for default in arguments.defaults]
    pairs = [*zip(reversed(positional), reversed(defaults))]
    required = positional[: len(positional) - len(pairs)]
    by_name = [
        (argument.arg, ast.unparse(default))
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults)
    ]
    others = getattr(arguments.kwarg, "arg", None)
    return required, pairs[::-1], arguments.vararg, by_name, others


def assigned(node):
    """Name -> value, as source text, of a class's own attributes."""
    found = {}
    for child in node.body:
        if isinstance(child, ast.Assign):
            found[child.targets[0].id] = ast.unparse(child.value)
        elif isinstance(child, ast.AnnAssign):
            found[child.target.id] = ast.unparse(child.value) if child.value else None
    return found


def on_self(node):
    """Names of the attributes that the methods of a class set."""
    return {
        child.attr
        for child in ast.walk(node)
        if isinstance(child, ast.Attribute)
        and isinstance(child.ctx, ast.Store)
        and isinstance(child.value, ast.Name)
        and child.value.id == "self"
    }


def declared(tree):
    """The public names that a module's stub declares, those in its classes not among them."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.AnnAssign):
            names.add(node.target.id)
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            # `import x as x` is how a stub says that a name is for its users.
            names |= {alias.asname for alias in node.names if alias.asname}
    return public(names | set(classes(tree)))


def names_on_device(micropython, dist, module, of_classes=()):
    """Class name ("" for the module itself) -> its public names, as MicroPython has them."""
    done = subprocess.run(
        [micropython, "-c", NAMES.format(module=module, classes=list(of_classes))],
        capture_output=True,
        text=True,
        env={"MICROPYPATH": str(dist)},
    )
    assert done.returncode == 0, done.stderr
    return {name: public(found) for name, found in json.loads(done.stdout)}


def test_updater_stub_has_the_methods_and_parameters_of_the_code():
    stub = classes(parse(PYTHON / "saguarota/updater.pyi"))["OTAUpdater"]
    source = classes(parse(PYTHON / "saguarota/updater.py"))["OTAUpdater"]
    # The constructor's body is elsewhere, so that it can leave the heap.
    config = functions(parse(PYTHON / "saguarota/config.py"))["config"]
    assert functions(stub) == {**functions(source), "__init__": config}
    assert "manifest_url" in config[0]


def test_misspelt_options_are_compared_with_all_names():
    tree = parse(PYTHON / "saguarota/unknown_options.py")
    (names,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "NAMES"
    ]
    tree = parse(PYTHON / "saguarota/config.py")
    required, optional, _, by_name, _ = functions(tree)["config"]
    parameters = [*required[1:], *(name for name, _ in [*optional, *by_name])]
    assert names.split() == parameters
    assert "max_unconfirmed_boots" in parameters


def test_every_attribute_of_the_updater_stub_exists_in_the_code():
    stub = classes(parse(PYTHON / "saguarota/updater.pyi"))["OTAUpdater"]
    source = classes(parse(PYTHON / "saguarota/updater.py"))["OTAUpdater"]
    names = set(assigned(stub))
    assert set(assigned(source)) <= names
    # The constructor sets those that this dictionary has.
    (made,) = [
        {key.value for key in node.keys}
        for node in ast.walk(parse(PYTHON / "saguarota/config.py"))
        if isinstance(node, ast.Dict)
    ]
    assert names <= set(assigned(source)) | on_self(source) | made


def test_const_stub_has_the_classes_and_values_of_the_code():
    stub = classes(parse(PYTHON / "saguarota/const.pyi"))
    source = classes(parse(PYTHON / "saguarota/const.py"))
    assert set(stub) == {"OTAState", "OTAErrorCode", "OTADeletePolicy"}
    for name, node in stub.items():
        assert assigned(node) == assigned(source[name]), name


def test_package_exports_the_names_of_its_stub_on_device_and_host(micropython, dist):
    import saguarota

    stub = declared(parse(PYTHON / "saguarota/__init__.pyi"))
    device = names_on_device(micropython, dist, "saguarota")[""] & stub
    host = set(dir(saguarota)) & stub
    assert device | host == stub
    assert device == {"OTAUpdater", "OTAState", "OTAErrorCode", "OTADeletePolicy", "__version__"}
    assert host == {"OTAManifestBuilder", "OTAManifestServer", "__version__"}


def test_native_module_has_exactly_the_names_of_its_stub(micropython, dist):
    tree = parse(NATIVE)
    stub = {"": declared(tree)}
    for name, node in classes(tree).items():
        if name[0] != "_":
            stub[name] = set(functions(node)) - {"__init__"}
    found = names_on_device(micropython, dist, "_saguarota", sorted(set(stub) - {""}))
    assert found == stub
    assert set(stub) == {"", "Listing", "Manifest", "Response"}


def test_native_functions_have_as_many_parameters_as_in_their_stub(micropython, dist):
    """MicroPython says how many parameters a native function takes when it gets too many."""
    tree = parse(NATIVE)
    calls = {
        f"_saguarota.{node.name}": node for node in tree.body if isinstance(node, ast.FunctionDef)
    }
    made = {
        "Listing": '_saguarota.Listing("", "")',
        "Manifest": '_saguarota.Manifest(io.BytesIO(b""), bytearray(1), "", "s")',
        "Response": "_saguarota.Response(bytearray(1))",
    }
    for name, maker in made.items():
        for method in classes(tree)[name].body:
            if isinstance(method, ast.FunctionDef):
                new = method.name == "__init__"
                calls[f"_saguarota.{name}" if new else f"{maker}.{method.name}"] = method
    for call, node in calls.items():
        count = len(node.args.posonlyargs + node.args.args)
        # A type does not count `self`, a bound method does.
        counted = count - 1 if node.name == "__init__" else count
        given = ", ".join(["None"] * 9)
        source = f"import io, _saguarota\ntry: {call}({given})\nexcept TypeError as e: print(e)"
        done = subprocess.run(
            [micropython, "-c", source],
            capture_output=True,
            text=True,
            env={"MICROPYPATH": str(dist)},
        )
        assert f"takes {counted} positional arguments" in done.stdout, (call, done)


@pytest.mark.parametrize(
    "path", [path.relative_to(PYTHON).as_posix() for path in sorted(PYTHON.rglob("*.pyi"))]
)
def test_every_public_name_of_a_stub_has_a_docstring(path):
    """Every public class, function and method of a stub has a docstring."""
    tree = parse(PYTHON / path)
    records = classes(tree, only_checked=True).values()
    for node in records:
        # Behind the class's own, one for each attribute.
        texts = [isinstance(child, ast.Expr) for child in node.body]
        assert texts == [True] + [False, True] * (len(texts) // 2), f"{path}: {node.name}"
    nodes = [tree, *classes(tree).values(), *records]
    for node in list(nodes):
        nodes += [child for child in node.body if isinstance(child, ast.FunctionDef)]
    for node in nodes:
        name = getattr(node, "name", path)
        if name[0] != "_" or name == "__init__":
            inside_private = any(
                node in owner.body for key, owner in classes(tree).items() if key[0] == "_"
            )
            assert ast.get_docstring(node) or inside_private, f"{path}: {name}"
