"""What a key must be, that no record is passed over: it has no nulls, and stays the same."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from bgjobs.errors import JobFailedError, NotNowError
from bgjobs.job import Job
from bgjobs.store.quoting import identifier

if TYPE_CHECKING:
    from bgjobs.store.pages import Pages

# By these a column that is NOT NULL in its table comes out null; in a longer word they cost a look.
_MAKE_NULLS = ("LEFT", "RIGHT", "FULL", "ROLLUP", "CUBE", "GROUPING")


def null_error(column: str) -> JobFailedError:
    """What is said of a record whose key is null in a column."""
    return JobFailedError(
        f'key column "{column}" is null in a record of the select; '
        f"exclude such records, or order by coalesce({column}, ...)"
    )


def refuse_nulls(pages: "Pages") -> None:
    """Make sure that no record has a null in its key.

    The records are looked at only where the catalog does not rule it out.

    Raises:
        JobFailedError: One has.
    """
    doubtful = _doubtful(pages)
    if not doubtful:
        return
    tests = [sql.SQL("{} IS NULL").format(identifier(name)) for name in doubtful]
    text = pages.render(
        "SELECT {tests} FROM ({select}\n) AS page WHERE {any} LIMIT 1",
        tests=sql.SQL(", ").join(tests),
        any=sql.SQL(" OR ").join(tests),
    )
    row = pages.session.connection.execute(text, pages.values).fetchone()
    if row is not None:
        raise null_error(doubtful[row.index(True)])


def refuse_other(pages: "Pages", *positions: Sequence[str] | None) -> None:
    """Make sure that where the work stands is told by the key that the job has.

    Raises:
        NotNowError: It was begun with a key of more or fewer columns.
    """
    number = len(pages.job.key)
    if any(position is not None and len(position) != number for position in positions):
        raise other_key(pages.job)


def other_key(job: Job) -> NotNowError:
    """What is said of an unfinished run that pages by another key than its job does by now."""
    return NotNowError(
        f"the key of {job.name} was changed since its unfinished run began; work the "
        f"slot from the start: bgjobs run {job.name} --restart"
    )


def origins(cursor: psycopg.Cursor[Any]) -> tuple[tuple[int, int], ...]:
    """The table and the number of the column that each column of an answer comes from."""
    result = cursor.pgresult
    if result is None:
        return ()
    return tuple((result.ftable(n), result.ftablecol(n)) for n in range(result.nfields))


def _doubtful(pages: "Pages") -> list[str]:
    """The columns of the key that may be null."""
    names = [column.name for column in pages.job.key]
    select = (pages.job.select or "").upper()
    if any(word in select for word in _MAKE_NULLS):
        return names
    columns = pages.columns
    origins = [columns.origins[place] for place in columns.places]
    values = {"tables": [table for table, _ in origins], "columns": [n for _, n in origins]}
    found = pages.session.execute("nullable_columns", values).fetchall()
    return [names[number - 1] for (number,) in found]
