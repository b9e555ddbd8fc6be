"""Records that failed and have not been done since."""

from pathlib import Path
from typing import TextIO

from bgjobs.commands.reading import configured, known, ledger
from bgjobs.errors import ExitStatus
from bgjobs.present import as_json
from bgjobs.present.failures import failures as as_text
from bgjobs.present.terminal import width
from bgjobs.store.history import History


def failures(
    config_path: Path | None, job: str | None, *, limit: int, json: bool, out: TextIO
) -> ExitStatus:
    """Print the failed records of a job or of all, newest first."""
    config = configured(config_path)
    with ledger(config, "failures") as session:
        found = History(session).failures(job, limit=limit + 1)
    if job and not found:
        known(config, job)
    more = len(found) > limit
    found = found[:limit]
    if json:
        text = as_json.as_json([as_json.failure(record) for record in found])
    else:
        text = as_text(found, width=width(out), more=more)
    out.write(text + "\n")
    return ExitStatus.SUCCESS
