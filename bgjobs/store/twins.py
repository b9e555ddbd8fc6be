"""Whether each record has a key of its own: of two with the same, a page may end between them."""

import re
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from bgjobs.errors import JobFailedError
from bgjobs.store.quoting import identifier

if TYPE_CHECKING:
    from bgjobs.store.pages import Pages

# By these a row of a table can come more than once; in a longer word they cost a look.
_REPEAT = ("JOIN", "UNION", "LATERAL", "UNNEST", "_SERIES", "_ELEMENTS", "_EACH", "_TO_TABLE")
_SEVERAL = re.compile(r"\bFROM\s+[^\s(,]+(?:\s+(?:AS\s+)?\w+)?\s*,")


def refuse_twins(pages: "Pages") -> None:
    """Make sure that no two records have the same key.

    The records are looked at only where no unique index rules it out, and for no longer than the
    job's statements may take.

    Raises:
        JobFailedError: Two have.
    """
    if _are_unique(pages):
        return
    key = [identifier(column.name) for column in pages.job.key]
    text = pages.render(
        "SELECT {texts} FROM ({select}\n) AS page GROUP BY {key} HAVING count(*) > 1 LIMIT 1",
        texts=sql.SQL(", ").join([sql.SQL("{}::text").format(name) for name in key]),
        key=sql.SQL(", ").join(key),
    )
    connection = pages.session.connection
    try:
        with connection.transaction():
            row = connection.execute(text, pages.values).fetchone()
    except psycopg.errors.QueryCanceled:
        return
    if row is not None:
        names = ", ".join(column.name for column in pages.job.key)
        raise JobFailedError(
            f"the key ({names}) is not unique: several records have ({', '.join(row)}); "
            "add a column to it that tells them apart"
        )


def _are_unique(pages: "Pages") -> bool:
    select = (pages.job.select or "").upper()
    if any(word in select for word in _REPEAT) or _SEVERAL.search(select):
        return False
    origins = [pages.columns.origins[place] for place in pages.columns.places]
    values = {"tables": [table for table, _ in origins], "columns": [n for _, n in origins]}
    row = pages.session.execute("unique_key", values).fetchone()
    return bool(row and row[0])
