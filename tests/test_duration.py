"""Lengths of time as people write them."""

from datetime import timedelta

import pytest

from bgjobs.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90", timedelta(seconds=90)),
        ("90 s", timedelta(seconds=90)),
        ("1.5h", timedelta(minutes=90)),
        ("10 Minutes", timedelta(minutes=10)),
        (" 2  weeks ", timedelta(weeks=2)),
        ("250ms", timedelta(milliseconds=250)),
        ("0", timedelta(0)),
    ],
)
def test_a_number_and_a_unit_are_a_length(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "s", "-1 s", "1e3", "1..5", ".", "٣ s", "2 fortnights", "1 h 30 m", "9" * 400]
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_duration(text)
