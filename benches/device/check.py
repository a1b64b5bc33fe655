# Checks a signed manifest with nothing due, over and over, the ways in turn; prints the median of
# each in microseconds. The current directory holds that manifest as versions.json.
import json

from plain import PlainUpdater, check_signature
from saguarota import OTAUpdater
from saguarota.const import call
from saguarota.manifest_update import Manifests
from served import HOST, KEY, PORT, ROUNDS
from turns import run

url = f"http://{HOST}:{PORT}/ota/"
updater = OTAUpdater(url + "versions.json", url, manifest_auth_key=KEY)
frugal = PlainUpdater(HOST, PORT, KEY, False)
quick = PlainUpdater(HOST, PORT, KEY, True)


def whole_ours():
    updater.check_and_perform_ota()
    if updater.last_error_code:
        raise ValueError(updater.last_error_message)


def whole_load():
    if frugal.check_and_update():
        raise ValueError("something was due")


def whole_text():
    if quick.check_and_update():
        raise ValueError("something was due")


# The device's own work: the manifest lies on flash already, once as the remote, once as the local.


def own(path):
    manifests = Manifests("", "signature", False, "otac14f2.due")
    manifests.remote = manifests.open(path)
    manifests.local = manifests.open("versions.json")
    if call("offer", "is_due", manifests, updater, path):
        raise ValueError("something was due")
    manifests.close()


def own_ours():
    own("remote.json")


def own_extended():
    updater.require_sha256 = True
    own("extended.json")
    updater.require_sha256 = False


def compare(load):
    with open("remote.json") as file:
        remote = load(file)
    check_signature(remote, KEY.encode())
    with open("versions.json") as file:
        local = load(file)
    if remote["version"] > local["version"]:
        raise ValueError("something was due")


def own_load():
    compare(json.load)


def own_text():
    compare(lambda file: json.loads(file.read()))


run((whole_ours, whole_load, whole_text, own_ours, own_extended, own_load, own_text), ROUNDS)
