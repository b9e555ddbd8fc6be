"""Telling a ledger that is too old from SQL that is wrong: both name what the server lacks."""

from contextlib import suppress

import psycopg

from bgjobs.errors import ConfigError
from bgjobs.store.blame import blamed
from bgjobs.store.connection import explained, idle
from bgjobs.store.session import Session

# No such schema, table, column, function, or function with such arguments.
_LACKING = frozenset({"3F000", "42P01", "42703", "42883", "42P02"})


def explained_within(session: Session, error: Exception) -> Exception:
    """The error as a person is told of it: where the ledger lacks what is asked for, as that.

    What is said of a job's own SQL stays so, and its version decides about all the rest.
    """
    is_ours = isinstance(error, psycopg.Error) and blamed(error) is None
    if is_ours and getattr(error, "sqlstate", None) in _LACKING and idle(session.connection):
        # It imports what reads the migrations, which a start without errors has no need of.
        from bgjobs.store.migrate import require_current

        try:
            with suppress(psycopg.Error):
                require_current(session)
        except ConfigError as older:
            return older
    return explained(error)
