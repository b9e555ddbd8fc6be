"""Where the parts end that a job's records are split into, for several to work at once."""

from collections.abc import Sequence

from psycopg import sql

from bgjobs.store.blame import Blame
from bgjobs.store.pages import COUNT, Asked, Columns, Key, Page, Pages
from bgjobs.store.quoting import identifier


def ends(pages: Pages, parts: int) -> list[Key]:
    """Where each of so many parts of about equal size ends, never within a group.

    There are fewer where there are not enough records or groups, and none without records.
    """
    pages.refuse_unsound(None, None)
    with Blame("select"):
        row = pages.session.connection.execute(pages.render(COUNT), pages.values).fetchone()
    size = -(-(row[0] if row else 0) // parts)
    found: list[Key] = []
    while size and len(found) < parts - 1:
        end = _end(pages, found[-1] if found else None, size)
        if end is None:
            break
        found.append(end)
    last = pages.last()
    # Records may be gone since they were counted, and others may have come.
    return found if last is None or last in found else [*found, last]


def _end(pages: Pages, after: Key | None, size: int) -> Key | None:
    """Where a part of that size ends which follows a key; None where that many do not."""
    key = pages.job.key
    where: sql.Composable = sql.SQL("")
    if after is not None:
        beyond = pages.beyond(key, "bgjobs_after_", leased=False)
        where = sql.SQL(" WHERE {}").format(beyond)
    names = [column.name for column in key]
    nth = pages.render(
        "SELECT {names} FROM ({select}\n) AS page{where} ORDER BY {order}"
        " OFFSET %(bgjobs_limit)s - 1 LIMIT 1",
        names=_listed(names),
        where=where,
        order=pages.order(),
    )
    text = nth
    if pages.job.group_by:
        text = pages.render(
            "SELECT {names} FROM ({select}\n) AS page"
            " WHERE ({group}) = (SELECT {group} FROM ({nth}) AS page)"
            " ORDER BY {reverse} LIMIT 1",
            names=_listed(names),
            group=_listed(pages.job.group_by),
            nth=sql.SQL(nth.decode()),
            reverse=pages.order(reverse=True),
        )
    cursor = pages.session.connection.execute(text, pages.bound(after, None, size))
    page = Page(Asked(cursor, 1), Columns(tuple(names), (), tuple(range(len(names)))))
    return page.last if page.size else None


def _listed(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(identifier, names))
