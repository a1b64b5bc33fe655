"""A worker process whose devices have a flash that fails."""

import threading
from dataclasses import dataclass

from power.machine import Machine, Plan
from power.stage import CHECK

# Seconds after which boots that do not end are ended.
_SECONDS = 240
# As rp2 mounts littlefs: bytes that it programs at least. By default there are four times as many
# reads, of the same.
_PROGRAM = 256


@dataclass(frozen=True)
class Hurt(Plan):
    """`then`: the calls of all boots after the first; `fault`: of a device/flash.py Fault."""

    then: tuple = (CHECK,)
    fault: tuple = None


class FaultMachine(Machine):
    """One that makes faults, and ends boots that do not end."""

    def words(self, plan):
        then, fault = getattr(plan, "then", None), getattr(plan, "fault", None)
        return {**super().words(plan), "then": then, "fault": fault}

    def _ask(self, image, **plan):
        timer = threading.Timer(_SECONDS, lambda: self._process and self._process.kill())
        timer.start()
        try:
            return super()._ask(image, program=_PROGRAM, **plan)
        finally:
            timer.cancel()
