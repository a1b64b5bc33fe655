"""The words that the updater and its users exchange, and what is said when it goes wrong."""

import gc
import sys


class OTAState:
    """What the state file says: exactly one of these words; missing or empty is idle."""

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
    """An update that cannot go on: ``OTAError(code, message)``, of which ``code`` is one of
    OTAErrorCode and ``message`` says what and where. ``check_and_perform_ota()`` keeps it in."""


class NetworkError(Exception):
    """What the network or the server did wrong, a sentence; another attempt may go well."""


def call(module, function, *args, **kwargs):
    """Calls a function of a module that is of use for this only, and unloads that module. No other
    one may import anything from it."""
    loaded = sys.modules["saguarota"]._load(module)
    try:
        return getattr(loaded, function)(*args, **kwargs)
    finally:
        # This frame holds the module still, and the stack may hold one of its functions.
        loaded.__dict__.clear()
        unload(module)


def unload(*names):
    """Forgets modules of the package, which are of no more use: others need the heap. They leave it
    when nothing refers to them."""
    for name in names:
        sys.modules.pop("saguarota." + name, None)
        sys.modules["saguarota"].__dict__.pop(name, None)
    gc.collect()


def log(message):
    """Prints a line for whoever watches the console."""
    print("saguarota:", message)


def one_line(text):
    """A text without line feeds: a server or a file may have put them into it."""
    return text.replace("\r", " ").replace("\n", " ")


def describe(error):
    """An exception's type and text, in one line."""
    text = one_line(str(error))
    # Errors of the flash that MicroPython has no words for.
    if text == "28":
        text = "[Errno 28] ENOSPC"
    elif text == "36":
        text = "[Errno 36] ENAMETOOLONG"
    return "%s: %s" % (type(error).__name__, text)
