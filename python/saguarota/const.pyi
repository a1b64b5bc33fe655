"""The words that the updater and its users exchange (on MicroPython)."""

class OTAState:
    """The content of the state file: exactly one of these words; missing or empty is idle."""

    IDLE = "idle"
    INSTALLING = "installing"
    CONFIRM_PENDING = "confirm_pending"

class OTAErrorCode:
    """Values of ``OTAUpdater.last_error_code``; docs/API.md lists their causes."""

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
