"""The constructor's options: wrong types raise, numbers out of range fall back to the default."""

from .const import OTADeletePolicy, log
from .transaction import Transaction
from .url import split_url


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
    **kwargs,
):
    """The constructor of ``OTAUpdater``: checks the options and sets the attributes."""
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
    self.http_timeout_s = timeout(http_timeout_s, 5)
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
    self.ssl_context = kwargs.get("ssl_context")
    self.require_sha256 = bool(kwargs.get("require_sha256"))
    boots = kwargs.get("max_unconfirmed_boots")
    if boots is not None:
        boots = whole("max_unconfirmed_boots", boots, None, 1, 1000)
    self.max_unconfirmed_boots = boots
    name = text("application_name", application_name or self.APPLICATION_NAME)
    self.backup_dir = name + "_backup"
    self._transaction = Transaction(
        text("dest_dir", dest_dir),
        self.backup_dir,
        text("ota_state_file", ota_state_file or self.OTA_STATE_FILE),
        text("local_manifest_file", local_manifest_file or self.LOCAL_MANIFEST_FILE),
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


def whole(name, value, default, start, end):
    """An integer from ``start`` to ``end``, else ``default``."""
    if not isinstance(value, int):
        raise TypeError("%s must be an int, not %s" % (name, type(value).__name__))
    return value if start <= value <= end else default


def timeout(value, default):
    """Seconds above 0, or None for no limit."""
    if value is not None and not isinstance(value, (int, float)):
        raise TypeError("http_timeout_s must be a number or None")
    return value if value is None or value > 0 else default


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
