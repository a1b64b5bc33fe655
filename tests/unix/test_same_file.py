"""Which paths are one file on FAT: native module and host against MicroPython's own VfsFat."""

import contextlib
import json
import random
import subprocess
from itertools import combinations
from pathlib import Path

import pytest
from saguarota.py3utils.fat_names import cautions, same_on_fat
from saguarota.py3utils.tree import path_error

HERE = Path(__file__).parent
SCRIPT = HERE / "device" / "same_file.py"
# Both forms that FAT compares: a name that is its own short one, and a long one.
SHORT, LONG = "b*.py", "b*-module.py"


@pytest.fixture(params=["micropython", "other_micropython"])
def ask(request, dist, tmp_path):
    """Gives what the script prints for each of the values."""

    def ask(values):
        path = tmp_path / "values"
        # MicroPython's json does not join escaped surrogates.
        lines = [json.dumps(value, ensure_ascii=False) for value in values]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run(
            [request.getfixturevalue(request.param), "-X", "heapsize=16m", SCRIPT, path],
            env={"MICROPYPATH": f"{dist}:{HERE.parent / 'power' / 'device'}"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(values)
        return answers

    return ask


def characters(before, between, behind):
    """The characters of whose UTF-8 one byte is in a range, and the others are these."""
    for byte in range(*between):
        with contextlib.suppress(UnicodeDecodeError):
            yield (before + bytes([byte]) + behind).decode()


ASCII = [chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"*/:<>?\\|']
LAST = list(characters(b"\xd0", (0x80, 0xC0), b""))
FIRST = [
    list(characters(b"", (0xC2, 0xF5), behind))
    for behind in (b"\xbb", b"\xbb\x9f", b"\x9f\x9f", b"\x9f\x9f\x9f", b"\x8f\x9f\x9f")
]


def test_calls_that_cannot_work_raise_and_do_no_harm(ask):
    assert ask(["arguments"]) == ["done"]


def test_no_short_name_that_fat_makes_up_is_a_path(ask):
    ((made, accepted),) = ask(["short names"])
    assert len(made) == 80
    assert any(not name.partition("~")[2][:1].isdigit() for name in made), made
    assert accepted == []
    assert all(path_error(name) for name in made)


def host_differs(texts, names, one):
    """The pairs of which the host says something else than FAT."""
    pairs = [
        (name.replace("*", text), name.replace("*", other))
        for name in names
        for text, other in combinations(texts, 2)
    ]
    return [pair for pair in pairs if same_on_fat(*pair) != (list(pair) in one)]


def test_every_byte_is_compared_as_fat_compares_it(ask):
    values = [[texts, [SHORT, LONG]] for texts in (ASCII, LAST, *FIRST)]
    answers = ask(values)
    assert [wrong for _, wrong in answers] == [[]] * len(answers)
    assert [host_differs(*value, one) for value, (one, _) in zip(values, answers)] == [[]] * 7
    letters, last, *first = ([one for one in pairs] for pairs, _ in answers)
    assert len(letters) == 2 * 26
    assert len(last) == 2 * 8 + 21
    assert [len(pairs) for pairs in first] == [0, 2, 4, 0, 0]


def test_the_form_of_a_name_decides_whether_accents_count(ask):
    """È and É, at each side of each border of the form that short names have."""
    names = ["*", "a*", "*123456", "*1234567", "*12345678", "*.a", "*.abc", "*.abcd", "a.*", "a.b*"]
    names += ["a.bc*", ".*", "*.a.b", "a..*", " *", "* a", "*.a b"]
    names += [f"*{c}" for c in ASCII if c not in ". "] + [f"a.{c}*" for c in ASCII if c not in ". "]
    texts = ["\u00c8", "\u00c9"]
    ((one, wrong),) = ask([[texts, names]])
    assert wrong == []
    assert host_differs(texts, names, one) == []
    assert 2 * len(ASCII) - 30 < len(one) < len(names)


ALIKE = [("a", "A"), ("\u00c8", "\u00c9", "\u00d0"), ("\u00e4", "\u00e5", "\u00e3"), ("b",)]
ALIKE += [("\u40c0", "\u50c0", "\u5140"), ("-module", "-MODULE"), ("+",), (" c",), (".a",)]
ENDINGS = [(".py", ".PY"), ("",), (".json",), ("\U0001f335", "\U0001f334")]


def corpus(chance, count):
    """Releases of a few paths, whose parts are alike."""
    for _ in range(count):
        names = [
            [chance.choice(ALIKE) for _ in range(chance.randint(1, 2))] + [chance.choice(ENDINGS)]
            for _ in range(3)
        ]
        paths = set()
        for _ in range(chance.randint(0, 8)):
            some = [chance.choice(names) for _ in range(chance.choice((1, 1, 2, 3)))]
            paths.add("/".join("".join(map(chance.choice, name)) for name in some))
        # What validation refuses on any file system.
        paths = {path for path in paths if not any(path.startswith(f"{one}/") for one in paths)}
        yield chance.sample(sorted(paths), len(paths))


def test_a_release_is_refused_where_fat_would_lose_a_file_and_only_there(ask):
    releases = list(corpus(random.Random(7), 1000))
    met = 0
    for paths, (pair, one, pair_is_one) in zip(releases, ask(releases)):
        assert (pair is not None) == one, (paths, pair)
        assert any(what.startswith("on FAT") for _, _, what in cautions(paths)) == one, paths
        if pair:
            met += 1
            assert pair_is_one, (paths, pair)
            assert tuple(pair) in combinations(paths, 2), (paths, pair)
    assert 250 < met < 750, met
