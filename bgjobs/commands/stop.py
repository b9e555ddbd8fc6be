"""Ask a run that is at work somewhere to stop."""

from pathlib import Path
from typing import TextIO

from bgjobs.commands.pause import person
from bgjobs.commands.reading import configured, known, ledger
from bgjobs.errors import ExitStatus
from bgjobs.present.pause import stopping
from bgjobs.store.pauses import Pauses


def stop(config_path: Path | None, job: str, *, reason: str | None, out: TextIO) -> ExitStatus:
    """Have a job's runs stop at their next batch; that none is at work is no failure."""
    asked = f"stopped by {person()}" + (f": {reason}" if reason else "")
    config = configured(config_path)
    with ledger(config, "stop") as session:
        runs = Pauses(session).stop(job, asked)
    if not runs:
        known(config, job)
    out.write(stopping(job, sorted(map(str, runs))) + "\n")
    return ExitStatus.SUCCESS
