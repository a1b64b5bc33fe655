"""Where a redirect leads: a module of its own so that an update without one does not load it."""

from . import urls


def target(url, location):
    """The URL that a Location field of ``url`` names. Raises ValueError where that leaves https."""
    found = _join(url, location)
    if (urls.split(url)[0], urls.split(found)[0]) == ("https", "http"):
        raise ValueError("redirect from https to %s" % found)
    return found


def _join(url, location):
    """What a Location field means relative to ``url`` (RFC 3986, section 5.2)."""
    scheme, mark, _ = location.partition("://")
    if mark and scheme.isalpha():
        return location
    scheme, host, port, target = urls.split(url)
    if location.startswith("//"):
        return scheme + ":" + location
    folder = target.split("?")[0]
    path, mark, query = location.partition("?")
    if not path:
        path = folder
    elif not path.startswith("/"):
        path = folder[: folder.rfind("/") + 1] + path
    parts = []
    for part in path.split("/")[1:]:
        parts = parts[:-1] if part == ".." else parts + [part] if part != "." else parts
    if part in (".", ".."):
        parts.append("")
    return "%s://%s:%d/%s%s%s" % (scheme, host, port, "/".join(parts), mark, query)
