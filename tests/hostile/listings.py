"""A device in HTTP-FS mode, a server whose listings are hostile, and what must come of it."""

from html import escape
from urllib.parse import quote

from hostile.attack import NEW, OLD, Attack, md5
from hostile.server import HostileServer, reply
from support import application, without_memory

HTTP_FS = "http_fs_failed"
# The folders of NEW as they are listed.
PAGES = {"": ["lib/", "main.py", "pkg/"], "lib/": ["added.py", "util.py"], "pkg/": ["sub/"]}
PAGES["pkg/sub/"] = ["mod.py"]
# What a walk through these comes to, which a device knows a failed update by.
WALK = b"lib/\nmain.py\npkg/\nlib/added.py\nlib/util.py\npkg/sub/\npkg/sub/mod.py\n"
OWN = ("ota_state.txt", "saguarota_backup", "versions.json")
# What else there is while there is a backup.
OF_THE_BACKUP = ("otac14f2.jrn", "otac14f2.prg", "otac14f2.old")


def link(name):
    """A link to a file or folder of any name, as an honest server writes it."""
    return escape(quote(name))


def page(hrefs, before="<h1>Index of /f</h1>\n"):
    """A page with these links; each is the attribute's text as it stands in the page."""
    return before + "".join(f'<a href="{href}">x</a>\n' for href in hrefs)


class AnyPathServer(HostileServer):
    """Answers what has no answer of its own with `otherwise`."""

    def __init__(self):
        super().__init__()
        self.otherwise = reply("none", "404 Not Found")
        server = self

        class Answers(dict):
            def get(self, target, _=None):
                return super().get(target, [server.otherwise])

        self._answers = Answers()


class ListingAttack(Attack):
    """A device with the release OLD, and a server that lists and has the release NEW at /f/."""

    def __init__(self, device, server):
        super().__init__(device, server)
        device.options.update(recurse_http_fs=True)
        self.local = device.tree()["versions.json"]
        for folder, links in PAGES.items():
            self.list(folder, links)

    def list(self, folder, hrefs):
        """List these links in a folder, which has a slash at its end unless it is the base."""
        self.server.on("/f/" + folder, reply(page(hrefs), "200 OK", "Content-Type: text/html"))

    def boot(self, **options):
        """As ever, and nothing has asked for a manifest; what was asked before is forgotten."""
        self.server.requests.clear()
        boot = super().boot(**options)
        assert "/v.json" not in self.server.requests
        return boot

    def refuses(self, *parts, code=HTTP_FS, begun=False, tried=False, **options):
        """The update fails with a message that has these parts, and the device is as it was, to
        the byte. `begun`: it fails in the middle, and the device resets after the rollback.
        `tried`: it does not, but files were asked for."""
        before = self.device.tree()
        boot = self.boot(**options)
        assert (boot.code, boot.reset) == (code, begun), (boot.message, boot.log)
        for part in parts:
            assert part in boot.message, (part, boot.message)
        self.is_as_before(before)
        assert not boot.named("update_applied")
        if not begun and not tried:
            assert not boot.named("download_attempt")
        return boot

    def installs(self, files=NEW, **options):
        """The update arrives whole, and nothing else does: no file, no folder."""
        boot = self.boot(**options)
        assert (boot.code, boot.message, boot.reset) == (None, None, True), boot.log
        self.has(files)
        return boot

    def has(self, files):
        """The device waits for its confirmation with the old files and these, and no more."""
        assert self.device.state() == "confirm_pending"
        tree = self.device.tree()
        assert tree["versions.json"] == tree["otac14f2.old"] == self.local
        found = without_memory(tree)
        found = {path: content for path, content in found.items() if not path.startswith(OWN)}
        assert all(found.pop(name) is not None for name in OF_THE_BACKUP)
        folders = {path for path, content in found.items() if content is None}
        expected = {**OLD, **files}
        assert {path: found[path] for path in found if path not in folders} == expected
        assert all(any(path.startswith(folder) for path in expected) for folder in folders)

    def goes_on(self):
        """What happened has not kept the device from taking a good release, nor from going back."""
        before = self.app()
        for folder, links in PAGES.items():
            self.list(folder, links)
        for path, content in NEW.items():
            self.server.on("/f/" + path, reply(content))
        self.offered = md5(WALK)
        self.waits_if_it_failed()
        boot = self.boot()
        assert (boot.code, boot.reset) == (None, True), boot.message
        tree = self.app()
        assert {path: tree[path] for path in NEW} == NEW
        assert self.device.call("revert_update").reset
        assert self.app() == before

    def app(self):
        """The tree without what belongs to the updater."""
        return application(self.device.tree())
