"""SaguarOTA: over-the-air updates for MicroPython devices.

On MicroPython this is the updater; on CPython the tools that make and serve releases.
"""

import sys

if sys.implementation.name == "micropython":
    import gc

    try:
        from _saguarota import __version__
    except (ImportError, ValueError):
        # Missing, or of another architecture or version: MicroPython's error does not tell which.
        from . import unfit

        unfit.say()
        raise

    # Loading a module leaves garbage between what stays; collected at once, the next module fills
    # the gaps, and a small heap keeps room for buffers.
    for _module in ("flash", "transaction", "url", "updater"):
        __import__("saguarota." + _module)
        gc.collect()
    from .const import OTADeletePolicy, OTAErrorCode, OTAState
    from .updater import OTAUpdater
else:
    from .py3utils import *  # noqa: F403
    from .version import __version__
