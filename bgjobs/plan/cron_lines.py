"""The lines of a crontab as cron itself reads them: assignments, entries and the rest."""

import re
from typing import NamedTuple

# What load_env() of cron takes for `NAME = value`; anything else is an entry or a comment.
_ASSIGNMENT = re.compile(
    rb"""[ \t]*(?:"([^"=]*)"|'([^'=]*)'|([^\s="'][^\s=]*))[ \t]*=[ \t]*
         (?:"([^"]*)"[ \t\r]*|'([^']*)'[ \t\r]*|([^"'].*?)?[ \t\r]*)""",
    re.VERBOSE | re.DOTALL,
)


class Assignment(NamedTuple):
    """`NAME = value`, in force for every entry below it; `raw` is the line without its newline."""

    name: str
    value: str
    raw: bytes


class Entry(NamedTuple):
    """One scheduled command, `%` already read as cron reads it; `user` only in /etc/cron.d."""

    when: str
    command: str
    user: str | None = None


def text(raw: bytes) -> str:
    """Bytes of a crontab as text that encodes to the same bytes again, whatever their encoding."""
    return raw.decode("utf-8", "surrogateescape")


def raw(text: str) -> bytes:
    """The bytes that `text` was read from, or is to be written as."""
    return text.encode("utf-8", "surrogateescape")


def assignment(line: bytes) -> Assignment | None:
    """The assignment that a line makes, or None where it makes none."""
    if line.lstrip(b" \t").startswith(b"#"):
        return None
    found = _ASSIGNMENT.fullmatch(line)
    if found is None:
        return None
    name = next(part for part in found.groups()[:3] if part is not None)
    value = next((part for part in found.groups()[3:] if part is not None), b"")
    return Assignment(text(name), text(value), line)


def assignments(lines: bytes) -> dict[str, Assignment]:
    """What is in force after `lines`, by name: the last assignment of a name holds."""
    found = (assignment(line) for line in lines.split(b"\n"))
    return {one.name: one for one in found if one is not None}


def entry(line: bytes, *, user_column: bool = False) -> Entry | None:
    """The entry on a line, or None for a comment, an assignment or an empty line."""
    stripped = text(line).strip(" \t")
    if not stripped or stripped.startswith("#") or assignment(line) is not None:
        return None
    fields = (1 if stripped.startswith("@") else 5) + user_column
    parts = re.split(r"[ \t]+", stripped, maxsplit=fields)
    parts += [""] * (fields + 1 - len(parts))
    user = parts[fields - 1] if user_column else None
    when = " ".join(parts[: fields - user_column])
    return Entry(when, command_of(parts[fields]), user)


def entries(lines: bytes, *, user_column: bool = False) -> list[Entry]:
    """The entries of `lines`, in their order."""
    found = (entry(line, user_column=user_column) for line in lines.split(b"\n"))
    return [one for one in found if one is not None]


def command_of(rest: str) -> str:
    r"""What cron hands to the shell: up to the first bare `%`, with `\%` read as `%`."""
    bare = re.search(r"(?<!\\)%", rest)
    return (rest[: bare.start()] if bare else rest).replace("\\%", "%")
