"""The session that a run had before it connected anew, or before its process died."""

from uuid import UUID

import psycopg

from bgjobs.store.session import Session


def end_former(session: Session, run: UUID, shard: int | None = None) -> None:
    """End the session that still holds a run's lease and waits for a client that is gone.

    A network that went silent is noticed by us before the server does. Where it cannot be ended,
    it is waited for as any holder of a lock is. Without a `shard` that of each is ended.
    """
    try:
        session.execute("end_former", {"run": run, "shard": shard})
    except psycopg.Error:
        return
