"""Waiting between batches while the database is not well."""

from collections.abc import Callable

from bgjobs.job import Throttle
from bgjobs.store.health import Health

# How often the database's health is looked at, seconds.
_EVERY = 1.0
_FIRST = 1.0
LONGEST = 15.0
_WEIGHT = 0.4


class Throttling:
    """Holds a job back by its `throttle`.

    Attributes:
        held: Seconds for which it was held back so far.
        reason: Why it is held back, or was the last time; None while it never was.
    """

    def __init__(
        self,
        throttle: Throttle,
        look: Callable[[], Health],
        *,
        pause: Callable[[float], None],
        wanted: Callable[[], bool],
        monotonic: Callable[[], float],
        longest: float = LONGEST,
    ) -> None:
        self.held = 0.0
        self.reason: str | None = None
        self._throttle = throttle
        self._look = look
        self._pause = pause
        self._wanted = wanted
        self._monotonic = monotonic
        self._longest = longest
        self._looked_at: float | None = None
        self._latency: float | None = None

    def committed(self, seconds: float) -> None:
        """Learn how long a COMMIT took."""
        known = self._latency
        self._latency = seconds if known is None else known + _WEIGHT * (seconds - known)

    def wait(self, beat: Callable[[], None]) -> None:
        """Return when a batch may be begun, or the run is asked to stop.

        `beat` renews the lease; it is called before each pause, none of which is over `longest`.
        """
        self._let_commits_recover(beat)
        now = self._monotonic()
        if self._looked_at is not None and now - self._looked_at < _EVERY:
            return
        length = min(_FIRST, self._longest)
        while not self._wanted():
            reason = unwell(self._throttle, self._look())
            self._looked_at = self._monotonic()
            if reason is None:
                return
            self._hold(length, reason, beat)
            length = min(length * 2, self._longest)

    def _let_commits_recover(self, beat: Callable[[], None]) -> None:
        """Pause once, as only the next COMMIT can show that they are fast again."""
        bound = self._throttle.commit_latency
        if bound is None or self._latency is None or self._latency <= bound.total_seconds():
            return
        took, allowed = f"{self._latency * 1000:.0f} ms", f"{bound.total_seconds() * 1000:.0f} ms"
        self._hold(_FIRST, f"a commit takes {took}, over {allowed}", beat)

    def _hold(self, seconds: float, reason: str, beat: Callable[[], None]) -> None:
        self.reason = reason
        before = self._monotonic()
        beat()
        self._pause(seconds)
        self.held += self._monotonic() - before


def unwell(throttle: Throttle, health: Health) -> str | None:
    """Why a job has to wait, or None."""
    bound = throttle.replication_lag
    if bound is not None and (health.replication_lag or 0) > bound.total_seconds():
        lag, allowed = f"{health.replication_lag:.1f} s", f"{bound.total_seconds():g} s"
        return f"a standby is {lag} behind, over {allowed}"
    if throttle.locks and health.waiting:
        return f"{health.waiting} sessions wait for locks on the job's table"
    if throttle.autovacuum and health.maintained:
        return "the job's table is being vacuumed or analyzed"
    return None
