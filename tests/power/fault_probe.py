"""What a plain script can do on a flash that fails, and so the package could have done as well."""

from power.expected import BACKUP, STATE
from power.fault_modes import WRITE
from power.oracle import due, state
from support import application


def missed(machine, device, image, tree, fault):
    """What the package has not done on a flash that fails, but could have: a list of texts.

    `image`, `tree`: after its boots; `fault`: of a device/flash.py Fault, None where there is just
    little room. Each attempt begins at the image.
    """
    if state(tree) == "installing":
        if fault and fault[0] == WRITE:
            # FatFs does nothing more after it has failed to write a sector.
            return []
        if _can(machine, image, fault, _WRITE_STATE.format(state=STATE)):
            return ["the state stays at installing, but it can be written, and so can a note"]
        return []
    found = []
    old = application(device.old.tree)
    for path in due(tree):
        backup = f"{BACKUP}/{path}"
        if path not in old or tree.get(path) == old[path] or tree.get(backup) != old[path]:
            continue
        if _can(machine, image, fault, _RESTORE.format(backup=backup, path=path)):
            found.append(f"{path} is given up, but can be restored")
    return found


def _can(machine, image, fault, source):
    """Whether a script, which leaves `said["done"]` true, comes to its end without an error."""
    return machine.execute(image, _TRY.format(source=source), fault=fault)[1]["done"]


_TRY = """
said["done"] = False
try:
    exec({source!r})
    said["done"] = True
except OSError:
    pass
"""
# A note of what is due, too: without it, nothing would keep the backups of paths given up.
_WRITE_STATE = """
with open("probe.due", "w") as file:
    for number in range(8):
        file.write("a path of a release %d\\n" % number)
with open("probe.tmp", "w") as file:
    file.write("idle")
os.rename("probe.tmp", {state!r})
with open({state!r}) as file:
    assert file.read() == "idle"
"""
_RESTORE = """
with open({backup!r}, "rb") as file:
    data = file.read()
os.remove({path!r})
with open({path!r}, "wb") as file:
    file.write(data)
with open({path!r}, "rb") as file:
    assert file.read() == data
"""
