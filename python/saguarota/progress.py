"""Reports of a download under way, for a watchdog or a bar."""

import time

from micropython import const

_REPORT_MS = const(1000)


def writer(downloads, path, write, received):
    """``write`` that also sends the event ``download_progress``, at most once a second.

    ``received``: bytes of the file that an earlier attempt has brought.
    """
    before = received
    last = time.ticks_ms()

    def report(piece):
        nonlocal received, last
        write(piece)
        received += len(piece)
        now = time.ticks_ms()
        if time.ticks_diff(now, last) >= _REPORT_MS:
            last = now
            rest = downloads.client.total
            downloads.updater._event(
                "download_progress",
                {
                    "path": path,
                    "received": received,
                    "total": None if rest is None else before + rest,
                },
            )

    return report
