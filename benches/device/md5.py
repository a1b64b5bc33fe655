# MD5 of data.bin in 512-byte chunks, the ways in turn; prints the median of each in microseconds,
# and what reading alone takes. Both must find the same digest.
import binascii
import hashlib
import time

from _saguarota import digest
from served import ROUNDS

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
WAYS = (ours, plain, reading)
times = [[] for _ in WAYS]
for _ in range(ROUNDS):
    for way, spent in zip(WAYS, times):
        start = time.ticks_us()
        way()
        spent.append(time.ticks_diff(time.ticks_us(), start))
for way, spent in zip(WAYS, times):
    print(way.__name__, sorted(spent)[ROUNDS // 2])
