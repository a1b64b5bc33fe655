"""Kills at random moments: a sample of each mode, and that the method sees a planted bug."""

import shutil

import pytest
from power import kills
from power.kill_modes import MODES

SEED = 4
PACKAGE = kills.ROOT / "python/saguarota"


def test_kill_at_a_random_moment_leaves_the_old_or_the_new_release(dist):
    violations = []
    rows = kills.run(110, 2, SEED, lib=dist, tell=violations.append)
    print("\n".join(kills.table(rows)))
    assert [violation.what for violation in violations] == []
    assert [row.mode for row in rows] == list(MODES)
    assert all(row.kills >= 10 for row in rows)
    # They hit what they are for. Where the machine has other work, fewer of them do.
    assert sum(row.inside + row.recovery for row in rows) > 110 // 3
    assert sum(row.inside for row in rows) > 110 // 5
    assert sum(row.recovery for row in rows) > 110 // 20


@pytest.mark.parametrize(
    ("module", "right", "wrong"),
    [
        # A revert that is cut is not gone on with.
        ("rollback", "transaction.set_state(OTAState.INSTALLING)", "pass"),
        # What the update has created stays.
        ("removal", "_remove_created(fs.join(transaction.dest_dir, path))", "pass"),
    ],
)
def test_a_planted_bug_is_seen_and_can_be_replayed(tmp_path, plain, module, right, wrong):
    lib = tmp_path / "lib"
    shutil.copytree(plain, lib)
    source = (PACKAGE / f"{module}.py").read_text()
    assert right in source
    (lib / f"saguarota/{module}.mpy").unlink()
    (lib / f"saguarota/{module}.py").write_text(source.replace(right, wrong))
    violations = []
    rows = kills.run(30, 2, SEED, ["rollback", "revert"], lib, violations.append)
    assert len(violations) == sum(row.violations for row in rows) > 0
    violation = violations[0]
    assert violation.kills and violation.what
    # It is kept as it was found.
    told = kills.keep(violation, tmp_path / "kept")
    assert violation.what in told and f"--mode {violation.mode} --replay" in told
    assert kills.replay(violation.mode, tmp_path / "kept", lib)
