"""Waiting for a database that is down."""

from datetime import timedelta

import pytest

from bgjobs.errors import DatabaseUnreachableError
from bgjobs.job import Database
from bgjobs.store.connection import connect_within

NOBODY = Database("host=127.0.0.1 port=1", connect_wait=timedelta(seconds=60))


class Clock:
    """Time passes by sleeping, and a second with each look."""

    def __init__(self, asked_at: float = 1e9) -> None:
        self.now = 0.0
        self.asked_at = asked_at
        self.slept: list[float] = []

    def __call__(self) -> float:
        self.now += 1
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def connect(self) -> None:
        with pytest.raises(DatabaseUnreachableError):
            connect_within(
                NOBODY,
                application="test",
                sleep=self.sleep,
                monotonic=self,
                hurry=lambda: self.now >= self.asked_at,
            )


def test_tries_again_with_longer_pauses_for_as_long_as_is_wanted() -> None:
    clock = Clock()
    clock.connect()
    assert clock.slept == [0.25, 0.5, 1, 2, 4, *[5] * 7]
    assert 50 < clock.now <= 61


def test_who_is_asked_to_stop_gives_up_soon() -> None:
    clock = Clock(asked_at=0)
    clock.connect()
    assert clock.slept == []
    assert clock.now <= 7
