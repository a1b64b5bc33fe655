"""The host side of SaguarOTA, for CPython 3.9 and newer: make manifests, serve them in development.

Reader's way: `builder` (options, and the manifest step by step) calls `tree` (which files),
`fat_names` (which of them FAT can't hold), `hashes` (their MD5), `versions` (their version) and
`manifest` (signatures and JSON text); `server` answers HTTP with `handler`, which leaves byte
ranges to `ranges`. The command line is `cli` (its options) and `commands` (what they do); `verify`
checks what `reader` reads of a manifest, and says what is wrong in the device's own `sentences`.
"""

from .builder import OTAManifestBuilder
from .server import OTAManifestServer

__all__ = ["OTAManifestBuilder", "OTAManifestServer"]
