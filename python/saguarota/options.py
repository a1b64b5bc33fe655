"""The constructor's options: wrong types raise, numbers out of range fall back to the default."""

from .const import OTADeletePolicy, log


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
