"""Listings with links that lead elsewhere or name what may not be installed."""

import pytest
from hostile.attack import NEW
from hostile.listings import PAGES
from hostile.server import HostileServer, reply

EVIL = b"print('evil')\n"
# What NEW takes: each listing and each file once.
HONEST = {"/f/" + path for path in [*PAGES, *NEW]}

# {place} is this server's own URL, {other} that of another one.
ELSEWHERE = [
    "",
    ".",
    "./",
    "..",
    "../",
    "../evil.py",
    "../../evil.py",
    "./../evil.py",
    "././../evil.py",
    "../f/evil.py",
    "../f/",
    "/",
    "/evil.py",
    "/f/evil.py",
    "/f/lib/",
    "/etc/passwd",
    "//evil/x",
    "//127.0.0.1/evil.py",
    "///evil.py",
    "{place}f/evil.py",
    "{place}f/lib/",
    "{other}f/evil.py",
    "HTTP://evil/x",
    "https://evil/x",
    "http:evil.py",
    "file:///etc/passwd",
    "ftp://evil/x",
    "mailto:a@b",
    "C:/evil.py",
    "evil:/evil.py",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,evil.py",
    "data:text/html;base64,ZXZpbA==",
    "?C=N;O=D",
    "?",
    "evil.py?",
    "evil.py?x=1",
    "evil/?C=M",
    "main.py?v=2",
    "#",
    "#top",
    "evil.py#x",
    "main.py#x",
    "\\evil.py",
    "\\\\evil\\x",
    "&#92;&#92;evil",
    "&#46;&#46;&#47;evil.py",
    "&#46;&#46;&#47;",
    "&#x2e;&#x2E;&#x2f;evil.py",
    "&#0046&#0046/evil.py",
    "&#47;etc/passwd",
    "&#x2f;&#47;evil/x",
    "&#106;avascript:alert(1)",
    "javascript&#58;alert(1)",
    "http&#x3a;//evil/x",
    "evil.py&#63;x",
    "evil.py&#x23;x",
    "ota_state.txt",
    "OTA_State.TXT",
    "otac14f2.sta",
    "ota_state.txt/x",
    "versions.json",
    "VERSIONS.Json",
    "./versions.json",
    "versions%2Ejson",
    "%76ersions.json",
    "&#118;ersions.json",
    "otac14f2.old",
    "otac14f2.new/",
    "saguarota_backup",
    "saguarota_backup/",
    "SAGUAROTA_BACKUP/",
    "SaguarOTA_Backup/main.py",
    "otac14f2.lst",
    "otac14f2.cut",
    "Otac14f2.Res",
    "OTAC14F2.pr2",
    "otac14f2.xyz",
    "OtaC14f2.xyz/",
    "otac14f2%2Exyz",
]

DROPPED = "dot or a space"
CONTROL = "control character"
SLASH = "encoded slash"
REFUSED = [
    ("%2e%2e%2fevil.py", SLASH),
    ("%2E%2E%2Fevil.py", SLASH),
    ("..%2fevil.py", SLASH),
    ("..%2f", SLASH),
    ("lib%2fevil.py", SLASH),
    ("%2fetc%2fpasswd", SLASH),
    ("%2fetc/passwd", SLASH),
    ("%2e%2e/", "leaves"),
    ("%2e%2e", "leaves"),
    ("%2e./evil.py", "leaves"),
    ("&#37;2e%2e/evil.py", "leaves"),
    ("lib/../evil.py", "leaves"),
    ("lib/../../evil.py", "leaves"),
    ("lib/..", "leaves"),
    ("%2e", "segment ."),
    ("%2e/evil.py", "segment ."),
    ("lib/./evil.py", "segment ."),
    (".//evil.py", "absolute"),
    ("lib//evil.py", "empty segment"),
    ("lib//", "empty segment"),
    ("..\\evil.py", "backslash"),
    ("lib\\evil.py", "backslash"),
    ("..%5cevil.py", "backslash"),
    ("evil%00.py", CONTROL),
    ("evil.py%00.txt", CONTROL),
    ("evil%0a.py", CONTROL),
    ("evil.py%0AF main.py", CONTROL),
    ("evil%0d.py", CONTROL),
    ("evil%09.py", CONTROL),
    ("evil%1b[2J.py", CONTROL),
    ("evil%7f.py", CONTROL),
    ("evil%c2%85.py", CONTROL),
    ("evil\x01.py", CONTROL),
    ("evil\0.py", CONTROL),
    ("evil&#0;.py", CONTROL),
    ("evil&#127;.py", CONTROL),
    ("evil&#133;.py", CONTROL),
    ("evil%ff.py", "UTF-8"),
    ("evil%c0%ae.py", "UTF-8"),
    ("%c0%ae%c0%ae/evil.py", "UTF-8"),
    ("evil.", DROPPED),
    ("evil%20", DROPPED),
    ("evil./x", DROPPED),
    (".. /evil.py", DROPPED),
    ("..%20/", DROPPED),
    (".../evil.py", DROPPED),
    ("versions.json%20", DROPPED),
    ("versions.json.", DROPPED),
    ("VERSIO~1.JSO", "short name"),
    ("saguar~1/", "short name"),
    ("%63%3a/evil.py", "drive"),
    ("./c:/evil.py", "drive"),
    ("e" * 256, "255 bytes"),
    ("%65" * 256, "255 bytes"),
    ("%c3%a9" * 128, "255 bytes"),
    ("e" * 100000, "too long"),
    ("e/" * 16 + "evil.py", "16 segments"),
]


