"""HTTP-FS mode: an update by the server's directory listings.

The listings are walked first, folder by folder, into a list on flash: paths relative to the base,
a line each, folders with a slash at their end. Only then does the update start, as it does by a
manifest.
"""

from _saguarota import Listing
from micropython import const

from . import compare, fs, installation
from .const import NetworkError, OTAError, OTAErrorCode, OTAState, call, load, log, unload

_PAGE_MAX = const(4 << 20)
_LINKS_MAX = const(32768)
# A folder takes two blocks of littlefs: more of them than most flash has.
_FOLDERS_MAX = const(256)


def update(updater, downloads):
    """Installs the files that the listings show; true if one of them was new to the device.

    Raises OTAError, and anything that the flash, the heap or a defect raise.
    """
    transaction = updater._transaction
    # Of manifest mode; it may take the space that this one needs.
    transaction.remove_partial()
    end = _Crawl(updater, downloads).run()
    if not end:
        log("no files at %s" % downloads.url(""))
        transaction.clean()
        return False
    transaction.step = OTAErrorCode.APPLY, "reading back the list"
    call("identify", "identify", transaction, transaction.list, downloads.buffer)
    updater._event("update_start", {"mode": "http_fs"})
    transaction.step = transaction.PREPARING
    _prepare(transaction, end, downloads.piece)
    installed = 0
    failed = None
    for path in _files(transaction.list, end):
        updater._event("file_update_start", {"path": path, "mode": "http_fs"})
        try:
            downloads.fetch(path, None, None)
        except OTAError as e:
            if e.args[0] != OTAErrorCode.DOWNLOAD:
                raise
            failed = OTAError(OTAErrorCode.HTTP_FS, e.args[1])
            _report_failed(updater, path, e.args[1])
            if updater.strict_http_fs:
                raise failed
            transaction.step = OTAErrorCode.APPLY, "skipping " + path
            _skip(transaction, path)
            continue
        transaction.step = OTAErrorCode.APPLY, "installing " + path
        installed += _install(updater, path, downloads)
        updater._event("file_update_done", {"path": path, "mode": "http_fs"})
    transaction.step = OTAErrorCode.APPLY, "finishing the update"
    # The list, and a download that brought what the device has already.
    transaction.clean()
    if not installed:
        log("nothing has changed")
        _abandon(transaction)
        if failed:
            raise failed
        return False
    installation.commit(transaction)
    log("updated: %d files are new; restarting" % installed)
    updater._event("update_applied", {"mode": "http_fs"})
    return True


def _prepare(transaction, end, buffer):
    transaction.remove_backup()
    call("plan", "plan", transaction, _files(transaction.list, end))
    call("start", "start", transaction, 0, buffer)


def _install(updater, path, downloads):
    """Installs the part file unless the device has the same bytes; returns whether it did."""
    transaction = updater._transaction
    target = fs.join(transaction.dest_dir, path)
    unchanged = (
        not updater.force_update
        and fs.kind(target) == fs.FILE
        and compare.same(transaction.part, target, downloads.buffer)
    )
    if unchanged:
        _skip(transaction, path)
    else:
        installation.install(transaction, path, downloads.piece)
    return not unchanged


def _skip(transaction, path):
    """Leaves the next file of the journal as it is."""
    mark, _ = installation.pop(transaction, path)
    if mark == "F":
        # Whoever creates it later, no rollback may remove it.
        installation.cancel(transaction, path)
    else:
        installation.append(transaction, "-")


def _abandon(transaction):
    """Ends an update that has changed nothing."""
    transaction.close()
    # Without it there is nothing to undo, whatever the state.
    fs.remove(transaction.progress)
    transaction.set_state(OTAState.IDLE)
    transaction.remove_backup()


def _report_failed(updater, path, error):
    log("%s: %s" % (path, error))
    updater._event("file_update_failed", {"path": path, "mode": "http_fs", "error": error})


def _files(list_path, end):
    """Yields the paths of the files in the first ``end`` bytes of the list."""
    with open(list_path, "rb") as lines:
        while end > 0:
            line = lines.readline()
            end -= len(line)
            if not line.endswith(b"/\n"):
                yield line[:-1].decode()


class _Crawl:
    """The walk through the listings, depth first: a folder that lists itself soon is too deep."""

    def __init__(self, updater, downloads):
        self.updater = updater
        self.downloads = downloads
        self.reserved = call("reserved", "reserved", updater._transaction)
        self.file = None
        self.links = self.folders = self.files = 0
        # Bytes of the list that count.
        self.end = 0

    def run(self):
        """Bytes of the list; 0 if it has no files. Raises OTAError (HTTP_FS)."""
        transaction = self.updater._transaction
        transaction.step = OTAErrorCode.HTTP_FS, "writing " + transaction.list
        fs.write(transaction.list, "")
        self.file = open(transaction.list, "r+b")
        try:
            # Of each open listing, how far its part of the list is walked, and where that ends.
            open_listings = [self.list("")]
            while open_listings:
                folder = self.next(open_listings[-1])
                if folder is None:
                    open_listings.pop()
                else:
                    open_listings.append(self.list(folder))
        finally:
            self.file.close()
        return self.end if self.files else 0

    def next(self, listing):
        """The next folder of a listing, or None."""
        self.file.seek(listing[0])
        while listing[0] < listing[1]:
            line = self.file.readline()
            listing[0] += len(line)
            if line.endswith(b"/\n"):
                return line[:-2].decode()
            self.files += 1
        return None

    def list(self, folder):
        """Adds what a folder's listing shows to the list; where in it."""
        url = self.downloads.url(folder + "/" if folder else "")
        self.folders += 1
        if self.folders > _FOLDERS_MAX:
            raise OTAError(OTAErrorCode.HTTP_FS, "%s: over %d folders" % (url, _FOLDERS_MAX))

        def attempt():
            listing = Listing(folder, self.reserved)
            size = links = 0
            end = self.end
            self.file.seek(end)

            def receive(piece):
                nonlocal size, links, end
                size += len(piece)
                if size > _PAGE_MAX:
                    raise OTAError(OTAErrorCode.HTTP_FS, "%s: over %d bytes" % (url, _PAGE_MAX))
                while True:
                    found = listing.next(piece)
                    if not found:
                        return
                    if found[1]:
                        self.refuse(url, found)
                        continue
                    links += 1
                    if self.links + links > _LINKS_MAX:
                        raise OTAError(
                            OTAErrorCode.HTTP_FS, "%s: over %d links" % (url, _LINKS_MAX)
                        )
                    line = found[0].encode() + b"\n"
                    self.file.write(line)
                    end += len(line)

            self.downloads.client.get(url, receive, framed=True)
            start, self.end = self.end, end
            self.links += links
            return [start, end]

        try:
            return self.downloads.retry(attempt, None, None)
        except NetworkError as e:
            raise OTAError(OTAErrorCode.HTTP_FS, "GET %s: %s" % (url, e))
        finally:
            unload("message")

    def refuse(self, url, found):
        path, code = found
        # Loaded until the end of the page, which may have thousands of such links.
        problem = load("message").text(code, None, None)
        if self.updater.strict_http_fs:
            raise OTAError(OTAErrorCode.HTTP_FS, "%s: %s: %s" % (url, path, problem))
        _report_failed(self.updater, path, problem)
