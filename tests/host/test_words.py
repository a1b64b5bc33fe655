"""The words that CONTRIBUTING's glossary replaces are in no name and no message of the code."""

import ast
import re

import pytest
from saguarota.py3utils.sentences import SENTENCES
from test_modules import MODULES, PACKAGE

ROOT = PACKAGE.parent.parent


def glossary():
    """The words that are not used, of the table in CONTRIBUTING."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("### Words")[2].partition("\n##")[0]
    rows = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")][2:]
    return {word.strip() for row in rows for word in row.split(",")}


def names(tree):
    """Each name in a module."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield name


def messages(tree):
    """Each text in a module but for docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
        # Endings of files are formats on flash, not words.
        endings = isinstance(text, str) and re.fullmatch(r"(\w{3} ?)+", text)
        if isinstance(text, str) and not endings and id(node) not in docstrings:
            yield text


def words(text):
    """The words of a name or a sentence, in lower case."""
    return re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())


def test_the_glossary_lists_the_words_that_are_not_used():
    assert {"told", "room", "cut", "kept", "fold", "survey"} <= glossary()


@pytest.mark.parametrize("name", MODULES)
def test_no_name_and_no_message_has_a_word_that_the_glossary_replaces(name):
    tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
    found = {text for text in [*names(tree), *messages(tree)] if glossary() & set(words(text))}
    assert found == set()


def test_every_sentence_of_the_native_module_is_reached_by_a_test():
    files = [path for path in (ROOT / "tests").rglob("*") if path.suffix in (".rs", ".py", ".json")]
    tests = "".join(path.read_text(encoding="utf-8") for path in files)
    missing = [
        sentence
        for name, sentence in SENTENCES.items()
        if sentence.replace("\\", "\\\\") not in tests and f"ErrorKind::{name}" not in tests
    ]
    assert len(SENTENCES) > 70 and missing == []
