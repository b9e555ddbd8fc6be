"""Which runs are dead: judged by their leases, never by age, and buried once."""

from collections.abc import Collection
from datetime import UTC
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg import errors

from bgjobs.record import RunRecord
from bgjobs.store.audit import insert_audit
from bgjobs.store.brief import brief
from bgjobs.store.connection import lost
from bgjobs.store.history import History
from bgjobs.store.ledger import Ledger
from bgjobs.store.session import Session

_EXPIRED = "found dead: its lease ran out"
_PROVEN = "found dead: its process is gone from its host"


class Living(NamedTuple):
    """A run that is said to be at work, and the process that it is said to be."""

    run: UUID
    job: str
    host: str
    boot: str
    pid: int


def living(session: Session) -> list[Living]:
    """The runs that are said to be at work, for a look at those of this host."""
    return [Living(*row) for row in session.execute("living")]


class Verdict(NamedTuple):
    """The runs that were buried; `settled` tells that none is left which nobody could judge."""

    buried: list[RunRecord]
    settled: bool
    error: psycopg.Error | None = None


def bury_the_dead(session: Session, proven: Collection[UUID] = ()) -> Verdict:
    """Record as crashed each run that is dead, free its leases and write its audit row.

    A run is dead when none of its leases is alive: unexpired, or locked by a batch in flight. Runs
    in `proven`, whose process the caller knows to be gone, need not have expired. Each is buried in
    a transaction of its own, by one of all who try at once. One that cannot be, because this role
    may not write or a lock stands in the way, does not keep the others from it.

    Raises:
        psycopg.Error: The connection is lost.
    """
    buried: list[RunRecord] = []
    settled, error = True, None
    for (run,) in session.execute("suspects", {"proven": list(proven)}).fetchall():
        try:
            judged, found = _judge(session, run, proven=run in proven)
        except (errors.LockNotAvailable, errors.QueryCanceled):
            judged, found = False, None
        except psycopg.Error as raised:
            if lost(session.connection):
                raise
            judged, found, error = False, None, raised
        settled = settled and judged
        buried += [found] if found else []
    return Verdict(buried, settled, error)


def _judge(session: Session, run: UUID, *, proven: bool) -> tuple[bool, RunRecord | None]:
    """Whether the run was judged, by us or by another, and its record where we buried it."""
    with brief(session):
        if session.execute("lock_run", {"run": run}).fetchone() is None:
            return True, None
        row = session.execute("lock_leases", {"run": run}).fetchone()
        at_rest, unexpired = row or (False, True)
        if not at_rest or (unexpired and not proven):
            return True, None
        return True, _bury(session, run, _PROVEN if proven else _EXPIRED)


def _bury(session: Session, run: UUID, reason: str) -> RunRecord:
    history = History(session)
    dead = history.run(str(run))
    session.execute("bury", {"run": run, "message": _last_words(dead), "reason": reason})
    session.execute("free_leases", {"run": run})
    Ledger(session).drop_lane(dead.job, run)
    insert_audit(session, [run])
    return history.run(str(run))


def _last_words(run: RunRecord) -> str:
    return (
        f"the process died: host {run.host}, pid {run.pid}, "
        f"last heartbeat {run.heartbeat_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {_where(run)}"
    )


def _where(run: RunRecord) -> str:
    """How far each shard had come; 0 is the one of a process that works no records itself."""
    shards = {shard: at["cursor"] for shard, at in run.position.items() if shard != "0"}
    if len(shards) <= 1:
        return f"cursor {_key(next(iter(shards.values()), run.cursor))}"
    ordered = sorted(shards.items(), key=lambda one: int(one[0]))
    return "cursors " + "; ".join(f"{shard}: {_key(cursor)}" for shard, cursor in ordered)


def _key(cursor: list[str] | None) -> str:
    return "at the start" if cursor is None else ", ".join(map(str, cursor))
