"""SIGKILL at random moments, of what cron starts and of the processes that call handlers."""

import pytest

from chaos.shapes import CALL, ONCE, OWN, ROWS, SET, SHARED
from chaos.storm import Storm, kill, kill_worker
from chaos.trial import Trial

KILLS = {"SIGKILL": kill, "SIGKILL of a worker": kill_worker}


@pytest.mark.parametrize(
    ("seed", "shapes"), [(1, (SET, ROWS, OWN)), (2, (ONCE, CALL, SHARED))], ids=["paged", "others"]
)
def test_killed_at_random_moments(trial: Trial, seed: int, shapes: tuple[str, ...]) -> None:
    storm = Storm(trial, seed, shapes, KILLS, {"direct": {}})
    for _ in range(6):
        storm.round()
    assert storm.counts["runs killed"] > 0
