"""The device's own sentences for what is wrong with a manifest, by their names in src/error.rs."""

from ..message import TEXT

_LINES = [line.split(" ", 2) for line in TEXT.split("\n") if line]
SENTENCES = {name: sentence for _, name, sentence in _LINES}
