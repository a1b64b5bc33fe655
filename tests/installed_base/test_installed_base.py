"""Newer code finishes what older code began: the flash of devices with an older version.

Each image of the archives is booted with the package of today, see README.md.
"""

import zlib
from contextlib import ExitStack

import pytest
from installed_base import archive, judging
from installed_base.fielded import Base, Network
from installed_base.package import Package
from power.machine import Disk, applied

CASES = [
    (folder, entry) for folder in archive.versions() for entry in archive.index(folder)["images"]
]


def cases(when=lambda entry: True):
    """A decorator: the test gets `base`, a Base of each entry for which `when` is true."""
    chosen = [
        pytest.param((folder, entry), id=f"{folder.name}/{entry['image']}")
        for folder, entry in CASES
        if when(entry)
    ]
    return pytest.mark.parametrize("base", chosen, indirect=True)


def is_pending(entry):
    """The plain update that is not confirmed."""
    return entry["image"].endswith("/pending")


@pytest.fixture(scope="module")
def running():
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def machines(running, dist):
    """machines(disk) is the Package of today on that disk, one for all tests."""
    made = {}

    def get(disk):
        if disk not in made:
            made[disk] = running.enter_context(Package(disk, dist))
        return made[disk]

    return get


@pytest.fixture(scope="module")
def network(running, tmp_path_factory):
    return Network(running, tmp_path_factory.mktemp)


@pytest.fixture
def base(request, machines, network):
    folder, entry = request.param
    index = archive.index(folder)
    disk = Disk(entry["image"].split("/")[0], index["block"], index["blocks"])
    return Base(machines(disk), network, folder, entry)


# -- what older code began --


@cases()
def test_what_older_code_began_is_finished_and_the_next_release_installs(base):
    boots = base.recover()
    base.is_at(*base.entry["ends"], tree=boots.tree)
    if boots.tree[base.names.state] == b"confirm_pending":
        base.boot("confirm_update", True, **base.newer)
        base.is_at("confirmed")
    is_old = base.entry["ends"] == ["old"]
    base.takes(base.successor("before" if is_old else "after"))


@cases(lambda entry: entry.get("recovers"))
def test_what_older_code_began_is_finished_after_another_power_loss(base):
    image = base.image
    log = [write for part in base.recover().logs for write in part]
    # At two writes, other ones for each image.
    number = zlib.crc32(base.entry["image"].encode()) % 50
    for share in (number / 100, (number + 50) / 100):
        base.image = applied(image, log[: int(share * len(log))])
        base.is_at(*base.entry["ends"], tree=base.recover().tree)


@cases(lambda entry: {"new", "kept"} & set(entry["ends"]))
def test_an_update_of_older_code_is_reverted(base):
    base.recover()
    base.boot("revert_update", **base.newer)
    base.is_at("old")


@cases(is_pending)
def test_an_update_of_older_code_is_reverted_without_its_progress_file(base):
    """Somebody has removed it. An update that waits for its confirmation had dealt with all."""
    base.meddle("os.remove('otac14f2.prg')")
    base.boot("revert_update")
    base.is_at("old")


@cases(is_pending)
def test_an_update_of_older_code_is_reverted_without_the_old_manifest(base):
    """The new one must not stay: it would pass for what the device has."""
    base.meddle("os.remove('otac14f2.old')")
    base.boot("revert_update")
    assert base.differences("old", base.tree()) == ["the local manifest is another one"]
    assert base.names.manifest not in base.tree()
    base.takes(base.given(base.entry["after"]))


@cases(is_pending)
def test_an_update_of_older_code_is_reverted_where_a_folder_is_in_the_way(base):
    base.meddle("os.remove('main.py'); os.mkdir('main.py'); open('main.py/x', 'w').close()")
    base.boot("revert_update")
    aside = ["main.py.old/ is there", "main.py.old/x is there"]
    assert base.differences("old", base.tree()) == aside


@cases(is_pending)
def test_an_update_of_older_code_is_reverted_but_for_a_missing_backup(base):
    """That one stays new and is due: the old release brings it back."""
    base.meddle("os.remove('saguarota_backup/main.py')")
    base.boot("revert_update")
    new = len(judging.files(base.index, base.entry["after"])["main.py"])
    found = [f"main.py has {new} other bytes", "main.py is due"]
    assert base.differences("old", base.tree()) == found
    base.takes(base.given(base.entry["before"]))


@cases(lambda entry: "counted" in entry)
def test_a_trial_goes_on_from_the_boots_that_were_counted(base):
    for _ in range(base.entry["counted"], base.entry["options"]["max_unconfirmed_boots"]):
        base.is_at("new", tree=base.boot().tree)
    base.boot()
    base.entry = {**base.entry, "given_up": True}
    base.is_at("old")


@cases(lambda entry: "refused" in entry)
def test_a_release_that_failed_under_older_code_is_not_installed_at_once(base):
    """Or is never installed again, where it was given up."""
    base.recover()
    base.offer(base.given(base.entry["refused"]))
    for left in range(base.entry.get("boots", 1), 0, -1):
        boots = base.boot(online=True)
        message = base.entry["message"].format(left=left)
        assert boots.boots[-1]["message"].startswith(message), boots.console
        base.is_at("old", tree=boots.tree)
    if not base.entry.get("given_up"):
        assert base.boot(online=True).boots[0]["code"] == "md5_mismatch"
        base.is_at("old")


@cases(lambda entry: "resumes" in entry)
def test_a_partial_download_is_resumed(base):
    release = base.given(base.entry["after"])
    base.offer(release)
    release.requests.clear()
    boots = base.boot(online=True)
    base.entry = {**base.entry, "keeps": ["bad"]}
    base.is_at("new", tree=boots.tree)
    assert ("/ota/" + base.entry["resumes"], 206) in [request[:2] for request in release.requests]


@cases(lambda entry: "due" in entry)
def test_files_due_come_back_with_the_old_release(base):
    release = base.given(base.entry["before"])
    release.requests.clear()
    base.takes(release)
    assert sorted(release.fetched) == base.entry["due"]


# -- the images, and what judges them --


@cases()
def test_an_image_that_nobody_boots_is_judged_as_the_index_says(base):
    """At rest, or else wrong: no end is so wide that an interrupted update is one."""
    tree = base.tree()
    found = [base.differences(name, tree) for name in base.entry["ends"]]
    assert ([] not in found) == bool(base.entry.get("recovers"))


def test_an_archive_has_every_image_of_its_index():
    assert CASES
    for folder in archive.versions():
        index = archive.index(folder)
        assert sorted(archive.images(folder)) == sorted(one["image"] for one in index["images"])
        sizes = {len(image) for image in archive.images(folder).values()}
        assert sizes == {index["block"] * index["blocks"]}
