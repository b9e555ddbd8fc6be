"""How many records the next batch should have, so that a batch takes about as long as is wanted."""

SMALLEST = 10
LARGEST = 10_000
_FIRST = 500
# As GitLab's batched migrations have it: the newest batch counts for this much, and a size grows
# slowly. It shrinks at once: a batch that is too long holds locks, one too short costs little.
_WEIGHT = 0.4
_GROWTH = 1.2


class Pace:
    """The size of a job's batches: fixed, or following what they take.

    Attributes:
        size: Of the next batch.
        follows: Whether it does.
    """

    def __init__(self, size: int | None, target: float) -> None:
        self.size = _FIRST if size is None else size
        self.follows = size is None
        self._target = target
        self._per_record: float | None = None

    def worked(self, records: int, seconds: float) -> None:
        """Learn from a batch that was committed; its records alone count, not those asked for."""
        if not self.follows or records <= 0:
            return
        newest = max(seconds, 1e-9) / records
        known = self._per_record
        self._per_record = newest if known is None else known + _WEIGHT * (newest - known)
        wanted = self._target / self._per_record
        self._resize(min(wanted, self.size * _GROWTH))

    def stumbled(self) -> None:
        """Learn from a batch that was too long for a timeout: the next has half of it."""
        if self.follows:
            self._resize(self.size / 2)
            self._per_record = None

    def _resize(self, size: float) -> None:
        self.size = int(min(max(size, SMALLEST), LARGEST))
