"""The guide's lines for web servers make the listings that HTTP-FS mode wants."""

import os
import re
from pathlib import Path

import pytest
from network.crawler import NEW, OLD
from servers import Apache, Nginx, PythonServer

GUIDE = Path(__file__).parents[2] / "docs/GUIDE.md"
MODES = {"nginx": Nginx, "apache": Apache}


def lines(language, folder):
    """The guide's lines for a server, with the folder that they are for."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
    assert block.count("/srv/ota/") >= 1
    # As root, Apache drops to a user who may have no way to the folder but the current one.
    mine = "/proc/self/cwd" if language == "apache" and os.geteuid() == 0 else str(folder)
    return block.replace("/srv/ota", mine)


@pytest.mark.parametrize("language", MODES)
def test_the_server_configurations_of_the_guide_serve_an_update(crawler, serve, language):
    crawler.offer(NEW)
    server = serve(
        MODES[language], crawler.served, listing=False, extra=lines(language, crawler.served)
    )
    crawler.follow(server.url + "ota/")
    crawler.succeeds()
    assert crawler.files() == {**OLD, **NEW}


@pytest.mark.parametrize("kind", [Nginx, Apache, PythonServer], ids=lambda kind: kind.__name__)
def test_an_index_hides_the_listing(crawler, serve, kind):
    """Its links count then; where it has none, there is nothing to do."""
    crawler.offer({**NEW, "index.html": b"<html><p>Welcome</p></html>"})
    crawler.follow(serve(kind, crawler.served).url)
    boot = crawler.boot()
    assert (boot.code, boot.reset, boot.events) == (None, False, [])
    assert "no files" in boot.log
    assert crawler.files() == OLD
    crawler.offer({"index.html": b'<a href="main.py">the only one</a>'})
    crawler.succeeds()
    assert crawler.files() == {**OLD, "main.py": NEW["main.py"]}
