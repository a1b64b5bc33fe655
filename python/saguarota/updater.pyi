"""The updater (on MicroPython)."""

from collections.abc import Callable
from typing import Any

from .const import OTADeletePolicy

_Strings = tuple[str, ...] | list[str]

class OTAUpdater:
    """Keeps the files below ``dest_dir`` at the newest release of a server."""

    OTA_STATE_FILE: str
    LOCAL_MANIFEST_FILE: str
    APPLICATION_NAME: str
    DEFAULT_BACKUP_SKIP_EXTENSIONS: tuple[str, ...]
    DEFAULT_BACKUP_SKIP_PREFIXES: tuple[str, ...]

    last_error_code: str | None
    """Why the last check failed, one of ``OTAErrorCode``; None where it did not fail.

    A method that refuses, as another updater is at work, sets it to ``OTAErrorCode.APPLY``.
    """
    last_error_message: str | None
    """What failed, and where; of a release that failed before, how many boots it waits, too."""
    backup_dir: str
    """The folder of the backup, ``<application_name>_backup``."""

    def __init__(
        self,
        manifest_url: str | None,
        base_file_url: str,
        dest_dir: str = ".",
        force_update: bool = False,
        recurse_http_fs: bool = False,
        ota_state_file: str | None = None,
        local_manifest_file: str | None = None,
        application_name: str | None = None,
        http_timeout_s: float | None = 5,
        backup_skip_extensions: _Strings | None = None,
        backup_skip_prefixes: _Strings | None = None,
        manifest_auth_key: str | bytes | None = None,
        manifest_signature_field: str = "signature",
        download_retries: int = 1,
        retry_base_delay_ms: int = 250,
        resume_downloads: bool = False,
        io_chunk_size: int = 512,
        md5_chunk_size: int = 512,
        strict_http_fs: bool = True,
        delete_files_not_in_manifest_policy: str = OTADeletePolicy.NEVER,
        delete_files_not_in_manifest_extensions: _Strings | None = None,
        progress_callback: Callable[[str, dict[str, Any]], object] | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the options; nothing is read or written yet.

        docs/API.md has a table of them. Of ``kwargs``, ``ssl_context`` (an ``ssl.SSLContext``) is
        used for https, ``require_sha256`` (a bool) refuses manifests without SHA-256, and
        ``max_unconfirmed_boots`` (an int from 1 to 1000, or None) has an update reverted and given
        up that is not confirmed in so many boots, each of which must call
        ``check_and_perform_ota()``; any other name is ignored. A number out of its range becomes
        the default. ``manifest_url`` is not used with ``recurse_http_fs``.

        Raises TypeError or ValueError for an option of a wrong type or without sense.
        """

    def check_and_perform_ota(self) -> None:
        """Undo an interrupted update, or look for a new one and install it.

        After either the device resets; where there is no ``machine.reset``, SystemExit is raised.
        So it does after a rollback of what failed, and of what ``max_unconfirmed_boots`` ends.
        Returns where nothing was due, the last update is not confirmed, what is due failed before
        and waits or was given up, something failed before a file was touched, another updater is at
        work, or a rollback failed, which the next check tries again. Errors are in
        ``last_error_code`` and ``last_error_message``.
        """

    def confirm_update(self, cleanup: bool = False) -> bool:
        """Keep the new code. True if an update was waiting for that.

        ``cleanup``: remove the backup, too. False as well while another updater is at work. Raises
        OSError where the flash cannot be written.
        """

    def cleanup_files(self) -> bool:
        """Remove the backup. False, with nothing removed, unless the state is idle.

        False as well while another updater is at work. Raises OSError where the flash cannot be
        written.
        """

    def revert_update(self) -> None:
        """Bring back the files of before the last update, as far as a backup is left, and reset.

        Returns, with nothing done, while another updater is at work. Raises OSError where the flash
        cannot be written; the next check then goes on with it.
        """

    def release(self) -> None:
        """Drop all attributes and what they hold, and collect garbage.

        May be called twice; other calls then fail, and the two error attributes read None.
        """
