"""The list of failed records, for a run that works them again."""

from datetime import datetime

from psycopg import sql

from bgjobs import statement
from bgjobs.job import Job
from bgjobs.store.session import Session


class FailedRecords:
    """One job's records that failed and were not done since."""

    def __init__(self, session: Session, job: Job) -> None:
        self.session = session
        self.job = job

    def narrowed(self) -> str | None:
        """The job's select, returning listed records alone."""
        if self.job.select is None:
            return None
        texts = [sql.SQL("{}::text").format(sql.Identifier(c.name)) for c in self.job.key]
        frame = sql.SQL(
            "jsonb_build_array({key}) IN (SELECT key FROM {schema}.failed_record WHERE job = :job)"
        ).format(key=sql.SQL(", ").join(texts), schema=sql.Identifier(self.session.schema))
        select = statement.stripped(self.job.select)
        whole = sql.SQL("SELECT * FROM ({}\n) AS every WHERE {}")
        return whole.format(sql.SQL(select), frame).as_string(None)

    def failed_slots(self) -> dict[tuple[str, ...], datetime]:
        """The slot that each listed record belongs to, by its key."""
        rows = self.session.execute("failed_slots", {"job": self.job.name})
        return {tuple(key): slot for key, slot in rows}

    def forget_failed(self) -> int:
        """Take all of them off the list; returns how many there were."""
        return self.session.execute("forget_failed", {"job": self.job.name}).rowcount
