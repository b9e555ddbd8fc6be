"""Whether a job needs a look, as a plugin for Nagios and its kin."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from bgjobs.commands.reading import configured, known, reading
from bgjobs.commands.status import states
from bgjobs.duration import parse_duration
from bgjobs.errors import BgjobsError, UsageError
from bgjobs.job import Config
from bgjobs.plan.health import Health, Level, expected, health, worst
from bgjobs.present.check import check as as_text
from bgjobs.present.check import unknown
from bgjobs.store.history import History


def check(config_path: Path | None, job: str | None, *, grace: str, out: TextIO) -> int:
    """Print one line to sum up and one for each job that needs a look.

    Returns 0 where all is well, 1 for a warning, 2 for what is critical, 3 where it could not be
    looked at: of all commands this one alone keeps to the plugins' numbers.
    """
    try:
        judged = _judge(config_path, job, _length(grace))
    except BgjobsError as error:
        out.write(unknown(str(error)) + "\n")
        return Level.UNKNOWN
    level = worst(judged)
    rows = [(one.level.name, one.job, one.text) for one in judged]
    out.write(as_text(level.name, rows) + "\n")
    return level


def _judge(config_path: Path | None, job: str | None, grace: timedelta) -> list[Health]:
    config = configured(config_path)
    enabled = [name for name, one in config.jobs.items() if one.enabled]
    names = enabled if job is None else [known(config, job)]
    with reading(config, "check") as ledger:
        return _healths(ledger, config, names, grace)


def _healths(ledger: History, config: Config, names: list[str], grace: timedelta) -> list[Health]:
    now = ledger.now()
    found = states(ledger, config, names)
    since = ledger.known_since(names)
    due: dict[str, datetime] = {}
    for state in found:
        slot = expected(state, since.get(state.job.name), now - grace)
        if slot is not None:
            due[state.job.name] = slot
    accounted = ledger.accounted(due)
    missed = {name: slot for name, slot in due.items() if name not in accounted}
    return [health(state, missed.get(state.job.name), now) for state in found]


def _length(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(f'--grace: "{text}" is not a duration such as "10m"') from None
