# Runs several ways of one job in turn, and prints the median of each in microseconds.
import gc
import time


def run(ways, rounds, check=None):
    """``check(way)``: called after each run."""
    times = [[] for _ in ways]
    for _ in range(rounds):
        for way, spent in zip(ways, times):
            gc.collect()
            start = time.ticks_us()
            way()
            spent.append(time.ticks_diff(time.ticks_us(), start))
            if check:
                check(way)
    for way, spent in zip(ways, times):
        print(way.__name__, sorted(spent)[rounds // 2])
