"""SaguarOTA: over-the-air updates for MicroPython devices.

On MicroPython this is the updater; on CPython the tools that make and serve releases.
"""

import sys

from .version import __version__

if sys.implementation.name == "micropython":
    import _saguarota

    if _saguarota.__version__ != __version__:
        raise ImportError("_saguarota is of release " + _saguarota.__version__)
    from .const import OTADeletePolicy, OTAErrorCode, OTAState
    from .updater import OTAUpdater
else:
    from .py3utils import OTAManifestBuilder, OTAManifestServer
