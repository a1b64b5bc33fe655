"""Names, when the native module cannot be imported, the one that belongs on this device."""

import sys

# By number, as in `sys.implementation._mpy`. A core runs the code of the plainer ones of its kind,
# so that armv7em, which no folder is made for, takes that of armv7m.
FOLDERS = (
    None,
    "x86",
    "x64",
    None,
    "armv6m",
    "armv7m",
    "armv7m",
    "armv7emsp",
    "armv7emdp",
    "xtensa",
    "xtensawin",
    "rv32imc",
)


def explain(mpy):
    """What to do on a firmware whose `sys.implementation._mpy` is this number, 0 where it has none:
    the .mpy version in bits 0 to 7 and 8 to 9, the architecture from bit 10 on."""
    architecture = mpy >> 10
    folder = FOLDERS[architecture] if architecture < len(FOLDERS) else None
    if folder is None:
        return "this firmware loads no native modules; docs/FIRMWARE.md describes how to build one"
    abi = "%d.%d" % (mpy & 0xFF, mpy >> 8 & 3)
    return "this device needs the files of dist/%s_%s" % (folder, abi)


def help():
    """Prints that for this firmware."""
    print("saguarota:", explain(getattr(sys.implementation, "_mpy", 0)))
