"""The constructor's options.

A wrong URL, key, folder or file name raises TypeError or ValueError. A number never raises: the
exception would come out of ``boot.py``. A warning is printed instead, and another number is used.
Warnings name options and types, but no values: a key may stand in the wrong place.
"""

from micropython import const

from .const import OTADeletePolicy, log
from .transaction import Transaction
from .url import split_url

# A longer string is not read as a number: ``int()`` of it would take heap without a limit.
_NUMBER_LENGTH = const(32)
# An unknown option is taken for the misspelling of a known one up to so many letters away.
_MISSPELT = const(2)
# A function of MicroPython does not know the names of its parameters: these are those of take().
NAMES = (
    "manifest_url base_file_url dest_dir force_update recurse_http_fs ota_state_file "
    "local_manifest_file application_name http_timeout_s backup_skip_extensions "
    "backup_skip_prefixes manifest_auth_key manifest_signature_field download_retries "
    "retry_base_delay_ms resume_downloads io_chunk_size md5_chunk_size strict_http_fs "
    "delete_files_not_in_manifest_policy delete_files_not_in_manifest_extensions "
    "progress_callback ssl_context require_sha256 max_unconfirmed_boots"
)


def take(
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
    """The constructor of ``OTAUpdater``: checks the options and sets the attributes."""
    warn_of_unknown(kwargs)
    if not recurse_http_fs:
        split_url(text("manifest_url", manifest_url))
    if progress_callback is not None and not callable(progress_callback):
        raise TypeError("progress_callback must be callable or None")

    self.manifest_url = manifest_url
    self.base_file_url = text("base_file_url", base_file_url).rstrip("/")
    split_url(base_file_url)
    self.force_update = bool(force_update)
    self.recurse_http_fs = bool(recurse_http_fs)
    self.strict_http_fs = bool(strict_http_fs)
    self.http_timeout_s = timeout(http_timeout_s)
    self.manifest_auth_key = key(manifest_auth_key)
    self.manifest_signature_field = signature_field(manifest_signature_field)
    self.download_retries = whole("download_retries", download_retries, 1, 0, 100)
    self.retry_base_delay_ms = whole("retry_base_delay_ms", retry_base_delay_ms, 250, 0, 60000)
    self.io_chunk_size = whole("io_chunk_size", io_chunk_size, 512, 1, 65536)
    self.md5_chunk_size = whole("md5_chunk_size", md5_chunk_size, 512, 1, 65536)
    allowlist = extensions(
        "delete_files_not_in_manifest_extensions", delete_files_not_in_manifest_extensions, ()
    )
    self.delete_files_not_in_manifest_extensions = allowlist
    self.delete_files_not_in_manifest_policy = delete_policy(
        delete_files_not_in_manifest_policy, allowlist
    )
    self.progress_callback = progress_callback
    self.ssl_context = ssl_context
    self.require_sha256 = bool(require_sha256)
    self.max_unconfirmed_boots = boots(max_unconfirmed_boots)
    name = path("application_name", application_name or self.APPLICATION_NAME)
    self.backup_dir = name + "_backup"
    self._transaction = Transaction(
        path("dest_dir", dest_dir),
        self.backup_dir,
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


def number(value, kind):
    """``value`` as a number, None if it is none. ``kind``: int, or float where fractions are
    numbers, too; a string is read as this type reads it."""
    if isinstance(value, str) and len(value) <= _NUMBER_LENGTH:
        try:
            return kind(value)
        except (ValueError, OverflowError):
            # OverflowError: a firmware without big integers.
            return None
    return value if isinstance(value, (int, kind)) else None


def whole(name, value, default, start, end):
    """A whole number from ``start`` to ``end``, else ``default``, with a warning."""
    found = number(value, int)
    if found is None:
        warn_of_type(name, value, "a whole number", "using the default, %d" % default)
    elif not start <= found <= end:
        warn_of_range(name, start, end, default)
    else:
        return found
    return default


def timeout(value):
    """Seconds, from a millisecond to a day, else 5, with a warning; None for no limit.

    Less is 0 for a board's socket, which then does not wait at all; more overflows in some.
    """
    if value is None:
        return None
    found = number(value, float)
    if found is None:
        warn_of_type("http_timeout_s", value, "a number of seconds", "using the default, 5")
    # Not a number (NaN) is not in any range.
    elif not 0.001 <= found <= 86400:
        warn_of_range("http_timeout_s", 0.001, 86400, 5)
    else:
        return found
    return 5


def boots(value):
    """From 1 to 1000; None for no limit.

    A number out of this range becomes its nearest end, with a warning: whoever gave one wants a
    limit, and the default is none. What is not a number becomes the default, with a warning: no
    limit can be guessed from it, and one that is too low would give up a good release for ever.
    """
    if value is None:
        return None
    found = number(value, int)
    if found is None:
        effect = "no unconfirmed update will be reverted"
        warn_of_type("max_unconfirmed_boots", value, "a whole number", effect)
        return None
    nearest = min(max(found, 1), 1000)
    if nearest != found:
        warn_of_range("max_unconfirmed_boots", 1, 1000, nearest)
    return nearest


def warn_of_type(name, value, wanted, effect):
    """Prints what an option is, what it should be, and what comes of it."""
    log("warning: %s (%s) is not %s: %s" % (name, type(value).__name__, wanted, effect))


def warn_of_range(name, start, end, used):
    """Prints the range of an option, and the number that is used."""
    log("warning: %s is not from %s to %s: using %s" % (name, start, end, used))


def warn_of_unknown(names):
    """Prints each unknown option, with the known one that may be meant."""
    for name in sorted(names):
        known = misspelt(name.lower())
        hint = ": did you mean %s?" % known if known else ""
        log("warning: unknown option %s%s" % (name, hint))


def misspelt(name):
    """The known option that is nearest to ``name``, None if none is near."""
    found, least = None, _MISSPELT + 1
    for known in NAMES.split():
        # At least as many letters differ.
        if abs(len(known) - len(name)) < least:
            letters = distance(name, known)
            if letters < least:
                found, least = known, letters
    return found


def distance(word, other):
    """How many letters have to be put in, left out or replaced to make one word of the other
    (Levenshtein's distance)."""
    # As bytes, for the reason that ``path`` gives; other letters than those of ASCII count as two.
    word, other = word.encode(), other.encode()
    # From the first letters of ``word``, none at first, to the first 0, 1, 2 … of ``other``.
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word):
        before, row[0] = row[0], i + 1
        for j, wanted in enumerate(other):
            replaced = before + (letter != wanted)
            before = row[j + 1]
            row[j + 1] = min(replaced, before + 1, row[j] + 1)
    return row[-1]


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
    names = [item.lower() for item in strings(name, value, default) if item]
    return tuple([item if item.startswith(".") else "." + item for item in names])


def key(value):
    """A shared secret as bytes, or None."""
    if value is None:
        return None
    if not isinstance(value, (str, bytes)):
        raise TypeError("manifest_auth_key must be a str or None")
    if not value:
        raise ValueError("manifest_auth_key is empty: pass None to take unsigned manifests")
    return value.encode() if isinstance(value, str) else value


def signature_field(value):
    """The name of a top-level member that is none of the manifest's own."""
    if text("manifest_signature_field", value) in ("version", "files"):
        raise ValueError("manifest_signature_field cannot be %s" % value)
    return value


def delete_policy(policy, allowlist):
    """One of OTADeletePolicy; ``never`` for what is none, or has no allowlist but needs one."""
    if policy not in OTADeletePolicy.ALL_POLICIES:
        return OTADeletePolicy.NEVER
    needs_list = (OTADeletePolicy.MANIFEST_EXTENSIONS, OTADeletePolicy.CUSTOM_EXTENSIONS)
    if policy in needs_list and not allowlist:
        log("warning: no delete_files_not_in_manifest_extensions: nothing will be deleted")
        return OTADeletePolicy.NEVER
    return policy
