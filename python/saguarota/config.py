"""The constructor's options.

A wrong URL, key, folder or file name raises TypeError or ValueError. A number never raises: the
exception would come out of ``boot.py``. A warning is printed instead, and another number is used.
Warnings name options and types, but no values: a key may stand in the wrong place.
"""

from micropython import const

from . import urls
from .const import OTADeletePolicy, call, log

# A longer string is not read as a number: ``int()`` of it would take heap without a limit.
_NUMBER_LENGTH = const(32)


def config(
    self,
    manifest_url,
    base_file_url,
    dest_dir=".",
    force_update=False,
    recurse_http_fs=False,
    ota_state_file=None,
    local_manifest_file=None,
    application_name=None,
    http_timeout_s=5,
    backup_skip_extensions=None,
    backup_skip_prefixes=None,
    manifest_auth_key=None,
    manifest_signature_field="signature",
    download_retries=1,
    retry_base_delay_ms=250,
    resume_downloads=False,
    io_chunk_size=512,
    md5_chunk_size=512,
    strict_http_fs=True,
    delete_files_not_in_manifest_policy=OTADeletePolicy.NEVER,
    delete_files_not_in_manifest_extensions=None,
    progress_callback=None,
    *,
    ssl_context=None,
    require_sha256=False,
    max_unconfirmed_boots=None,
    **kwargs,
):
    """Checks the options of ``OTAUpdater``: returns its attributes, and what a ``Transaction`` is
    made of."""
    if kwargs:
        call("unknown_options", "warn", kwargs)
    if not recurse_http_fs:
        urls.split(text("manifest_url", manifest_url))
    if progress_callback is not None and not callable(progress_callback):
        raise TypeError("progress_callback must be callable or None")

    base_file_url = text("base_file_url", base_file_url)
    urls.split(base_file_url)
    # Below a millisecond, a board's socket does not wait at all; beyond a day, some overflow.
    if http_timeout_s is not None:
        http_timeout_s = number("http_timeout_s", http_timeout_s, float, 0.001, 86400, 5)
    if max_unconfirmed_boots is not None:
        max_unconfirmed_boots = number(
            "max_unconfirmed_boots", max_unconfirmed_boots, int, 1, 1000, None
        )
    deletable = extensions(
        "delete_files_not_in_manifest_extensions", delete_files_not_in_manifest_extensions, ()
    )
    backup_dir = path("application_name", application_name or self.APPLICATION_NAME) + "_backup"
    attributes = {
        "manifest_url": manifest_url,
        "base_file_url": base_file_url.rstrip("/"),
        "force_update": bool(force_update),
        "recurse_http_fs": bool(recurse_http_fs),
        "strict_http_fs": bool(strict_http_fs),
        "http_timeout_s": http_timeout_s,
        "manifest_auth_key": key(manifest_auth_key),
        "manifest_signature_field": signature_field(manifest_signature_field),
        "download_retries": number("download_retries", download_retries, int, 0, 100, 1),
        "retry_base_delay_ms": number(
            "retry_base_delay_ms", retry_base_delay_ms, int, 0, 60000, 250
        ),
        "io_chunk_size": number("io_chunk_size", io_chunk_size, int, 1, 65536, 512),
        "md5_chunk_size": number("md5_chunk_size", md5_chunk_size, int, 1, 65536, 512),
        "delete_files_not_in_manifest_extensions": deletable,
        "delete_files_not_in_manifest_policy": policy(
            delete_files_not_in_manifest_policy, deletable
        ),
        "progress_callback": progress_callback,
        "ssl_context": ssl_context,
        "require_sha256": bool(require_sha256),
        "max_unconfirmed_boots": max_unconfirmed_boots,
        "backup_dir": backup_dir,
    }
    return attributes, (
        path("dest_dir", dest_dir),
        backup_dir,
        path("ota_state_file", ota_state_file or self.OTA_STATE_FILE),
        path("local_manifest_file", local_manifest_file or self.LOCAL_MANIFEST_FILE),
        extensions(
            "backup_skip_extensions",
            backup_skip_extensions,
            self.DEFAULT_BACKUP_SKIP_EXTENSIONS,
        ),
        strings("backup_skip_prefixes", backup_skip_prefixes, self.DEFAULT_BACKUP_SKIP_PREFIXES),
        bool(resume_downloads),
    )


