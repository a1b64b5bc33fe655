"""A reset at any instruction of an update leaves the old release or the new one, whole."""

import os
import random

import resets
from power import kills

WORKERS = min(4, os.cpu_count() or 1)


def test_resets_at_random_moments_leave_the_old_or_the_new_release(pytestconfig, capsys):
    seed = pytestconfig.getoption("seed")
    seed = random.randrange(1 << 32) if seed is None else seed
    rows, violations = resets.run(pytestconfig.getoption("resets"), WORKERS, seed)
    with capsys.disabled():
        print(f"\nresets of an emulated Cortex-M3, seed {seed}")
        print("\n".join(kills.table(rows)))
    assert not violations, "\n".join(map(resets.told, violations[:5]))
    # Most of them hit the update at work, else they prove nothing.
    assert sum(row.inside for row in rows) > sum(row.kills for row in rows) / 4


def test_a_planted_bug_that_overwrites_files_in_place_is_seen():
    _, violations = resets.run(120, WORKERS, seed=3, bug=resets.IN_PLACE)
    assert any("instead of" in violation.what for violation in violations)
