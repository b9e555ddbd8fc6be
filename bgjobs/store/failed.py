"""The list of failed records, for a run that works them again."""

from datetime import datetime
from uuid import UUID

from psycopg import sql

from bgjobs import statement
from bgjobs.job import Job
from bgjobs.store.pages import Pages
from bgjobs.store.session import Session


class FailedRecords:
    """One job's records that failed and were not done since."""

    def __init__(self, session: Session, job: Job) -> None:
        self.session = session
        self.job = job

    def narrowed(self, pages: Pages) -> str:
        """The job's select, returning those records alone that are listed with its slot."""
        types = [pages.columns.type_of(column.name) for column in self.job.key]
        parts = [
            sql.SQL("(key ->> {})::{}").format(sql.Literal(place), sql.SQL(kind))
            for place, kind in enumerate(types)
        ]
        whole = sql.SQL(
            "SELECT * FROM ({select}\n) AS every WHERE ({key}) IN ("
            "SELECT {parts} FROM {schema}.failed_record"
            " WHERE job = :job AND slot = :slot AND jsonb_typeof(key) = {kind})"
        ).format(
            select=sql.SQL(statement.stripped(self.job.select or "")),
            key=sql.SQL(", ").join([sql.Identifier(column.name) for column in self.job.key]),
            parts=sql.SQL(", ").join(parts),
            schema=sql.Identifier(self.session.schema),
            kind=sql.Literal("array"),
        )
        return whole.as_string(None)

    def failed_slots(self) -> list[datetime]:
        """The slots that the listed records belong to, oldest first."""
        rows = self.session.execute("failed_slots", {"job": self.job.name})
        return [slot for (slot,) in rows]

    def left_listed(self, run: UUID) -> int:
        """How many are on the list that a run which has worked all of it did not come across."""
        row = self.session.execute("left_listed", {"job": self.job.name, "run": run}).fetchone()
        return row[0] if row else 0

    def forget_failed(self) -> int:
        """Take all of them off the list; returns how many there were."""
        return self.session.execute("forget_failed", {"job": self.job.name}).rowcount
