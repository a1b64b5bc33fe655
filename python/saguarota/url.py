"""URLs (RFC 3986), as far as they are http or https."""


def split_url(url):
    """``(scheme, host, port, target)`` of an http or https URL; ValueError for anything else."""
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in ("http", "https"):
        raise ValueError("not an http or https URL: %s" % url)
    # As bytes: taking a str apart would make each character an interned string for good.
    for byte in url.encode():
        if byte <= 32 or byte > 126:
            raise ValueError("URL with a blank or a character that must be escaped: %s" % url)
    rest = rest.split("#")[0]
    start = len(rest)
    for mark in "/?":
        found = rest.find(mark)
        if 0 <= found < start:
            start = found
    host, target = rest[:start], rest[start:]
    if not target.startswith("/"):
        target = "/" + target
    port = ""
    colon = host.rfind(":")
    if colon > host.rfind("]"):
        host, port = host[:colon], host[colon + 1 :]
    if not host or "@" in host or (port and not (port.isdigit() and int(port[:6]) < 65536)):
        raise ValueError("URL without a usable host: %s" % url)
    return scheme, host, int(port or (443 if scheme == "https" else 80)), target


def join_url(url, location):
    """What a Location field means relative to ``url`` (RFC 3986, section 5.2)."""
    scheme, mark, _ = location.partition("://")
    if mark and scheme.isalpha():
        return location
    scheme, host, port, target = split_url(url)
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
