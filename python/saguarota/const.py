"""The words that the updater and its users exchange, errors, and the loading of modules."""

import gc
import sys

try:
    from _thread import allocate_lock
except ImportError:
    from . import lock

    allocate_lock = lock.allocate_lock

# Held while a constructor calls a module: updaters may be made in any thread, at any time.
constructing = allocate_lock()


class OTAState:
    """The content of the state file: exactly one of these words; missing or empty is idle."""

    IDLE = "idle"
    INSTALLING = "installing"
    CONFIRM_PENDING = "confirm_pending"


class OTAErrorCode:
    """Values of ``OTAUpdater.last_error_code``."""

    MANIFEST_FETCH = "manifest_fetch_failed"
    MANIFEST_SIGNATURE = "manifest_signature_invalid"
    DOWNLOAD = "download_failed"
    MD5 = "md5_mismatch"
    APPLY = "apply_failed"
    HTTP_FS = "http_fs_failed"
    DELETE_EXTRAS = "delete_extraneous_failed"


class OTADeletePolicy:
    """What happens to files on the device that the manifest does not name."""

    NEVER = "never"
    MANIFEST_EXTENSIONS = "manifest_extensions"
    CUSTOM_EXTENSIONS = "custom_extensions"
    ALL = "all"
    ALL_POLICIES = (NEVER, MANIFEST_EXTENSIONS, CUSTOM_EXTENSIONS, ALL)


class OTAError(Exception):
    """An update that cannot go on: ``OTAError(code, message)``. ``code`` is one of OTAErrorCode,
    ``message`` names what is wrong and where. It never leaves ``check_and_perform_ota()``."""


class NetworkError(Exception):
    """What the network or the server did wrong, a sentence; another attempt may go well."""


def load(module):
    """Returns a module of the package. ``unload`` drops it again."""
    return sys.modules["saguarota"]._load(module)


def call(module, function, *args, **kwargs):
    """Loads a module, calls a function of it, then empties and unloads the module: no other one may
    import anything from it."""
    loaded = load(module)
    try:
        return getattr(loaded, function)(*args, **kwargs)
    finally:
        # This frame holds the module still, and the stack may hold one of its functions.
        loaded.__dict__.clear()
        unload(module)


def unload(*names):
    """Drops modules of the package, as others need the heap. They leave it when nothing refers to
    them."""
    for name in names:
        sys.modules.pop("saguarota." + name, None)
        sys.modules["saguarota"].__dict__.pop(name, None)
    gc.collect()


def log(message):
    """Prints a line for whoever watches the console."""
    print("saguarota:", message)


def describe(error, kind=True):
    """An exception's type, if ``kind``, and its text; or a text. In one line: a server or a file
    may have put line feeds into it."""
    text = str(error)
    if not isinstance(error, str):
        if text.isdigit() or len(error.args) == 3:
            # MicroPython has no words for it.
            try:
                text = call("message", "format", error)
            except MemoryError:
                pass
        if kind:
            text = "%s: %s" % (type(error).__name__, text)
    return text.replace("\r", " ").replace("\n", " ")
