"""A device in HTTP-FS mode and the folder that is listed for it."""

from servers import Apache, FancyApache, Nginx, PythonServer
from support import Device, application, only_files, read_tree, write_files

ALL = [Nginx, Apache, FancyApache, PythonServer]
OLD = {"main.py": b"old main", "lib/a.py": b"old a", "own/settings.txt": b"the device's own"}
NEW = {"main.py": b"new main", "lib/a.py": b"new a", "lib/deep/b.py": b"new b", "data.bin": b""}


class Crawler(Device):
    """A device with OLD on its flash. `served`: the folder behind the server that it follows."""

    def __init__(self, folder, interpreter, lib, served):
        super().__init__(folder, interpreter, lib)
        self.served = served
        served.mkdir()
        self.put(OLD)

    def offer(self, files):
        """Write files, {path: bytes}, to the folder that is served."""
        write_files(self.served, files)

    def list_missing(self, path="gone.py"):
        """Have a file listed that is not there."""
        (self.served / path).symlink_to("nowhere")

    def follow(self, url, **options):
        """Take what is listed there. The manifest's URL is ignored: nothing answers it."""
        self.options.update(
            manifest_url="http://127.0.0.1:1/none.json", base_file_url=url, recurse_http_fs=True
        )
        self.options.update(options)

    def files(self):
        """The files on the flash without the updater's own: {path: bytes}."""
        return only_files(application(self.tree()))

    def offered(self):
        """The files that are served: {path: bytes}."""
        return only_files(read_tree(self.served))

    def succeeds(self):
        """Boot into an update that lacks nothing; returns the boot."""
        boot = self.boot()
        assert (boot.code, boot.message, boot.reset) == (None, None, True), boot.log
        assert self.state() == "confirm_pending"
        return boot

    def succeeds_in_part(self):
        """The same where something fails that may: returns the details of what failed."""
        boot = self.boot()
        assert (boot.reset, self.state()) == (True, "confirm_pending"), (boot.message, boot.log)
        (failed,) = boot.named("file_update_failed")
        assert failed.keys() == {"path", "mode", "error"}
        assert failed["mode"] == "http_fs" and failed["error"]
        return failed

    def confirms(self):
        """Confirm the update."""
        assert self.call("confirm_update", True).value is True
        assert self.state() == "idle"

    def has_nothing_to_do(self):
        """Boot with the server's files all there already."""
        before = self.app()
        boot = self.boot()
        assert (boot.code, boot.message, boot.reset) == (None, None, False), boot.log
        assert self.state() == "idle"
        assert self.app() == before
        assert not boot.named("update_applied")

    def fails(self, *words, reset=False):
        """Boot: http_fs_failed with all words in its message, and nothing is changed. `reset`:
        whether there was something to roll back. Returns the boot."""
        before = self.app()
        boot = self.boot()
        assert (boot.code, boot.reset) == ("http_fs_failed", reset), (boot.message, boot.log)
        for word in words:
            assert word in boot.message.lower(), boot.message
        assert self.state() in (None, "idle")
        assert self.app() == before
        assert not boot.named("update_applied")
        return boot
