"""The SQL of a job, read just far enough to find its parameters, its end and its WITH."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

# As PostgreSQL's own scanner has it: any character beyond ASCII may stand in an identifier (hence
# sets by what they exclude: sets that reach to U+10FFFF take 20 ms to compile), "$" may not begin
# one, and a string in E'' goes on escaping after a line break between its parts. A colon that
# touches an operand is a slice and no parameter: a[1:n].
_START = r"[^\x00-@\[-^`{-\x7f]"
_NAME = rf"{_START}[^\x00-/:-@\[-^`{{-\x7f]*+"
_WORD = rf"{_START}[^\x00-#%-/:-@\[-^`{{-\x7f]*+"
_ESCAPED = r"'(?:[^'\\]|\\.|'')*+'?"
_TOKEN = rf"""
    (?P<blank>\s++|--[^\n\r]*+)
  | (?P<block>/\*)
  | (?P<quoted>
        [eE]{_ESCAPED}
          (?:(?:[ \t\f]|--[^\n\r]*+)*+[\n\r](?:\s|--[^\n\r]*+)*+{_ESCAPED})*+
      | '(?:[^']|'')*+'?
      | "(?:[^"]|"")*+"?
      | \$(?P<tag>(?:{_NAME})?)\$.*?(?:\$(?P=tag)\$|\Z))
  | (?P<position>\$\d+)
  | (?P<word>{_WORD})
  | (?P<number>\d[\w.]*+)
  | (?P<parameter>(?<![\w$)\]'":]):{_NAME})
  | (?P<mark>::|:=|.)
"""


# Kind, where it starts, and text; plain, as a file of forty jobs is scanned at each start.
_Token = tuple[str, int, str]


def parameters(sql: str) -> frozenset[str]:
    """Return the names that stand in `sql` as `:name`."""
    if ":" not in sql:
        return frozenset()
    return frozenset(text[1:] for kind, _, text in _tokens(sql) if kind == "parameter")


def positions(sql: str) -> frozenset[str]:
    """Return what stands in `sql` like `$1`, which would take another parameter's value."""
    if "$" not in sql:
        return frozenset()
    return frozenset(text for kind, _, text in _tokens(sql) if kind == "position")


def bind(sql: str) -> str:
    """Turn each `:name` into psycopg's `%(name)s`, and double every other `%`.

    The result has to be executed with a mapping, be it empty: without one `%%` stays double.
    """
    if ":" not in sql:
        return sql.replace("%", "%%")
    return "".join(
        f"%({text[1:]})s" if kind == "parameter" else text.replace("%", "%%")
        for kind, _, text in _tokens(sql)
    )


def single(sql: str) -> bool:
    """Whether `sql` is exactly one statement, with or without its semicolon."""
    end = _end(sql)
    return _has_words(sql[:end]) and not _has_words(sql[end:].replace(";", " "))


def stripped(sql: str) -> str:
    """Return the first statement of `sql`, without its semicolon and what stands behind it."""
    return sql[: _end(sql)].strip()


def verb(sql: str) -> str:
    """Return the first word of `sql` in upper case; empty where it has none."""
    found = (text for kind, _, text in _tokens(sql) if kind == "word")
    return next(found, "").upper()


def clauses(sql: str) -> frozenset[str]:
    """Return the words in upper case that stand outside all brackets and are no column's name."""
    depth, before, found = 0, "", set()
    for kind, _, text in _tokens(sql):
        if kind == "word" and depth == 0 and before not in {".", "AS"}:
            found.add(text.upper())
        depth += (text in "([") - (text in ")]")
        before = before if kind == "blank" else text.upper()
    return frozenset(found)


def prepend_ctes(sql: str, ctes: Sequence[tuple[str, str]]) -> str:
    """Let `sql` read each (name, query) of `ctes` as a relation, and each query those before it.

    A name may carry its columns: `batch (id, due)`. A WITH that `sql` has is kept, behind these.
    """
    body = stripped(sql)
    if not ctes:
        return body
    # The line break ends a comment that the query may end in.
    listed = ",\n".join(f"{name} AS (\n{stripped(query)}\n)" for name, query in ctes)
    at = _after_with(body)
    if at is None:
        return f"WITH {listed}\n{body}"
    return f"{body[:at]} {listed},{body[at:]}"


def _after_with(sql: str) -> int | None:
    words = (token for token in _tokens(sql) if token[0] != "blank")
    first, second = next(words, ("", 0, "")), next(words, ("", 0, ""))
    if first[2].upper() != "WITH":
        return None
    _, start, text = second if second[2].upper() == "RECURSIVE" else first
    return start + len(text)


def _has_words(sql: str) -> bool:
    return any(kind != "blank" for kind, _, _ in _tokens(sql))


def _end(sql: str) -> int:
    if ";" not in sql:
        return len(sql)
    depth = 0
    for _, start, text in _tokens(sql):
        if text == ";" and depth <= 0:
            return start
        depth += (text == "(") - (text == ")")
    return len(sql)


def _tokens(sql: str) -> Iterator[_Token]:
    scan = _scanner().match
    start = 0
    while found := scan(sql, start):
        kind = found.lastgroup or "mark"
        end = found.end()
        if kind == "block":
            kind, end = "blank", _block_end(sql, end)
        yield kind, start, sql[start:end]
        start = end


def _block_end(sql: str, start: int) -> int:
    """Comments in /* */ nest; one that stays open reaches to the end."""
    depth = 1
    for mark in re.compile(r"/\*|\*/").finditer(sql, start):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)


@cache
def _scanner() -> re.Pattern[str]:
    return re.compile(_TOKEN, re.VERBOSE | re.DOTALL)
