from datetime import UTC

from bgjobs.present.pause import paused, resumed, stopping
from bgjobs.record import Pause
from harness.records import NOON


def test_pausing_tells_what_ends_it() -> None:
    until_noon = Pause("purge", NOON, "the disk is moved", "ann@web1", NOON)
    assert paused(until_noon, UTC) == "purge is paused until 2026-07-01 12:00 (the disk is moved)"
    for_good = Pause("purge", None, None, "ann@web1", NOON)
    assert paused(for_good) == "purge is paused until you run: bgjobs resume purge"


def test_resuming_tells_whether_there_was_a_pause() -> None:
    assert resumed("purge", was_paused=True) == "purge is no longer paused"
    assert resumed("purge", was_paused=False) == "purge was not paused"


def test_stopping_names_the_runs() -> None:
    assert stopping("purge", ["a", "b"]) == (
        "run a of purge stops after its batch\nrun b of purge stops after its batch"
    )
    assert stopping("purge", []) == "no run of purge is running"
