"""The waits between tries."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from bgjobs.run.backoff import waits


def test_waits_double_up_to_the_longest() -> None:
    found = waits(1, 8, draw=lambda: 0.5, remaining=lambda: None)
    assert list(islice(found, 6)) == [0.5, 1, 2, 4, 4, 4]


def test_tries_are_counted() -> None:
    assert list(waits(1, 8, draw=lambda: 1, remaining=lambda: None, tries=2)) == [1, 2]
    assert list(waits(1, 8, draw=lambda: 1, remaining=lambda: None, tries=0)) == []


def test_one_try_is_made_when_the_time_is_over_and_none_after_it() -> None:
    left = iter([5, 3, 0])
    assert list(waits(2, 60, draw=lambda: 1, remaining=lambda: next(left))) == [2, 3]


def test_waiting_for_ever_does_not_overflow() -> None:
    found = waits(1, 30, draw=lambda: 1, remaining=lambda: None)
    assert next(islice(found, 5000, None)) == 30


@given(
    first=st.floats(0.001, 100),
    longest=st.floats(0.001, 1000),
    draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40),
    left=st.floats(0.001, 1000),
)
def test_no_wait_is_negative_or_beyond_its_bounds(
    first: float, longest: float, draws: list[float], left: float
) -> None:
    supply = iter(draws)
    found = waits(
        first, longest, draw=lambda: next(supply), remaining=lambda: left, tries=len(draws)
    )
    assert all(0 <= wait <= min(longest, left) for wait in found)
