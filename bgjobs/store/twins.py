"""Whether each record has a key of its own: of two with the same, a page may end between them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from bgjobs.errors import JobFailedError
from bgjobs.store.quoting import identifier

if TYPE_CHECKING:
    from bgjobs.store.pages import Pages

# What is in a plan that lets a row of a table come more than once. Joins of other kinds do not, and
# the output of a union comes from no table.
_REPEAT = frozenset({"ProjectSet", "Recursive Union", "Foreign Scan", "Custom Scan"})
_ONCE = frozenset({"Semi", "Anti", "Right Semi", "Right Anti"})


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
    text = pages.render("EXPLAIN (FORMAT JSON) SELECT * FROM ({select}\n) AS page")
    row = pages.session.connection.execute(text, pages.values).fetchone()
    if row is None or any(_repeats(node) for node in _nodes(row[0][0]["Plan"])):
        return False
    origins = [pages.columns.origins[place] for place in pages.columns.places]
    values = {"tables": [table for table, _ in origins], "columns": [n for _, n in origins]}
    row = pages.session.execute("unique_key", values).fetchone()
    return bool(row and row[0])


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The nodes of a plan that rows come through."""
    yield plan
    for below in plan.get("Plans", ()):
        aside = below["Parent Relationship"] in {"InitPlan", "SubPlan"}
        if not aside or below.get("Subplan Name", "").startswith("CTE "):
            yield from _nodes(below)


def _repeats(node: Mapping[str, Any]) -> bool:
    return node["Node Type"] in _REPEAT or node.get("Join Type", "Semi") not in _ONCE
