# Finds the files that the manifest on flash does not name, the ways in turn; prints the median of
# each in microseconds. Ours includes the journal, in which all must stand in the end.
import os

from plain import extras
from saguarota import OTAUpdater, offer
from saguarota.manifest_update import Manifests
from saguarota.prune import plan
from saguarota.reserved import reserved
from served import EXTRAS, KEY, OWN, ROUNDS
from turns import run

updater = OTAUpdater(
    "http://127.0.0.1/",
    "http://127.0.0.1/",
    manifest_auth_key=KEY,
    delete_files_not_in_manifest_policy="all",
)
journal = updater._transaction.journal
release = Manifests(reserved(updater._transaction), "signature", True, "otac14f2.due")
release.remote = release.open("versions.json")
release.local = release.open("versions.json")
offer.is_due(release, updater, "versions.json")


def ours():
    plan(updater, release, bytearray(8 * release.total), False)


def plain_load():
    return extras("versions.json", OWN)


def plain_text():
    return extras("versions.json", OWN, True)


expected = sorted(plain_load())


def check(way):
    if way == ours:
        with open(journal) as lines:
            # A mark, a size, a path.
            found = sorted([line[:-1].split(" ", 2)[2] for line in lines])
        os.remove(journal)
        if found != expected or len(found) != EXTRAS:
            raise ValueError("other files were found")


run((ours, plain_load, plain_text), ROUNDS, check)
