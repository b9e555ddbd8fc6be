"""Taking runs into the ledger that could not tell it of themselves when they ran."""

import json

from psycopg import DataError, IntegrityError

from bgjobs.errors import BgjobsError
from bgjobs.record import Failure, RunRecord
from bgjobs.store.audit import insert_audit
from bgjobs.store.ledger import Ledger
from bgjobs.store.session import Session


class UnfitError(BgjobsError):
    """The ledger refuses what a record tells, and will however often it is tried."""


def replay(session: Session, record: RunRecord) -> bool:
    """Record a finished run and its audit row, once however often it is tried.

    A run that never reached the database is inserted, as attempt 0. One that did and could not
    close its row is closed as it ended: do this before the dead are buried. Tells whether anything
    was recorded; nothing is where the run has been closed or buried already.

    Raises:
        UnfitError: The ledger can hold no such run.
        psycopg.Error: Now it could not be recorded; also where the audit table takes no row.
    """
    with session.connection.transaction():
        if insert_spooled(session, record):
            insert_audit(session, [record.id])
            return True
    failure = None
    if record.error_message is not None:
        failure = Failure(record.error_class or "Error", record.error_message, record.error_stack)
    closed = Ledger(session).close_run(
        record.id,
        record.status,
        failure=failure,
        output=record.output,
        reason=record.reason,
        finished_at=record.finished_at,
    )
    return closed is not None


def insert_spooled(session: Session, record: RunRecord) -> bool:
    """Insert a run that the ledger does not know; tells whether it did not."""
    values = {
        **record._asdict(),
        **record.counts._asdict(),
        "parameters": json.dumps(record.parameters, default=str),
        "finished_at": record.finished_at or record.started_at,
    }
    try:
        return session.execute("insert_spooled", values).rowcount == 1
    except (DataError, IntegrityError) as error:
        raise UnfitError(error.diag.message_primary or str(error)) from None
