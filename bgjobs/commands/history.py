"""What ran, newest first."""

from pathlib import Path
from typing import NamedTuple, TextIO

from bgjobs.commands.reading import ago, colours, configured, known, reading
from bgjobs.errors import ExitStatus, UsageError
from bgjobs.present import as_json
from bgjobs.present.history import history as as_text
from bgjobs.present.status_word import STYLES
from bgjobs.present.terminal import width
from bgjobs.record import RunStatus


class Wanted(NamedTuple):
    """Which runs: of a job (also one that jobs.toml has no more), in a state, since a moment."""

    job: str | None = None
    status: str | None = None
    since: str | None = None
    before: str | None = None
    limit: int = 20


def history(config_path: Path | None, wanted: Wanted, *, json: bool, out: TextIO) -> ExitStatus:
    """Print the runs as a table, or as JSON.

    Raises:
        UsageError: A job is asked for that has no runs and is not in jobs.toml either.
    """
    status = _status(wanted.status)
    config = configured(config_path)
    with reading(config, "history") as ledger:
        now = ledger.now()
        found = ledger.runs(
            wanted.job,
            status=status,
            since=ago(wanted.since, now) if wanted.since else None,
            before=ago(wanted.before, now) if wanted.before else None,
            limit=wanted.limit,
        )
    if wanted.job and not found:
        known(config, wanted.job)
    if json:
        text = as_json.as_json([as_json.run(run) for run in found])
    else:
        text = as_text(found, now=now, width=width(out), paint=colours(out, STYLES))
    out.write(text + "\n")
    return ExitStatus.SUCCESS


def _status(name: str | None) -> RunStatus | None:
    if name is None:
        return None
    try:
        return RunStatus(name)
    except ValueError:
        known = ", ".join(RunStatus)
        raise UsageError(f'--status: "{name}" must be one of {known}') from None
