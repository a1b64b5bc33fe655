"""The updater (on MicroPython)."""

from collections.abc import Callable
from ssl import SSLContext
from typing import Any

from .const import OTADeletePolicy

_Strings = tuple[str, ...] | list[str]
# A string is a number in decimal digits.
_Int = int | str
_Float = float | str

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
        http_timeout_s: _Float | None = 5,
        backup_skip_extensions: _Strings | None = None,
        backup_skip_prefixes: _Strings | None = None,
        manifest_auth_key: str | bytes | None = None,
        manifest_signature_field: str = "signature",
        download_retries: _Int = 1,
        retry_base_delay_ms: _Int = 250,
        resume_downloads: bool = False,
        io_chunk_size: _Int = 512,
        md5_chunk_size: _Int = 512,
        strict_http_fs: bool = True,
        delete_files_not_in_manifest_policy: str = OTADeletePolicy.NEVER,
        delete_files_not_in_manifest_extensions: _Strings | None = None,
        progress_callback: Callable[[str, dict[str, Any]], object] | None = None,
        *,
        ssl_context: SSLContext | None = None,
        require_sha256: bool = False,
        max_unconfirmed_boots: _Int | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the options; nothing is read or written yet.

        - ``manifest_url``: http or https; not used with ``recurse_http_fs``
        - ``base_file_url``: http or https; a file's URL is this, ``/`` and its path
        - ``dest_dir`` (``"."``): folder that the manifest's paths begin in
        - ``force_update`` (False): install whatever the versions say
        - ``recurse_http_fs`` (False): update by directory listings, without a manifest
        - ``ota_state_file`` (None: ``OTA_STATE_FILE``): the state file
        - ``local_manifest_file`` (None: ``LOCAL_MANIFEST_FILE``): the manifest of what is installed
        - ``application_name`` (None: ``APPLICATION_NAME``): names the updater's other files
        - ``http_timeout_s`` (5): seconds for each wait, 0.001 to 86400; None waits for ever
        - ``backup_skip_extensions`` (None: ``DEFAULT_BACKUP_SKIP_EXTENSIONS``), and
          ``backup_skip_prefixes`` (None: ``DEFAULT_BACKUP_SKIP_PREFIXES``): files without backup
        - ``manifest_auth_key`` (None: signatures are not checked): the shared secret
        - ``manifest_signature_field`` (``"signature"``): not ``version`` or ``files``
        - ``download_retries`` (1): attempts after the first one, 0 to 100
        - ``retry_base_delay_ms`` (250): milliseconds before the first of them, 0 to 60000
        - ``resume_downloads`` (False): go on with a download that was interrupted
        - ``io_chunk_size`` (512): bytes of a read or of a copy, 1 to 65536
        - ``md5_chunk_size`` (512): bytes of a read for MD5, 1 to 65536
        - ``strict_http_fs`` (True): with ``recurse_http_fs``, one file that fails is a failure
        - ``delete_files_not_in_manifest_policy`` (``never``): one of ``OTADeletePolicy``
        - ``delete_files_not_in_manifest_extensions`` (None): what two policies may delete
        - ``progress_callback`` (None): called with each event's name and details
        - ``ssl_context`` (None: the server's certificate must verify): for https
        - ``require_sha256`` (False): refuse manifests without SHA-256
        - ``max_unconfirmed_boots`` (None: any number): boots that an update may stay unconfirmed
          before it is reverted and given up, 1 to 1000; each must call ``check_and_perform_ota()``
        - ``kwargs``: any other name is ignored, and printed

        A number of a wrong type or out of its range becomes the default, of
        ``max_unconfirmed_boots`` 1 or 1000 where it is out of range; that is printed, too. Raises
        TypeError or ValueError for any other option of a wrong type or without sense.
        docs/API.md has more.
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
