"""Lengths of time in few characters."""

from datetime import timedelta

from bgjobs.present.duration import short

CASES = {
    0: "0s",
    0.0004: "0ms",
    0.85: "850ms",
    0.9999: "1s",
    4.2: "4.2s",
    9.96: "10s",
    59.6: "1m00s",
    743: "12m23s",
    3600: "1h00m",
    11_100: "3h05m",
    2 * 86400 + 3 * 3600: "2d03h",
    -61: "-1m01s",
}


def test_the_two_largest_units_are_shown():
    assert {s: short(timedelta(seconds=s)) for s in CASES} == CASES
