"""Set-based batches: the page, the job's statement and the cursor's move in one statement."""

from typing import Any

import psycopg
from psycopg import sql

from bgjobs import statement
from bgjobs.job import Job
from bgjobs.store.batches import Lease
from bgjobs.store.blame import Blame
from bgjobs.store.pages import Key, Pages
from bgjobs.store.quoting import identifier

# FETCH FIRST WITH TIES takes no null for all.
_NO_LIMIT = 2**62


class SetBased:
    """Executes a select + statement job's batches wholly in the server."""

    def __init__(self, pages: Pages, job: Job, lease: Lease) -> None:
        self.pages = pages
        self._text = statement.bind(statement.stripped(job.statement or ""))
        self._lease = {f"bgjobs_{name}": value for name, value in lease._asdict().items()}
        self._ready: dict[tuple[bool, bool], bytes] = {}

    def move(self, *, leased: bool, until: Key | None, limit: int) -> psycopg.Cursor[Any]:
        """Work the next page and move the lease's cursor behind it, in one statement.

        The page follows the lease's own cursor when `leased`, and is the first one otherwise; so
        a batch can be sent before the one ahead of it is answered.
        """
        text = self._ready.get((leased, until is not None))
        if text is None:
            text = self._moving(leased=leased, until=until is not None)
            self._ready[leased, until is not None] = text
        values = {**self.pages.bound(None, until, limit), **self._lease}
        return self.pages.session.connection.execute(text, values)

    def part(self, after: Key | None, until: Key) -> psycopg.Cursor[Any]:
        """Run the statement over the records after one key up to another, moving nothing.

        All that are there by now: were their number bound, one that came in between would push
        the last one out, behind which the cursor will stand.
        """
        page = self.pages.text(after=after is not None, until=True).decode()
        text = statement.prepend_ctes(self._text, [("batch", page)])
        with Blame("statement"):
            return self.pages.session.connection.execute(
                text.encode(), self.pages.bound(after, until, _NO_LIMIT)
            )

    def _moving(self, *, leased: bool, until: bool) -> bytes:
        page = self.pages.text(after=leased, until=until, leased=leased).decode()
        key = [identifier(column.name) for column in self.pages.job.key]
        texts = sql.SQL(", ").join([sql.SQL("{}::text").format(name) for name in key])
        moved = sql.SQL(
            "UPDATE {schema}.lease SET in_batch = NULL,"
            " cursor = coalesce((SELECT jsonb_build_array({texts}) FROM"
            " (SELECT {names} FROM batch ORDER BY {order} LIMIT 1) AS last), cursor),"
            " read = read + n, processed = processed + n, batches = batches + least(n, 1)"
            " FROM (SELECT count(*) AS n FROM batch) AS counted"
            " WHERE job = %(bgjobs_job)s AND lane = %(bgjobs_lane)s AND shard = %(bgjobs_shard)s"
            " AND run = %(bgjobs_run)s AND token = %(bgjobs_token)s"
            " AND in_batch = pg_current_xact_id()"
        ).format(
            schema=identifier(self.pages.session.schema),
            texts=texts,
            names=sql.SQL(", ").join(key),
            order=self.pages.order(reverse=True),
        )
        body = moved.as_string(self.pages.session.connection)
        ctes = [("batch", page), ("bgjobs_moved", body)]
        return statement.prepend_ctes(self._text, ctes).encode()
