"""End a job's pause."""

from pathlib import Path
from typing import TextIO

from bgjobs.commands.reading import configured, known, ledger
from bgjobs.errors import ExitStatus
from bgjobs.present.pause import resumed
from bgjobs.store.pauses import Pauses


def resume(config_path: Path | None, job: str, *, out: TextIO) -> ExitStatus:
    """Let a job start again, also one that jobs.toml has no more."""
    config = configured(config_path)
    with ledger(config, "resume") as session:
        was_paused = Pauses(session).resume(job)
    if not was_paused:
        known(config, job)
    out.write(resumed(job, was_paused=was_paused) + "\n")
    return ExitStatus.SUCCESS
