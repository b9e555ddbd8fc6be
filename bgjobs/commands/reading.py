"""What the commands that read the ledger share."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from bgjobs.commands.dead import buried
from bgjobs.commands.reaching import resolve
from bgjobs.config.find import find, here
from bgjobs.config.load import load
from bgjobs.duration import parse_duration
from bgjobs.errors import UsageError
from bgjobs.job import Config
from bgjobs.present.table import Paint
from bgjobs.present.terminal import in_colour, painter
from bgjobs.store.history import History
from bgjobs.store.migrate import require_current
from bgjobs.store.opened import opened
from bgjobs.store.session import Session


def configured(config_path: Path | None) -> Config:
    """The jobs.toml that is named, or found from the working directory upwards."""
    return load(find(config_path, os.environ, here()))


@contextmanager
def ledger(config: Config, verb: str) -> Iterator[Session]:
    """The ledger of the newest version, for the length of a command."""
    database = resolve(config.database, config.path.parent)
    with opened(database, config.audit, application=f"bgjobs {verb}") as session:
        require_current(session)
        yield session


@contextmanager
def reading(config: Config, verb: str) -> Iterator[History]:
    """The history, in which no dead run is told as running."""
    with ledger(config, verb) as session:
        yield History(session, presume_dead=not buried(session))


def known(config: Config, job: str) -> str:
    """The name of a job of jobs.toml.

    Raises:
        UsageError: It has none of the name.
    """
    if job in config.jobs:
        return job
    from difflib import get_close_matches

    near = get_close_matches(job, config.jobs, 1)
    hint = f' (did you mean "{near[0]}"?)' if near else ""
    raise UsageError(f'{config.path}: there is no job "{job}"{hint}')


def colours(out: TextIO, styles: Mapping[str, str]) -> Paint | None:
    """How to colour cells; None where nothing is to be coloured."""
    return painter(styles) if in_colour(out, os.environ) else None


def ago(text: str, now: datetime) -> datetime:
    """The moment that "24h" or a time stamp means, looking back from `now`."""
    try:
        return now - parse_duration(text)
    except ValueError:
        return _moment(text)


def ahead(text: str, now: datetime) -> datetime:
    """The moment that "2 hours" or a time stamp means, looking ahead from `now`."""
    try:
        return now + parse_duration(text)
    except ValueError:
        return _moment(text)


def _moment(text: str) -> datetime:
    try:
        # One without an offset is of this machine's zone.
        return datetime.fromisoformat(text.strip()).astimezone()
    except ValueError:
        raise UsageError(
            f'"{text}" is neither a duration ("24h", "7 days") nor a time stamp '
            '("2026-07-01 10:00")'
        ) from None
