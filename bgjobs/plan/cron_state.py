"""How an installed block stands to jobs.toml, and what else in the crontab runs the same jobs."""

from typing import NamedTuple

from bgjobs.errors import CrontabError
from bgjobs.plan.cron_command import words
from bgjobs.plan.cron_lines import entries, text
from bgjobs.plan.crontab import Block, block_of, blocks, digest, with_block

_CONTEXT = 3


class State(NamedTuple):
    """An installed block beside the one that jobs.toml asks for; `diff` is unified, by lines."""

    installed: bool
    edited_by_hand: bool
    outdated: bool
    diff: list[str]

    @property
    def current(self) -> bool:
        """Whether installing again would change no byte."""
        return not self.diff


def state(crontab: bytes, project: str, body: bytes) -> State:
    """Compare the crontab with what `body` would make of it."""
    wanted = with_block(crontab, project, body)
    diff = difference(crontab, wanted, "installed", "jobs.toml")
    block = block_of(crontab, project)
    if block is None:
        return State(installed=False, edited_by_hand=False, outdated=False, diff=diff)
    return State(
        installed=True,
        edited_by_hand=block.edited_by_hand,
        outdated=block.digest != digest(body),
        diff=diff,
    )


def difference(before: bytes, after: bytes, name: str, new_name: str) -> list[str]:
    """A unified diff of two crontabs, each line without its newline and fit for a terminal."""
    from difflib import unified_diff

    old, new = _shown(before), _shown(after)
    return list(unified_diff(old, new, name, new_name, n=_CONTEXT, lineterm=""))


def refuse_rivals(crontab: bytes, project: str, config: str, *, user_column: bool) -> None:
    """Raise CrontabError where a block of another name runs the jobs of the same jobs.toml."""
    for block in blocks(crontab):
        if block.project != project and config in configs_of(block, user_column=user_column):
            raise CrontabError(
                f"the block {block.project} in line {block.line} already runs the jobs of "
                f"{config}, so each would run twice; remove it first: "
                f"bgjobs uninstall-cron --project '{block.project}'"
            )


def configs_of(block: Block, *, user_column: bool) -> set[str]:
    """The paths of jobs.toml that a block's lines run."""
    commands = entries(block.body, user_column=user_column)
    return {"".join(_words(entry.command)[2][-1:]) for entry in commands}


def carried_by(block: Block, *, user_column: bool) -> dict[str, str]:
    """The variables that a block's lines carry, but for PATH."""
    found: dict[str, str] = {}
    for entry in entries(block.body, user_column=user_column):
        found.update(_words(entry.command)[1])
    found.pop("PATH", None)
    return found


def _words(command: str) -> tuple[str, dict[str, str], list[str]]:
    try:
        return words(command)
    except (ValueError, IndexError, StopIteration):  # edited by hand into something else
        return "", {}, []


def _shown(crontab: bytes) -> list[str]:
    lines = text(crontab).split("\n")
    ended = lines[:-1] if lines[-1] == "" else [*lines[:-1], f"{lines[-1]}\\ (no newline)"]
    return ["".join(_visible(c) for c in line) for line in ended]


def _visible(character: str) -> str:
    if character.isprintable() or character == "\t":
        return character
    byte = character.encode("utf-8", "surrogateescape")
    return "".join(f"\\x{one:02x}" for one in byte)
