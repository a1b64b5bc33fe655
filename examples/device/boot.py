"""The demo device's boot.py: look for an update before the application starts.

It stays on the device and is no part of a release. ``config`` knows this device's server and key.
"""

import config
from saguarota import OTAUpdater


def draw(event, details):
    """progress_callback: a bar on a terminal, a line now and then elsewhere."""
    if event == "download_retry":
        print("{}  trying {} again".format("\n" if config.TERMINAL else "", details["path"]))
    if event not in ("file_update_done", "file_update_skip"):
        return
    index, total = details["index"], details["total"]
    if config.TERMINAL:
        done = "#" * (index * 30 // total)
        print(f"\r  [{done:<30}] {index}/{total} {details['path'][-32:]:<32}", end="")
        if index == total:
            print()
    elif index == total or index * 4 // total != (index - 1) * 4 // total:
        print(f"  {index * 100 // total:3d}% {index}/{total} {details['path']}")


updater = OTAUpdater(
    config.URL + "versions.json",
    config.URL,
    manifest_auth_key=config.KEY,
    progress_callback=draw,
    # New code that was started and has not confirmed itself goes back at the next boot.
    max_unconfirmed_boots=1,
)
# Comes back if nothing was to do; an update and a rollback end in a reset.
updater.check_and_perform_ota()
if updater.last_error_code:
    print("boot.py: no update:", updater.last_error_message)
updater.release()
