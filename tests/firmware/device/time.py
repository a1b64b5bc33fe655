"""What saguarota uses of a port's time module; the clock is the modem's."""

import modem


def ticks_ms():
    return modem.clock()


def ticks_us():
    return modem.clock() * 1000


def ticks_diff(end, start):
    return end - start


def sleep_ms(milliseconds):
    modem.call(modem.SLEEP, 0, 0, milliseconds)
