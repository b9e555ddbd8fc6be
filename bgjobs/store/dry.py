"""The batches of a dry run: all the work for real, each transaction rolled back."""

from collections.abc import Mapping, Sequence

from bgjobs.record import Counts
from bgjobs.store.batches import Batches, Row, Standing


class DryBatches(Batches):
    """Keeps in memory what a real run keeps in its lease, and rolls back where that commits."""

    _standing = Standing(None, None, Counts(), {}, None)

    @property
    def total(self) -> Counts:
        """What was counted."""
        return self._standing.counts

    def begin_batch(self) -> Row:
        """Bound what follows, without a lease."""
        return self.session.execute("bound_batch", self._begin)

    def standing(self, answer: Row) -> Standing:
        """Where the work stands, by memory."""
        answer.fetchone()
        return self._standing

    def end_batch(
        self, cursor: Sequence[str] | None, counts: Counts, counters: Mapping[str, int]
    ) -> None:
        """Move the cursor in memory, once the server has done all of the batch."""
        self.session.connection.execute(b"SET CONSTRAINTS ALL IMMEDIATE")
        # What was only sent may yet fail: memory must not be ahead of the server.
        self.begin_batch().fetchone()
        moved = self._standing.cursor if cursor is None else list(cursor)
        self._standing = self._standing._replace(
            cursor=moved, counts=self._standing.counts.plus(counts), counters=dict(counters)
        )

    def commit(self) -> Row:
        """Undo the batch."""
        return self.session.connection.execute(b"ROLLBACK")

    def committed(self, answer: Row) -> bool:
        """Whether the batch was undone, which is all that a dry run wants."""
        return answer.statusmessage == "ROLLBACK"

    def bound_shard(self, cursor: Sequence[str] | None, until: Sequence[str] | None) -> None:
        """Fix in memory where the records begin and end."""
        self._standing = self._standing._replace(
            cursor=None if cursor is None else list(cursor),
            until=None if until is None else list(until),
        )

    def rewind_shard(self) -> None:
        """A dry run makes one pass: what it marks is unmarked again."""

    def lift_guard(self) -> None:
        """A dry run has no lease, and so no guard."""

    def finish_shard(self) -> None:
        """There is no shard to mark."""
