"""Refuses to let root's cron run what somebody else could change."""

import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from bgjobs.errors import CrontabError
from bgjobs.host.ownership import everything, exposed, runner
from bgjobs.job import Config

SHOWN = 5
"""As many faults are told one by one."""


def refuse_exposed(config: Config, user: str | None) -> None:
    """As root, raise CrontabError where a file that cron will run as `user` is another's to change.

    A user's own crontab is the user's own business.
    """
    if os.geteuid() != 0:
        return
    who = runner(user)
    found = exposed(run_by_cron(config), who)
    if found:
        more = len(found) - SHOWN
        lines = [
            f"somebody else can change what cron would run as {who.name}; nothing was installed",
            *found[:SHOWN],
            *([f"and {more} more"] if more > 0 else []),
            "remove the rights (chown, chmod go-w), or use another user's cron (--user NAME)",
        ]
        raise CrontabError("\n".join(lines))


def run_by_cron(config: Config) -> Iterator[Path]:
    """Every file and directory that decides what a line of the block does."""
    import bgjobs

    yield Path(sys.executable)
    yield config.path
    yield from (Path(entry) for entry in sys.path if entry)
    yield from everything(Path(bgjobs.__file__).parent)
    if sys.prefix != sys.base_prefix:
        yield from everything(Path(sys.prefix))
    yield from chain.from_iterable(everything(place) for place in _handlers(config))
    yield from (Path(entry) for entry in config.cron.path.split(":") if entry)


def _handlers(config: Config) -> Iterator[Path]:
    """The modules beside jobs.toml; found without importing, which would run them as root."""
    named = (name for job in config.jobs.values() for name in (job.handler, job.send) if name)
    for module in sorted({name.partition(":")[0].partition(".")[0] for name in named}):
        for place in (config.path.parent / module, config.path.parent / f"{module}.py"):
            if place.exists():
                yield place
