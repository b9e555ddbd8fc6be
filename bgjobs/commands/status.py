"""The monitor: every job of jobs.toml, how it last went, when it runs next."""

from pathlib import Path
from typing import TextIO

from bgjobs.commands.reading import colours, configured, known, reading
from bgjobs.errors import ExitStatus
from bgjobs.job import Config
from bgjobs.job_state import JobState
from bgjobs.present import as_json
from bgjobs.present.status import status as as_text
from bgjobs.present.status_word import STYLES
from bgjobs.present.terminal import width
from bgjobs.store.history import History
from bgjobs.store.pauses import Pauses


def status(config_path: Path | None, job: str | None, *, json: bool, out: TextIO) -> ExitStatus:
    """Print the state of a job or of all."""
    config = configured(config_path)
    names = list(config.jobs) if job is None else [known(config, job)]
    with reading(config, "status") as ledger:
        found = states(ledger, config, names)
        now = ledger.now()
    if json:
        text = as_json.as_json([as_json.state(state, now) for state in found])
    else:
        text = as_text(found, now=now, width=width(out), paint=colours(out, STYLES))
    out.write(text + "\n")
    return ExitStatus.SUCCESS


def states(ledger: History, config: Config, names: list[str]) -> list[JobState]:
    """What the ledger knows of jobs, in the order of their names given."""
    last = ledger.last_runs(names)
    pauses = Pauses(ledger.session).pauses(ledger.now())
    return [JobState(config.jobs[name], last.get(name), pauses.get(name)) for name in names]
