"""The waits between tries."""

from hypothesis import given
from hypothesis import strategies as st

from bgjobs.run.backoff import wait


def test_waits_double_up_to_the_longest() -> None:
    assert [wait(1, tries, longest=8, draw=lambda: 0) for tries in range(6)] == [0.5, 1, 2, 4, 4, 4]


@given(
    first=st.floats(0.001, 100),
    longest=st.floats(0.001, 1000),
    tries=st.integers(0, 10**6),
    drawn=st.floats(0, 1, exclude_max=True),
)
def test_no_wait_is_beyond_its_bound_or_below_half_of_it(
    first: float, longest: float, tries: int, drawn: float
) -> None:
    bound = wait(first, tries, longest=longest, draw=lambda: 1)
    assert bound <= longest
    assert bound / 2 <= wait(first, tries, longest=longest, draw=lambda: drawn) <= bound


def test_those_that_failed_together_come_back_apart() -> None:
    assert len({wait(1, 0, longest=8) for _ in range(100)}) > 90
