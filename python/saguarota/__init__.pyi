"""SaguarOTA: over-the-air updates for MicroPython devices.

What the package holds depends on where it is imported. On MicroPython: ``OTAUpdater``,
``OTAState``, ``OTAErrorCode``, ``OTADeletePolicy``. On CPython: ``OTAManifestBuilder`` and
``OTAManifestServer``. ``__version__`` is there on both. Type checkers run on a computer and check
code for both, so all names are declared here.
"""

from .const import OTADeletePolicy as OTADeletePolicy
from .const import OTAErrorCode as OTAErrorCode
from .const import OTAState as OTAState
from .py3utils import OTAManifestBuilder as OTAManifestBuilder
from .py3utils import OTAManifestServer as OTAManifestServer
from .updater import OTAUpdater as OTAUpdater

__version__: str