@pytest.fixture
def other():
    """Another server, which has the same names."""
    with HostileServer() as server:
        for path in ("/f/evil.py", "/f/main.py", "/"):
            server.on(path, reply(EVIL))
        yield server


def insert(attack, href, folder=""):
    """Put a link between those of a folder, and something evil where it might lead."""
    links = PAGES[folder]
    attack.list(folder, [*links[:1], href, *links[1:]])
    for path in ("evil.py", "f/evil.py", "f/lib/evil.py", "etc/passwd", "f/ota_state.txt"):
        attack.server.on("/" + path, reply(EVIL))


def names(hrefs):
    return [repr(href)[1:40] for href in hrefs]


@pytest.mark.parametrize("href", ELSEWHERE, ids=names(ELSEWHERE))
def test_a_link_that_leads_elsewhere_or_is_reserved_is_silently_skipped(listed, other, href):
    """Passed over without a word, whatever strict_http_fs says."""
    insert(listed, href.format(place=listed.server.url, other=other.url))
    boot = listed.installs()
    assert not boot.named("file_update_failed")
    assert sorted(listed.server.requests) == sorted(HONEST)
    assert other.connections == 0


def test_many_links_that_lead_elsewhere_are_all_silently_skipped(listed, other, strict):
    own = ("ota", "vers", "sagu", "%76", "&#118", "OTA", "VERS", "SAGU", "Sagu", "Ota", "./vers")
    hrefs = [href for href in ELSEWHERE if not href.startswith(own)]
    hrefs = [href.format(place=listed.server.url, other=other.url) for href in hrefs]
    listed.list("lib/", [*hrefs, *PAGES["lib/"], *hrefs])
    boot = listed.installs()
    assert not boot.named("file_update_failed")
    assert sorted(listed.server.requests) == sorted(HONEST)
    assert other.connections == 0


def test_a_reserved_name_may_be_installed_in_another_folder(listed):
    """Only at the place where the updater has them are they its own."""
    listed.list("lib/", [*PAGES["lib/"], "ota_state.txt", "versions.json"])
    for name in ("ota_state.txt", "versions.json"):
        listed.server.on("/f/lib/" + name, reply(b"mine"))
    listed.installs({**NEW, "lib/ota_state.txt": b"mine", "lib/versions.json": b"mine"})


def test_configured_names_are_reserved_and_the_default_ones_are_free(listed):
    """What the options name is the updater's own; the default names are free then."""
    options = {
        "ota_state_file": "state",
        "local_manifest_file": "cfg/local.json",
        "application_name": "app",
    }
    taken = ["State", "ota881a0.xyz", "CFG/Local.JSON", "cfg/OTA881A0.new", "App_Backup/main.py"]
    listed.list("", [*PAGES[""], *taken, "cfg/", "ota_state.txt", "otac14f2.sta"])
    listed.list("cfg/", ["LOCAL.json", "ota881a0.new", "other.json"])
    listed.server.on("/f/cfg/other.json", reply(b"{}"))
    listed.server.on("/f/ota_state.txt", reply(b"free"))
    listed.server.on("/f/otac14f2.sta", reply(b"free, too"))
    boot = listed.boot(**options)
    assert (boot.code, boot.reset) == (None, True), boot.message
    tree = listed.device.tree()
    assert (tree["cfg/other.json"], tree["ota_state.txt"]) == (b"{}", b"free")
    assert tree["otac14f2.sta"] == b"free, too"
    assert tree["state"] == b"confirm_pending"
    asked = {"/f/cfg/", "/f/cfg/other.json", "/f/ota_state.txt", "/f/otac14f2.sta"}
    assert set(listed.server.requests) == {*HONEST, *asked}


@pytest.mark.parametrize(("href", "why"), REFUSED, ids=names(href for href, _ in REFUSED))
def test_a_refused_link_fails_a_strict_update_and_is_else_left_out(listed, href, why):
    """By default the whole update is; otherwise the link is left out, and told."""
    insert(listed, href)
    boot = listed.refuses(f"{listed.server.url}f/: ", why)
    assert listed.server.requests == ["/f/"]
    assert not boot.events
    boot = listed.installs(strict_http_fs=False)
    (failed,) = boot.named("file_update_failed")
    assert failed.keys() == {"path", "mode", "error"}
    assert failed["mode"] == "http_fs" and why in failed["error"]
    assert failed["path"].isascii() and failed["path"].isprintable()
    assert 0 < len(failed["path"]) <= 255
    assert sorted(listed.server.requests) == sorted(HONEST)


