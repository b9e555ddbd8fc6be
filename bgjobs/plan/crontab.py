"""A project's managed block within a crontab, whose other bytes are not ours and stay as they are.

A block runs from `# BEGIN bgjobs PROJECT HASH` to `# END bgjobs PROJECT`. The hash is that of the
lines between: it tells a hand edit from a change of jobs.toml, and carries no time, so that
installing the same jobs twice changes no byte.
"""

import re
from hashlib import sha256
from typing import NamedTuple

from bgjobs.errors import CrontabError
from bgjobs.plan.cron_lines import raw, text

_BEGIN = re.compile(rb"# BEGIN bgjobs (\S|\S.*\S) ([0-9a-f]{16})")
_END = re.compile(rb"# END bgjobs (\S|\S.*\S)")
_LIKE_A_MARKER = re.compile(rb"[ \t]*#[ \t]*(?:BEGIN|END)[ \t]+bgjobs\b")
_REPAIR = "correct the markers with `crontab -e`, or delete the rest of the block"


class Block(NamedTuple):
    """A managed block: bytes `start` to `end` of the crontab, `body` between its markers."""

    project: str
    digest: str
    start: int
    end: int
    body: bytes
    line: int

    @property
    def edited_by_hand(self) -> bool:
        """Whether the lines are no longer those that install-cron wrote."""
        return digest(self.body) != self.digest


class _Open(NamedTuple):
    project: bytes
    digest: bytes
    start: int
    body: int
    line: int


def digest(body: bytes) -> str:
    """Sixteen hexadecimal digits that stand for the lines of a block."""
    return sha256(body).hexdigest()[:16]


def framed(project: str, body: bytes) -> bytes:
    """The lines of a block between their markers."""
    name = raw(project)
    head = b"# BEGIN bgjobs %b %b\n" % (name, digest(body).encode())
    return head + body + b"# END bgjobs %b\n" % name


def blocks(crontab: bytes) -> tuple[Block, ...]:
    """Every block, of whatever project; CrontabError where a marker has no partner or two."""
    found: list[Block] = []
    opened: _Open | None = None
    start = 0
    for number, line in enumerate(crontab.split(b"\n"), start=1):
        end = min(start + len(line) + 1, len(crontab))
        if begin := _BEGIN.fullmatch(line):
            if opened is not None:
                raise _unclosed(opened, number)
            opened = _Open(begin[1], begin[2], start, end, number)
        elif finish := _END.fullmatch(line):
            found.append(_closed(opened, crontab, finish[1], start, end, number))
            opened = None
        elif _LIKE_A_MARKER.match(line):
            raise CrontabError(
                f"the crontab's line {number} was a marker of bgjobs and was changed: "
                f"{text(line.strip())!r}; {_REPAIR}"
            )
        start = end
    if opened is not None:
        raise _unclosed(opened, None)
    return _each_once(found)


def block_of(crontab: bytes, project: str) -> Block | None:
    """The block of a project; CrontabError where any block of the crontab is damaged."""
    return next((block for block in blocks(crontab) if block.project == project), None)


def above(crontab: bytes, project: str) -> bytes:
    """The lines above a project's block, or above where it would be put: all of them."""
    block = block_of(crontab, project)
    return crontab if block is None else crontab[: block.start]


def with_block(crontab: bytes, project: str, body: bytes) -> bytes:
    """The crontab with the project's block put in its place, at the end where there was none.

    A last line without its newline gets one: cron ignores such a line, and crontab(1) refuses it.
    """
    block = block_of(crontab, project)
    if block is not None:
        return crontab[: block.start] + framed(project, body) + crontab[block.end :]
    newline = b"" if crontab.endswith(b"\n") or not crontab else b"\n"
    return crontab + newline + framed(project, body)


def without_block(crontab: bytes, project: str) -> bytes:
    """The crontab without the project's block: the bytes that were there before it."""
    block = block_of(crontab, project)
    return crontab if block is None else crontab[: block.start] + crontab[block.end :]


def _closed(
    opened: _Open | None, crontab: bytes, name: bytes, start: int, end: int, number: int
) -> Block:
    if opened is None:
        raise CrontabError(
            f"the crontab's line {number} ends a block of bgjobs that has no beginning: "
            f"{text(name)}; {_REPAIR}"
        )
    if opened.project != name:
        raise CrontabError(
            f"the block of bgjobs begun in the crontab's line {opened.line} as "
            f"{text(opened.project)} ends in line {number} as {text(name)}; {_REPAIR}"
        )
    body = crontab[opened.body : start]
    return Block(text(name), opened.digest.decode(), opened.start, end, body, opened.line)


def _unclosed(opened: _Open, number: int | None) -> CrontabError:
    where = "" if number is None else f" before line {number}, where another begins"
    return CrontabError(
        f"the block of bgjobs begun in the crontab's line {opened.line} "
        f"({text(opened.project)}) has no end{where}; {_REPAIR}"
    )


def _each_once(found: list[Block]) -> tuple[Block, ...]:
    first: dict[str, Block] = {}
    for block in found:
        earlier = first.setdefault(block.project, block)
        if earlier is not block:
            raise CrontabError(
                f"the crontab holds two blocks of bgjobs for {block.project}, begun in the lines "
                f"{earlier.line} and {block.line}; delete one of them with `crontab -e`"
            )
    return tuple(found)
