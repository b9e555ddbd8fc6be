"""How much is measured."""

from typing import NamedTuple


class Scale(NamedTuple):
    """Records of each measure, and how often it is repeated.

    Attributes:
        name: As it is told in the report.
        rounds: Of a measure that takes seconds, `few` of one that takes longer, `starts` of one
            that takes a fraction of a second.
        small: Records of the usual table.
        large: Records of the large one.
        link: Records sent over the slow link.
        sample: Records, or pages, of a peer that would take minutes.
        runs: Rows of the ledger whose history is read.
        seconds: After which no measure begins another round.
    """

    name: str
    rounds: int
    few: int
    starts: int
    small: int
    large: int
    link: int
    sample: int
    runs: int
    seconds: float


FULL = Scale("full", 5, 3, 31, 200_000, 1_000_000, 100_000, 5_000, 1_000_000, 80)
QUICK = Scale("quick", 3, 1, 9, 20_000, 50_000, 10_000, 1_000, 100_000, 15)
# For the test that the measuring works: its figures mean nothing.
TINY = Scale("tiny", 1, 1, 1, 2_000, 4_000, 2_000, 50, 2_000, 15)