def test_many_refused_links_are_reported_and_the_other_files_installed(listed):
    # Drives and the updater's names are those only in the first segment.
    first = ("versions", "%63", "./c")
    hrefs = [href for href, _ in REFUSED if not href.startswith(first)]
    listed.list("lib/", [*PAGES["lib/"][:1], *hrefs, *PAGES["lib/"][1:]])
    listed.refuses("f/lib/: ")
    boot = listed.installs(strict_http_fs=False)
    # Of links one after the other that are the same in the end, one is told.
    told = [failed["path"] for failed in boot.named("file_update_failed")]
    assert {"%2e%2e%2fevil.py", "evil%ff.py", "VERSIO~1.JSO"} < set(told) and len(told) > 40
    assert sorted(listed.server.requests) == sorted(HONEST)


@pytest.mark.parametrize("href", ["evil%0a.py", "x%1b[2J", "x&#10;&#27;y%00", "\u202eevil."])
def test_the_console_gets_no_control_characters(listed, href):
    listed.list("", [href, *PAGES[""]])
    boot = listed.refuses()
    assert boot.message.isprintable() and boot.message.isascii()
    boot = listed.boot(strict_http_fs=False)
    assert all(line.isprintable() for line in boot.log.splitlines())


# -- links to one place --


def test_links_are_found_and_decoded_as_a_browser_does_it(listed):
    """Entities, escapes and blanks of any kind, and a link in any letters and quotes."""
    listed.server.on(
        "/f/",
        reply(
            "<A HREF='ma&#105;n.py'>x</A><a class=x href = &#108;ib/ >x</a><a href=\"p\nkg/\">"
            '<!-- <a href="evil.py"> --><script>"<a href=evil.py>"</script>'
            '<area href="evil.py"><link href=evil.py><a name="x"><b href="evil.py">'
            "<a data-href=evil.py><a title='<a href=evil.py>'></a href=evil.py>"
        ),
    )
    boot = listed.installs()
    assert not boot.named("file_update_failed")


@pytest.mark.parametrize("force", [False, True])
def test_repeated_links_harm_neither_the_update_nor_its_rollback(listed, force):
    """Once or often: the files arrive, and the way back leads to the old ones."""
    links = ["main.py", "lib/", "main.py", "m%61in.py", "./main.py", "lib/util.py", "lib/", "pkg/"]
    listed.list("", [*links, *links, *links])
    before = listed.app()
    listed.installs(force_update=force)
    assert listed.device.call("revert_update").reset
    assert listed.app() == before
    # Now the last one of them fails.
    listed.server.on("/f/pkg/sub/mod.py", reply(NEW["pkg/sub/mod.py"]), reply("no", "404 No"))
    listed.refuses("pkg/sub/mod.py", "404", begun=True, force_update=force, download_retries=0)
    listed.goes_on()


CONFLICTS = {
    "file first": ["both", "both/"],
    "folder first": ["both/", "both"],
    "below it first": ["both/evil.py", "both"],
    "file before what is below it": ["both", "both/evil.py"],
    "other case": ["both/evil.py", "Both", "BOTH/x.py"],
}


@pytest.mark.parametrize("hrefs", CONFLICTS.values(), ids=CONFLICTS)
def test_a_name_listed_as_file_and_folder_leaves_the_device_unchanged(listed, strict, hrefs):
    """It cannot be both; the device does not end up as half of it."""
    listed.list("", [*PAGES[""], *hrefs])
    listed.list("both/", ["evil.py"])
    for name in ("both", "both/evil.py", "Both", "BOTH/x.py"):
        listed.server.on("/f/" + name, reply(EVIL))
    before = listed.app()
    boot = listed.boot()
    if "Both" in hrefs and boot.code is None:
        # Three names, where the file system tells them apart.
        assert listed.device.call("revert_update").reset
    else:
        assert boot.code == "apply_failed" and "both" in boot.message
    assert listed.device.state() in (None, "idle"), boot.message
    assert listed.app() == before
    listed.goes_on()


@pytest.mark.parametrize("href", ["lib", "data/settings/"])
def test_a_file_never_replaces_a_folder_nor_a_folder_a_file(listed, strict, href):
    """A file where the device has a folder, and the reverse."""
    listed.list("", [*PAGES[""], href])
    listed.list("data/settings/", ["x"])
    listed.server.on("/f/lib", reply(EVIL))
    listed.server.on("/f/data/settings/x", reply(EVIL))
    listed.refuses(href.strip("/"), " on the device", code="apply_failed")
    listed.goes_on()
