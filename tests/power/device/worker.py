"""Boots of a device whose flash is in RAM, many in one process, as tests/power/machine.py asks.

    micropython worker.py

A request on standard input is two sizes, the repr of a dict, and an image, of these sizes. The
answer on standard output is a line of JSON after an @, and as many bytes as that says; lines before
it are the device's console.

Each boot has a fresh mount and freshly loaded modules, the native one included.
"""

import gc
import json
import os
import struct
import sys

import bugs
import fault_bugs
import flash


class _Names:
    """In place of the module ``socket``: the host ``release`` is wherever the plan says, so that
    a device's bytes do not depend on a port that was free."""

    def __init__(self):
        import socket

        self._real = socket
        self.address = None

    def __getattr__(self, name):
        return getattr(self._real, name)

    def getaddrinfo(self, host, port, *more):
        return self._real.getaddrinfo("127.0.0.1", self.address, *more)


class _Os:
    """In place of the module ``os``: tells a fault whether it is in one of the calls after whose
    errors littlefs itself loses files."""

    def __init__(self):
        for name in dir(os):
            if name not in ("rename", "rmdir"):
                setattr(self, name, getattr(os, name))
        self.fault = None

    def rename(self, *paths):
        return self._within("rename", os.rename, paths)

    def rmdir(self, *paths):
        return self._within("rmdir", os.rmdir, paths)

    def _within(self, name, action, paths):
        if not self.fault:
            return action(*paths)
        self.fault.call = name
        try:
            return action(*paths)
        finally:
            self.fault.call = None


class _Gc:
    """In place of the module ``gc``: a collection takes long in a large heap, and this one holds
    many images. It collects by itself when it is full."""

    def collect(self):
        pass


names = sys.modules["socket"] = _Names()
sys.modules["gc"] = _Gc()
package_os = sys.modules["os"] = _Os()


def forget():
    """Drops the package's modules: the next boot loads them anew."""
    for name in list(sys.modules):
        if name.split(".")[0] in ("saguarota", "_saguarota"):
            del sys.modules[name]


def mount(disk, plan):
    """Mounts it as the plan says. Files within littlefs's folders may be as long as its caches are,
    so that what one mount has written another one with a smaller ``program`` cannot read."""
    flash.mount(disk, plan["kind"], plan.get("program", 32))


def boot(disk, plan, fault=None):
    """One boot: makes the calls of the plan until one resets. Returns what the last one came to.
    ``fault``: a flash.Fault, from when the file system is mounted, or None."""
    said = {"reset": False, "value": None, "code": None, "message": None}
    mount(disk, plan)
    disk.fault = package_os.fault = fault
    sys.path[:] = [plan["lib"]]
    try:
        import saguarota

        if plan.get("bug"):
            (getattr(bugs, plan["bug"], None) or getattr(fault_bugs, plan["bug"]))()
        options = dict(plan["options"])
        options["progress_callback"] = lambda name, details: None
        updater = saguarota.OTAUpdater(**options)
        for call in plan["calls"]:
            said["value"] = getattr(updater, call[0])(*call[1:])
            said["code"] = updater.last_error_code
            said["message"] = updater.last_error_message
    except SystemExit:
        said["reset"] = True
        said["code"] = updater.last_error_code
        said["message"] = updater.last_error_message
    except Exception as e:
        said["raised"] = repr(e)
        sys.print_exception(e)
    return said


def end(disk):
    """The power goes: the image as it is now, and the writes of this boot."""
    writes = disk.writes
    disk.writes = disk.fault = package_os.fault = None
    image = bytearray(disk.data)
    # Files left open are closed while their file system is there.
    forget()
    gc.collect()
    flash.unmount()
    return image, writes


def run(plan, image):
    """Boots as often as the device resets, at most ``plan["boots"]`` times. The plan may have
    ``then``: the calls of all boots but the first; and ``fault``: what a flash.Fault is made of,
    which all the boots have. Of its kind, ``operations`` are how many a boot had, with those
    before it, ``blocks`` the ones that they were on, ``failed`` how many failed in this boot,
    ``within`` the calls of ``os`` in which any failed, of those that _Os knows."""
    fault = flash.Fault(*plan["fault"]) if plan.get("fault") else None
    boots = []
    logs = []
    for number in range(plan["boots"]):
        if number and plan.get("then"):
            plan["calls"] = plan["then"]
        disk = flash.Flash(image, plan["block"])
        said = boot(disk, plan, fault)
        image, writes = end(disk)
        said["writes"] = len(writes)
        if fault:
            said["operations"] = fault.count
            said["blocks"] = sorted(fault.blocks)
            said["failed"] = fault.failed
            said["within"] = sorted(fault.within)
            fault.failed = 0
        boots.append(said)
        logs.append(writes)
        if not said["reset"]:
            break
    return {"boots": boots}, logs, image


def execute(plan, image):
    """Runs a script on the mounted flash, which fails as the plan's ``fault`` says, if there is
    one; ``disk`` is the flash, and ``said`` is for its answer."""
    disk = flash.Flash(image, plan["block"])
    # Nobody asks for its writes, which may be more than the heap can hold.
    disk.writes = None
    if plan.get("format"):
        flash.make(disk, plan["kind"])
    mount(disk, plan)
    disk.fault = flash.Fault(*plan["fault"]) if plan.get("fault") else None
    names = {"os": os, "disk": disk, "said": {}}
    exec(plan["source"], names)
    image, _ = end(disk)
    return {"said": names["said"]}, [], image


def tree(plan, image):
    """Names and sizes of what is there, and the contents."""
    disk = flash.Flash(image, plan["block"])
    mount(disk, plan)
    names, contents = [], []
    for path, content in flash.tree():
        names.append((path, None if content is None else len(content)))
        contents.append(content or b"")
    end(disk)
    return names, contents


def answer(line, parts):
    """Sends a line and what follows it."""
    sys.stdout.buffer.write(("@" + json.dumps(line) + "\n").encode())
    for part in parts:
        sys.stdout.buffer.write(part)


def serve():
    """Answers requests until the input ends."""
    stream = sys.stdin.buffer
    while True:
        sizes = stream.read(8)
        if not sizes:
            return
        size, image_size = struct.unpack("<ii", sizes)
        plan = eval(stream.read(size))
        image = bytearray(image_size)
        stream.readinto(image)
        names.address = plan.get("port")
        parts = []
        if plan["calls"] is None:
            told, logs, image = execute(plan, image)
            parts.append(image)
        else:
            told, logs, image = run(plan, image)
        for log in logs:
            heads = bytearray()
            datas = []
            for position, data in log:
                heads.extend(struct.pack("<ii", position, -1 if data is None else len(data)))
                datas.append(data or b"")
            parts.append(heads)
            parts.append(b"".join(datas))
        told["tree"] = None
        if plan["tree"]:
            told["tree"], contents = tree(plan, image)
            parts.append(b"".join(contents))
        told["sizes"] = [len(part) for part in parts]
        answer(told, parts)


if __name__ == "__main__":
    serve()
