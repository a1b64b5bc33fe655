"""URLs (RFC 3986), as far as they are http or https."""


def split(url):
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
    # The first of both marks.
    start = (rest.replace("?", "/") + "/").find("/")
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
