"""Options that the constructor does not know, most of them misspelt."""

from micropython import const

from .const import log

# An unknown option counts as the misspelling of a known one up to so many letters away.
_MISSPELT = const(2)
# A function of MicroPython does not know the names of its parameters: these are those of
# ``config.config``.
NAMES = (
    "manifest_url base_file_url dest_dir force_update recurse_http_fs ota_state_file "
    "local_manifest_file application_name http_timeout_s backup_skip_extensions "
    "backup_skip_prefixes manifest_auth_key manifest_signature_field download_retries "
    "retry_base_delay_ms resume_downloads io_chunk_size md5_chunk_size strict_http_fs "
    "delete_files_not_in_manifest_policy delete_files_not_in_manifest_extensions "
    "progress_callback ssl_context require_sha256 max_unconfirmed_boots"
)


def warn(names):
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
    # As bytes: of a string, MicroPython keeps each character for ever as a name. Other letters than
    # those of ASCII count as two.
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