def text(name, value):
    """A non-empty string."""
    if not isinstance(value, str):
        raise TypeError("%s must be a str, not %s" % (name, type(value).__name__))
    if not value:
        raise ValueError("%s is empty" % name)
    return value


def path(name, value):
    """As ``text``, without control characters: the journal has options between tabs."""
    # As bytes: of a string, MicroPython keeps each character for ever as a name.
    for byte in text(name, value).encode():
        if byte < 32 or byte == 127:
            raise ValueError("%s has a control character" % name)
    return value


def number(name, value, kind, start, end, default):
    """A number from ``start`` to ``end``, else ``default``, with a warning. ``kind``: int, or float
    where fractions are numbers, too; a string is read as this type reads it.

    Where the default is None, for no limit, a number out of range becomes the nearest end of it:
    whoever gave one wants a limit. What is not a number becomes the default there, too: no limit
    can be guessed from it, and one that is too low would give up a good release for ever.
    """
    found = None
    if isinstance(value, str) and len(value) <= _NUMBER_LENGTH:
        try:
            found = kind(value)
        except (ValueError, OverflowError):
            # OverflowError: a firmware without big integers.
            pass
    elif isinstance(value, (int, kind)):
        found = value
    if found is None:
        log(
            "warning: %s (%s) is not a %s: %s"
            % (
                name,
                type(value).__name__,
                "whole number" if kind is int else "number of seconds",
                "no unconfirmed update will be reverted"
                if default is None
                else "using the default, %d" % default,
            )
        )
        return default
    # Not a number (NaN) is not in any range.
    if start <= found <= end:
        return found
    if default is None:
        default = min(max(found, start), end)
    log("warning: %s is not from %s to %s: using %s" % (name, start, end, default))
    return default


def strings(name, value, default):
    """A tuple or list of strings, as a tuple; ``default`` for None."""
    if value is None:
        return default
    if not isinstance(value, (tuple, list)):
        raise TypeError("%s must be a tuple or list of str" % name)
    for item in value:
        if not isinstance(item, str):
            raise TypeError("%s must be a tuple or list of str" % name)
    return tuple(value)


def extensions(name, value, default):
    """As ``strings``, in lower case and with a leading dot."""
    given = strings(name, value, default)
    names = [item.lower() for item in given if item]
    names = tuple([item if item.startswith(".") else "." + item for item in names])
    # The default, mostly: a copy would stay on the heap.
    return given if names == given else names


def key(value):
    """A shared secret, or None; a str counts as its UTF-8."""
    if value is not None and not isinstance(value, (str, bytes)):
        raise TypeError("manifest_auth_key must be a str or None")
    if value is not None and not value:
        raise ValueError("manifest_auth_key is empty: pass None to accept unsigned manifests")
    return value


def signature_field(value):
    """The name of a top-level member; ``version`` and ``files`` have their meaning already."""
    if text("manifest_signature_field", value) in ("version", "files"):
        raise ValueError("manifest_signature_field cannot be %s" % value)
    return value


def policy(value, extensions):
    """One of OTADeletePolicy; ``never`` for an unknown one, and where extensions are missing."""
    if value not in OTADeletePolicy.ALL_POLICIES:
        return OTADeletePolicy.NEVER
    needs_list = (OTADeletePolicy.MANIFEST_EXTENSIONS, OTADeletePolicy.CUSTOM_EXTENSIONS)
    if value in needs_list and not extensions:
        log("warning: no delete_files_not_in_manifest_extensions: nothing will be deleted")
        return OTADeletePolicy.NEVER
    return value
