"""The size of a batch that follows what batches take."""

from hypothesis import given
from hypothesis import strategies as st

from bgjobs.run.pace import LARGEST, SMALLEST, Pace

BATCHES = st.lists(st.tuples(st.integers(0, 20_000), st.floats(0, 1000)), max_size=60)


@given(batches=BATCHES, target=st.floats(0.01, 60))
def test_size_stays_in_its_bounds_and_grows_by_a_fifth_at_most(
    batches: list[tuple[int, float]], target: float
) -> None:
    pace = Pace(None, target)
    for records, seconds in batches:
        before = pace.size
        pace.worked(records, seconds)
        assert SMALLEST <= pace.size <= LARGEST
        assert pace.size <= before * 1.2


@given(cost=st.floats(0.0002, 0.05))
def test_size_finds_the_target_where_a_record_always_costs_the_same(cost: float) -> None:
    pace = Pace(None, 1.0)
    for _ in range(60):
        pace.worked(pace.size, pace.size * cost)
    assert 0.9 <= pace.size * cost <= 1.0 or pace.size in {SMALLEST, LARGEST}


def test_one_slow_batch_does_not_undo_what_many_taught() -> None:
    pace = Pace(None, 1.0)
    for _ in range(60):
        pace.worked(pace.size, pace.size * 0.001)
    assert pace.size == 1000
    pace.worked(pace.size, 3.0)
    assert 300 < pace.size < 1000


def test_page_with_few_records_is_judged_by_them() -> None:
    pace = Pace(None, 1.0)
    pace.worked(3, 0.0003)
    assert pace.size == 600


def test_batch_that_ran_into_a_timeout_is_halved() -> None:
    pace = Pace(None, 1.0)
    pace.stumbled()
    pace.stumbled()
    assert pace.size == 125


def test_fixed_size_stays() -> None:
    pace = Pace(7, 1.0)
    pace.worked(7, 100)
    pace.stumbled()
    assert pace.size == 7
