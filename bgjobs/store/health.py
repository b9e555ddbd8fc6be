"""How the database is doing, as far as any role may see it."""

from typing import NamedTuple

from bgjobs.job import Throttle
from bgjobs.store.session import Session


class Health(NamedTuple):
    """What a throttle looks at.

    Attributes:
        replication_lag: Seconds the slowest standby is behind; None where there is none to be
            seen: it takes a member of pg_monitor to see them.
        waiting: How many sessions that use the table wait for a lock.
        maintained: Whether somebody vacuums or analyzes the table, or builds an index on it.
    """

    replication_lag: float | None = None
    waiting: int = 0
    maintained: bool = False


def look(session: Session, throttle: Throttle, table: str | None) -> Health:
    """Read what the throttle asks for; without a table nothing is read of it."""
    lag = None if throttle.replication_lag is None else replication_lag(session)
    waiting = waiting_sessions(session, table) if table and throttle.locks else 0
    maintained = bool(table) and throttle.autovacuum and maintained_table(session, str(table))
    return Health(lag, waiting, maintained)


def replication_lag(session: Session) -> float | None:
    """Seconds the slowest standby is behind."""
    row = session.execute("replication_lag").fetchone()
    return None if row is None or row[0] is None else float(row[0])


def waiting_sessions(session: Session, table: str) -> int:
    """How many sessions that use the table wait for a lock."""
    row = session.execute("waiting_sessions", {"table": table}).fetchone()
    return int(row[0]) if row else 0


def maintained_table(session: Session, table: str) -> bool:
    """Whether the table is being vacuumed or analyzed, or gets an index."""
    row = session.execute("maintained_table", {"table": table}).fetchone()
    return bool(row and row[0])
