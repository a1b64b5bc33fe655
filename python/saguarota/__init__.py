"""SaguarOTA: over-the-air updates for MicroPython devices.

On MicroPython this is the updater; on CPython the tools that make and serve releases.
"""

import sys

if sys.implementation.name == "micropython":
    import gc

    try:
        from _saguarota import __version__
    except (ImportError, ValueError):
        # Missing, or of another architecture or version: MicroPython's error does not name it.
        from . import abi_check

        abi_check.help()
        raise

    def _load(name):
        """Returns a module of the package.

        Loading one leaves garbage between what stays; collected at once, the next module fills the
        gaps, and a small heap has space left for buffers.
        """
        name = "saguarota." + name
        __import__(name)
        gc.collect()
        return sys.modules[name]

    for _module in ("const", "fs", "transaction", "urls", "updater"):
        _load(_module)
    from .const import OTADeletePolicy, OTAErrorCode, OTAState
    from .updater import OTAUpdater
else:
    from .py3utils import *  # noqa: F403
    from .version import __version__
