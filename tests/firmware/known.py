"""Known answers: the vectors as a board takes them, and what it answers."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from firmware.flash import MICROPYTHON, ROOT
from saguarota import message

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "device/known.py"
# Runs on a board whose flash has the script, the vectors, and the native module.
ON_BOARD = "with open('/vectors') as lines:\n    import known\n    known.run(lines)\n"


def load():
    """The vectors, {kind: list}."""
    return json.loads((HERE / "vectors.json").read_text(encoding="ascii"))


def flatten(vectors):
    """All vectors in one list, each with its kind."""
    return [{"kind": kind, **vector} for kind in vectors for vector in vectors[kind]]


def lines(vectors):
    """What device/known.py reads: the vectors, {kind: list}, without the answers."""
    out = []
    for vector in flatten(vectors):
        data = vector["data"].encode("latin-1").hex()
        out.append(json.dumps({**vector, "data": data, "answer": None}, ensure_ascii=False))
    return ("\n".join(out) + "\n").encode()


def answers(vectors, interpreter=MICROPYTHON, lib=ROOT / "dist/x64_6.3"):
    """What a unix port answers, a list."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "vectors").write_bytes(lines(vectors))
        Path(folder, "known.py").write_bytes(SCRIPT.read_bytes())
        done = subprocess.run(
            [str(interpreter), "-c", ON_BOARD.replace("'/vectors'", "'vectors'")],
            cwd=folder,
            env={**os.environ, "MICROPYPATH": f"{folder}:{lib}:.frozen"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    if done.returncode:
        raise OSError(done.stdout[-2000:])
    return heard(done.stdout)


def heard(text):
    """The answers that a board has printed, with sentences in place of codes."""
    return [_formatted(json.loads(line)) for line in text.splitlines()]


def _formatted(answer):
    if "error" in answer:
        return {"error": message.text(*answer["error"])}
    if "links" in answer:
        links = answer["links"]
        return {"links": [[path, code and message.text(code, None, None)] for path, code in links]}
    return answer


def _sentence(code):
    return message.text(code, None, None)
