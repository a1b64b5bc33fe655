"""Which names of the device's package become what: see ``shorten``.

A name means the same wherever it is an attribute, as nothing tells of which object it is one;
unless it is used by ``self`` alone, in a single class. A module's names are the same in others, but
for those that nobody else uses.
"""

import _thread
import ast
import builtins
import io
import itertools
import keyword
import socket
import ssl
import string
from collections import Counter, defaultdict

# What objects may be that are none of the package's; their attributes keep their names.
_TYPES = (str, bytes, bytearray, memoryview, list, tuple, dict, set, type, OSError, io.FileIO)
_TYPES += (io.TextIOWrapper, socket.socket, ssl.SSLContext, _thread.LockType)


def identifiers(tree):
    """The names in a tree, each as often as it occurs, but for parameters by place only."""
    by_place = [arg.arg for node in ast.walk(tree) for arg in getattr(node, "posonlyargs", [])]
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg"):
            name = getattr(node, field, None)
            if isinstance(name, str) and name not in by_place:
                yield name


def top_level(tree):
    """The names that a module or a class gives to what it holds."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from [target.id for target in node.targets]


class Names:
    """The new names.

    ``trees``: of the modules by name. ``unit_of``: the unit of each module. ``stubs``: trees of
    stubs, all names of which stay. ``static``: names that cost nothing.

    ``numbers``: ``(module, name)`` and value of what is nothing but a number. ``kept``: parameters
    that keep their names. ``local``: new names for the others. ``aliases``: by what name a unit is
    known in others.
    """

    def __init__(self, trees, unit_of, stubs, static):
        self.unit_of = unit_of
        self.numbers = dict(_assigned(trees, _is_number))
        # What MicroPython's const() makes; with an underscore, the name is not kept.
        self._constants = dict(_assigned(trees, _is_const))
        public = set().union(*map(identifiers, stubs))
        keywords = {name for tree in trees.values() for name in _keywords(tree)}
        self.kept = public | keywords | {"self"}
        self._fixed = self.kept.union(dir(builtins), trees, *map(dir, _TYPES))
        self._fixed.update(name for tree in trees.values() for name in _foreign(tree))
        self._fixed.update(text for tree in trees.values() for text in _strings(tree))
        # Of each attribute, who has it: a class, or None for any object.
        self._owners = defaultdict(set)
        self._stored = set()
        for module, tree in trees.items():
            self._find_attributes(tree, module, None)

        used = {module: set(identifiers(tree)) for module, tree in trees.items()}
        taken = set().union({"super"}, *used.values())
        letters = string.ascii_lowercase
        short = [*string.ascii_letters, *map("".join, itertools.product(letters, letters))]
        usable = [
            name
            for name in [*static, *short]
            if name.isidentifier() and not keyword.iskeyword(name) and name not in taken
        ]
        # Python looks for these in classes and modules, but not among variables.
        self.local = [name for name in usable if name.startswith("__")]
        usable = [name for name in usable if not name.startswith("__")]
        self._choose(trees, used, usable)

    def _find_attributes(self, node, module, owner):
        if isinstance(node, ast.ClassDef):
            owner = (module, node.name)
            for name in top_level(node):
                self._owners[name].add(owner)
                self._stored.add(name)
        elif isinstance(node, ast.Attribute):
            own = getattr(node.value, "id", None) == "self"
            self._owners[node.attr].add(owner if own else None)
            if isinstance(node.ctx, ast.Store):
                self._stored.add(node.attr)
        for child in ast.iter_child_nodes(node):
            self._find_attributes(child, module, owner)

    def _is_free(self, name):
        return name not in self._fixed and not name.startswith("__")

    def _choose(self, trees, used, usable):
        numbers = {name for _, name in self.numbers}
        defined = {module: set(top_level(tree)) - numbers for module, tree in trees.items()}
        anywhere = set().union(*defined.values())
        imports = list(_imports(trees.values()))
        seen = {alias.name for node in imports for alias in node.names}.union(self._owners)
        attributes = set(filter(self._is_free, self._stored))
        in_class = {
            name: next(iter(self._owners[name]))
            for name in attributes - anywhere
            if len(self._owners[name]) == 1 and None not in self._owners[name]
        }
        in_module = [
            (module, name)
            for module, names in defined.items()
            for name in sorted(filter(self._is_free, names - seen))
            if (module, name) not in self._constants
        ]
        shared = attributes.union(filter(self._is_free, anywhere & seen)) - set(in_class)

        # The first ones cost nothing; they go where they save most.
        modules = Counter(name for names in used.values() for name in names)
        order = sorted(shared, key=lambda name: (-modules[name] * (len(name) + 2), name))
        known = {
            self.unit_of[alias.name]
            for tree in trees.values()
            for node in _imports([tree], tree.body)
            if not node.module
            for alias in node.names
        }
        self.aliases = dict(zip(sorted(known), usable))
        usable = usable[len(self.aliases) :]
        self._shared = dict(zip(order, usable))

        in_unit = defaultdict(set)
        for module, names in used.items():
            in_unit[self.unit_of[module]] |= {self._shared[name] for name in names & shared}
        rest = {
            unit: iter([name for name in usable if name not in names])
            for unit, names in in_unit.items()
        }
        own = {(module, name): next(rest[self.unit_of[module]]) for module, name in in_module}

        of_objects = {self._shared[name] for name in shared & attributes}
        self._private = {}
        for owner in sorted(set(in_class.values())):
            unit = self.unit_of[owner[0]]
            # First those that the unit has anyhow.
            there = [new for (module, _), new in own.items() if self.unit_of[module] == unit]
            free = (new for new in dict.fromkeys(there + usable) if new not in of_objects)
            for name in sorted(name for name in in_class if in_class[name] == owner):
                self._private[name] = next(free)
        constants = {(module, name): f"_{module}{name}" for module, name in self._constants}
        self._own = {**own, **constants}

    def attribute(self, name):
        """The new name of an attribute."""
        return self._private.get(name) or self._shared.get(name, name)

    def of_module(self, module, name):
        """The new name of what a module holds."""
        return self._own.get((module, name)) or self._shared.get(name, name)

    def told(self):
        """``(new, old)`` of all that is not called as before, for readers of tracebacks."""
        own = [(new, f"{module}.{name}") for (module, name), new in self._own.items()]
        others = [(new, name) for name, new in {**self._shared, **self._private}.items()]
        return sorted(own + others)


def _imports(trees, nodes=None):
    """The imports from the package."""
    for tree in trees:
        for node in nodes or ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                yield node


def _keywords(tree):
    return [node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg]


def _strings(tree):
    """Texts may stand for names; those that are short are kept as names are."""
    return [node.value for node in ast.walk(tree) if isinstance(getattr(node, "value", None), str)]


def _foreign(tree):
    """What other modules than the package's have, as far as it is used."""
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level)
        for alias in node.names
    }
    yield from names
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in names:
            yield node.attr


def _assigned(trees, is_wanted):
    """``((module, name), value)`` of the modules' names that are given such a value."""
    for module, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.Assign) and is_wanted(node.value):
                yield (module, node.targets[0].id), getattr(node.value, "value", None)


def _is_number(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _is_const(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) == "const"
