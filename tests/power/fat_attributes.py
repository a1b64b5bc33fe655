"""Makes a file of a FAT image read-only, which no call of MicroPython does."""

from unix.fat import entry_at

_READ_ONLY = 0x01
_ATTRIBUTES = 11


def read_only(image, path):
    """The image with that attribute set for the file `path`."""
    image = bytearray(image)
    image[entry_at(image, path) + _ATTRIBUTES] |= _READ_ONLY
    return bytes(image)
