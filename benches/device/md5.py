# MD5 of data.bin in 512-byte chunks, the ways in turn; prints the median of each in microseconds,
# and what reading alone takes. Both must find the same digest.
import binascii
import hashlib

from _saguarota import digest
from served import ROUNDS
from turns import run

buffer = bytearray(512)
view = memoryview(buffer)


def ours():
    with open("data.bin", "rb") as file:
        return digest("md5", file, buffer)


def plain():
    state = hashlib.md5()
    with open("data.bin", "rb") as file:
        while True:
            got = file.readinto(buffer)
            if not got:
                break
            state.update(view[:got])
    return binascii.hexlify(state.digest()).decode()


def reading():
    with open("data.bin", "rb") as file:
        while file.readinto(buffer):
            pass


if ours() != plain():
    raise ValueError("the digests differ")
run((ours, plain, reading), ROUNDS)
