"""Shortens the device's package: fewer modules, and names that MicroPython has already.

MicroPython keeps the name of each function, attribute and parameter: in the .mpy file of each
module that has it, and on the heap, once and for good. Only the names of its static table, some
160, cost neither. So what is internal to the package gets names from there, and short ones where
these are used up. Modules that are always loaded together become one, a *unit*: that saves their
names, and most of what they take from each other. Numbers stand where their names stood.

Left alone is what is known outside: all names in the stubs, those of keyword arguments, of modules,
and of all that belongs to other modules and to their objects.
"""

import ast

from names import Names, identifiers, top_level

# What a function imports by, one of the package's front.
LOAD = "_load"


class Shortener(ast.NodeTransformer):
    """Rewrites one module for its unit."""

    def __init__(self, names, module):
        self._names = names
        self._module = module
        self._unit = names.unit_of[module]
        # By its names, what the module has of the package: (module, name), or a module.
        self._seen = {}
        self._modules = {}
        # New names by old ones, within a function.
        self._local = None

    def visit_Module(self, node):
        numbers = {name for module, name in self._names.numbers if module == self._module}
        self._seen = {name: (self._module, name) for name in top_level(node)}
        node.body = [
            child
            for child in _statements(node.body)
            if not (isinstance(child, ast.Assign) and child.targets[0].id in numbers)
        ]
        return self.generic_visit(node)

    def visit_Name(self, node):
        if self._local and node.id in self._local:
            node.id = self._local[node.id]
        elif node.id in self._seen:
            return self._symbol(*self._seen[node.id], node.ctx)
        return node

    def _symbol(self, module, name, ctx):
        if (module, name) in self._names.numbers:
            return ast.Constant(self._names.numbers[module, name])
        return ast.Name(self._names.of_module(module, name), ctx)

    def visit_Attribute(self, node):
        name = getattr(node.value, "id", None)
        module = self._modules.get(name)
        if not module:
            node.value = self.visit(node.value)
            node.attr = self._names.attribute(node.attr)
            return node
        unit = self._names.unit_of[module]
        symbol = self._symbol(module, node.attr, node.ctx)
        if unit == self._unit or isinstance(symbol, ast.Constant):
            return symbol
        inside = self._local and self._local.get(name)
        node.value.id = inside or self._names.aliases[unit]
        node.attr = symbol.id
        return node

    # -- definitions --

    def visit_ClassDef(self, node):
        node.name = self._names.of_module(self._module, node.name)
        node.bases = [self.visit(base) for base in node.bases]
        node.body = _statements(node.body)
        for child in node.body:
            if isinstance(child, ast.FunctionDef):
                child.name = self._names.attribute(child.name)
                self._function(child)
            elif isinstance(child, ast.Assign):
                for target in child.targets:
                    target.id = self._names.attribute(target.id)
        return node

    def visit_FunctionDef(self, node):
        if self._local:
            node.name = self._local[node.name]
            node.body = _statements(node.body)
            return self.generic_visit(node)
        node.name = self._names.of_module(self._module, node.name)
        return self._function(node)

    def _function(self, node):
        """A function with all those in it: a variable has one name in all of them."""
        inner = [child for child in ast.walk(node) if child is not node]
        told = [child.arg for child in inner if isinstance(child, ast.arg)]
        told += [child.name for child in inner if isinstance(child, ast.FunctionDef)]
        kept, free = self._names.kept, iter(self._names.local)
        # MicroPython keeps no names of variables; these only have to be unlike all others.
        self._local = {name: name + "_" for child in inner for name in _bound(child)}
        for name in dict.fromkeys(told):
            self._local[name] = name if name in kept else next(free, name + "_")
        self._local.update((name, name) for name in kept & set(self._local))
        modules = self._modules
        self._modules = {name: modules[name] for name in modules if name not in self._local}
        self.visit(node.args)
        node.body = _statements(node.body)
        # What returns lists for statements is only understood so.
        node.body = self.generic_visit(ast.Module(node.body, [])).body
        self._local, self._modules = None, modules
        return node

    def visit_arg(self, node):
        node.arg = self._local[node.arg]
        return node

    def visit_ExceptHandler(self, node):
        node.name = node.name and self._local[node.name]
        return self.generic_visit(node)

    def visit_Nonlocal(self, node):
        node.names = [self._local[name] for name in node.names]
        return node

    def visit_Global(self, node):
        raise ValueError(f"{self._module}: names of modules are taken for constant")

    # -- imports --

    def visit_Import(self, node):
        for alias in node.names if self._local else []:
            alias.asname = self._local[alias.asname or alias.name]
        return node

    def visit_ImportFrom(self, node):
        if not node.level:
            return self.visit_Import(node)
        unit_of, found = self._names.unit_of, []
        for name in [alias.name for alias in node.names]:
            module = node.module or name
            if self._local:
                found.append(self._late(module, node.module and name))
                continue
            if node.module:
                self._seen[name] = module, name
                new = ast.alias(self._names.of_module(module, name))
            else:
                self._modules[name] = name
                new = ast.alias(unit_of[name], self._names.aliases[unit_of[name]])
            if unit_of[module] != self._unit and (module, name) not in self._names.numbers:
                found.append(new)
        if self._local:
            return found
        node.module = node.module and unit_of[node.module]
        node.names = found
        return node if found else None

    def _late(self, module, name):
        """``name`` of a module, or the module, when a function asks for it: see python/packed."""
        unit = self._names.unit_of[module]
        if unit == self._unit:
            raise ValueError(f"{self._module}: {module} is imported from its own unit")
        value = ast.Call(ast.Name(LOAD, ast.Load()), [ast.Constant(unit)], [])
        if name:
            value = ast.Attribute(value, self._names.of_module(module, name), ast.Load())
        else:
            self._modules[module] = module
        return ast.Assign([ast.Name(self._local[name or module], ast.Store())], value)


def _bound(node):
    """The names that a node gives to variables of its function."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from [alias.asname or alias.name for alias in node.names]


def _statements(body):
    """Without docstrings."""
    found = [node for node in body if not isinstance(node, ast.Expr) or _does(node.value)]
    return found or [ast.Pass()]


def _does(node):
    return not isinstance(node, ast.Constant)


def shorten(sources, units, stubs, static):
    """Returns the units' sources by name, and what ``Names.told`` tells.

    ``sources``: texts of the modules by name. ``units``: lists of modules, each in the order of
    their code, by the name of one of them; any other module is a unit of its own. ``stubs``: texts.
    ``static``: names of MicroPython's static table.
    """
    trees = {name: ast.parse(text) for name, text in sorted(sources.items())}
    units = {**{name: [name] for name in trees}, **units}
    for unit, modules in list(units.items()):
        for module in modules:
            if module != unit:
                del units[module]
    unit_of = {module: unit for unit, modules in units.items() for module in modules}
    names = Names(trees, unit_of, [ast.parse(text) for text in stubs], static)
    texts = {}
    for unit, modules in units.items():
        body, imported = [], set()
        for module in modules:
            for node in Shortener(names, module).visit(trees[module]).body:
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    node.names = [name for name in node.names if ast.unparse(name) not in imported]
                    imported.update(map(ast.unparse, node.names))
                    if not node.names:
                        continue
                body.append(node)
        if LOAD in {name for node in body for name in identifiers(node)}:
            body.insert(0, ast.ImportFrom("saguarota", [ast.alias(LOAD)], 0))
        texts[unit] = ast.unparse(ast.fix_missing_locations(ast.Module(body, []))) + "\n"
    return texts, names.told()
