"""One boot in a process of its own, of a flash that is an image file.

    micropython alone.py IMAGE PLAN     PLAN: a file with the repr of a plan, see worker.py

Each write reaches the file at once. The process is killed at the write of the number that the
plan's ``die_at`` says; None: never.
"""

import os
import sys

import flash
import worker


class Written(flash.Flash):
    """A Flash whose writes go to a file as well."""

    def __init__(self, data, block, file, die_at):
        super().__init__(data, block)
        self.file = file
        self.die_at = die_at

    def write(self, start, data, erase=False):
        if self.writes is None:
            return
        if len(self.writes) == self.die_at:
            os.system("kill -9 $PPID")
        super().write(start, data, erase)
        self.file.seek(start)
        self.file.write(data)


with open(sys.argv[2]) as file:
    plan = eval(file.read())
with open(sys.argv[1], "r+b") as image:
    disk = Written(bytearray(image.read()), plan["block"], image, plan["die_at"])
    worker.names.address = plan["port"]
    worker.boot(disk, plan)
    worker.end(disk)
