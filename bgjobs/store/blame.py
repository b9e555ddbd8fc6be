"""What the server says of a job's SQL, and which part of the job it says it of."""

from types import TracebackType

import psycopg

AUDIT = "audit"
_PAGE = "SELECT * FROM ("
_NOT_ALLOWED = "42501"
_LINE = "LINE "


class Blame:
    """A context whose errors are about one part: "select", "statement", or AUDIT."""

    __slots__ = ("_part",)

    def __init__(self, part: str) -> None:
        self._part = part

    def __enter__(self) -> None:
        """Nothing is to be done beforehand."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if isinstance(error, psycopg.Error) and blamed(error) is None:
            error.add_note(self._part)


def blamed(error: psycopg.Error) -> str | None:
    """The part that an error is about, where that is known."""
    notes: list[str] = getattr(error, "__notes__", [])
    return notes[0] if notes else None


def presume(error: Exception, part: str) -> None:
    """Blame a part for words of SQL that mean nothing, unless it is known whose they are."""
    if not isinstance(error, psycopg.Error) or blamed(error) is not None:
        return
    state = error.sqlstate or ""
    if state.startswith("42") and state != _NOT_ALLOWED:
        error.add_note(part)


def said(error: psycopg.Error) -> str:
    """The message, and what the server takes for a slip; not its DETAIL, which repeats rows."""
    text = error.diag.message_primary or " ".join(str(error).split())
    hint = error.diag.message_hint or ""
    return f"{text} ({hint.rstrip('.')})" if hint.startswith("Perhaps") else text


def line(error: psycopg.Error) -> str | None:
    """The line of the SQL that the server points at."""
    for one in str(error).splitlines():
        if one.startswith(_LINE):
            return one.partition(": ")[2].removeprefix(_PAGE).strip()
    return None
