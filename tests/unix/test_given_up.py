"""A release that was not confirmed in its boots is never installed again, whatever happened."""

import pytest
from on_trial import BOOTS, NEW, confirms, given_up, refuses, reverts, stays, trial


def given_up_trial(device, release):
    """The device has given NEW up; returns its application and NEW's manifest."""
    old = trial(device, release)
    stays(device, BOOTS)
    reverts(device, old)
    return old, release.manifest


def offers(release, content, version, broken=False):
    """The server has another release; `broken`: of which the download never is what it says."""
    release.put("main.py", content, version)
    release.manifest = None
    release.manifest = release.generate_manifest()
    if broken:
        release.put("main.py", b"something else", version)


def goes_back(release, manifest):
    """The server has NEW again."""
    release.put_all(NEW)
    release.manifest = manifest


@pytest.mark.parametrize("force", [False, True])
def test_a_given_up_release_stays_refused_after_another_one_failed(device, release, force):
    old, manifest = given_up_trial(device, release)
    offers(release, b"broken", 3000, broken=True)
    boot = device.boot()
    assert (boot.reset, boot.code) == (True, "md5_mismatch")
    goes_back(release, manifest)
    refuses(device, old, force_update=force)


def test_a_given_up_release_stays_refused_after_another_one_was_installed(device, release):
    _, manifest = given_up_trial(device, release)
    offers(release, b"mended", 3000)
    assert device.boot().reset
    mended = device.app()
    confirms(device)
    assert device.call("cleanup_files").value is True
    goes_back(release, manifest)
    # It is older, too; only by force it would be due.
    boot = device.boot()
    assert (boot.reset, boot.code, boot.events) == (False, None, [])
    refuses(device, mended, 5, force_update=True)
    offers(release, b"broken", 4000, broken=True)
    assert device.boot().code == "md5_mismatch"
    offers(release, b"newer", 5000)
    assert device.boot().reset
    newer = device.app()
    confirms(device)
    goes_back(release, manifest)
    refuses(device, newer, 5, force_update=True)


def test_the_last_eight_given_up_releases_stay_refused(device, release):
    """Each of them, up to eight."""
    old, first = given_up_trial(device, release)
    device.options["max_unconfirmed_boots"] = 1
    manifests = [first]
    for number in range(3, 11):
        offers(release, b"release %d" % number, number * 1000)
        manifests.append(release.manifest)
        boot = device.boot()
        if not boot.reset:
            # After five in a row, one boot is the application's.
            assert boot.message.startswith("boots until the next attempt: 1; ")
            boot = device.boot()
        assert (boot.reset, boot.code, device.state()) == (True, None, "confirm_pending")
        stays(device, 1)
        reverts(device, old)
    assert len(given_up(device)) == 8
    for manifest in manifests[1:]:
        goes_back(release, manifest)
        refuses(device, old, 2)
    # The ninth before is forgotten.
    goes_back(release, first)
    assert [device.boot().code for _ in range(2)][-1] is None
    assert device.state() == "confirm_pending"
