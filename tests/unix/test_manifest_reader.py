"""The native manifest reader on MicroPython against CPython's json with the rules on top.

Where one accepts a file, the other must, with the same content.
"""

import json
import os
import random
import subprocess
from pathlib import Path

import manifest_corpus
import manifest_model
import pytest

SCRIPT = Path(__file__).parent / "device" / "read_manifests.py"
KEY = "clé-secrète"


@pytest.fixture
def device(micropython, dist, tmp_path):
    """Reads files in one process; gives what the script prints for each."""

    def read(files, local_files=()):
        for number, data in enumerate(files):
            (tmp_path / str(number)).write_bytes(data)
        for number, data in enumerate(local_files):
            (tmp_path / f"{number}.local").write_bytes(data)
        command = [micropython, SCRIPT, tmp_path, len(files), KEY, "\n".join(manifest_model.OWN)]
        done = subprocess.run(
            [str(word) for word in command],
            env={**os.environ, "MICROPYPATH": str(dist)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        lines = done.stdout.decode().splitlines()
        assert done.returncode == 0, "\n".join(lines[-8:])
        assert len(lines) == len(files)
        return [json.loads(line) for line in lines]

    return read


def compare(data, answer):
    """Whether both accept the file; fails where they differ."""
    try:
        version, entries, signed, valid, extended = manifest_model.read(data, KEY)
    except manifest_model.Refused as refused:
        assert "error" in answer, f"accepted {data!r}, which is refused: {refused}"
        _, _, byte = answer["error"]
        assert byte is not None and byte <= len(data), (data, answer)
        return False
    assert "error" not in answer, f"refused {data!r}: {answer}"
    lines = [(path, to, md5 or "", *rest) for path, _, to, md5, _, _, *rest in answer["lines"]]
    assert lines == entries, data
    assert [line[1] for line in answer["lines"]] == [0] * len(lines)
    assert [line[5] for line in answer["lines"]] == list(range(1, len(lines) + 1))
    assert (answer["version"], answer["signed"]) == (version, signed), data
    assert answer["verified"] is valid, data
    assert answer["extended"] is extended, data
    tables = [manifest_model.members(entries, fold).hex() for fold in (False, True)]
    assert answer["tables"] == tables, data
    return True


def test_the_reader_agrees_with_the_model_on_values_in_every_place(device):
    files = manifest_corpus.values()
    verdicts = [compare(*pair) for pair in zip(files, device(files))]
    # Neither side may win by refusing all or accepting all.
    assert 300 < sum(verdicts) < len(files) - 1000


def test_random_valid_manifests_are_read_as_the_model_reads_them(device):
    rng = random.Random(2131)
    author = manifest_corpus.Author(rng, KEY)
    files = [author.write(author.entries(12)) for _ in range(2000)]
    answers = device(files)
    for data, answer in zip(files, answers):
        assert compare(data, answer), (data, answer)
    assert sum(answer["verified"] for answer in answers) > 500
    assert sum(answer["extended"] and answer["verified"] for answer in answers) > 100
    assert sum(not answer["sorted"] for answer in answers) > 500


def test_damaged_manifests_are_accepted_or_refused_as_by_the_model(device):
    rng = random.Random(6570)
    author = manifest_corpus.Author(rng, KEY)
    files = []
    for _ in range(500):
        whole = author.write(author.entries(4))
        files += [manifest_corpus.damage(rng, whole) for _ in range(8)]
    verdicts = [compare(*pair) for pair in zip(files, device(files))]
    assert 400 < sum(verdicts) < len(files) - 1000


def test_only_files_newer_than_the_local_manifest_are_due_unless_forced(device):
    rng = random.Random(8040)
    author = manifest_corpus.Author(rng, KEY)
    pairs = [(author.entries(10), author.entries(10)) for _ in range(400)]
    answers = device(*([author.write(entries) for entries in side] for side in zip(*pairs)))
    for (remote, local), answer in zip(pairs, answers):
        have = {entry[0]: entry[1] for entry in local}
        every = [
            [path, have.get(path, 0), version, md5 or None] for path, version, md5, *_ in remote
        ]
        assert [line[:4] for line in answer["forced"]] == every
        assert all(line[4] for line in answer["forced"])
        assert [line[:4] for line in answer["due"]] == [line for line in every if line[2] > line[1]]
        assert all(line[4] and line[:4] == every[line[5] - 1] for line in answer["due"])
    assert sum(len(answer["due"]) for answer in answers) > 400
