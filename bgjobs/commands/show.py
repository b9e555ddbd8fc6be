"""One run whole."""

from pathlib import Path
from typing import TextIO

from bgjobs.commands.reading import colours, configured, reading
from bgjobs.errors import ExitStatus
from bgjobs.present import as_json
from bgjobs.present.show import show as as_text
from bgjobs.present.status_word import STYLES


def show(config_path: Path | None, run: str, *, json: bool, out: TextIO) -> ExitStatus:
    """Print the run whose id is `run` or begins with it."""
    with reading(configured(config_path), "show") as ledger:
        found = ledger.run(run)
        failed = ledger.failures_of_run(found)
        now = ledger.now()
    if json:
        text = as_json.as_json(as_json.whole_run(found, failed))
    else:
        text = as_text(found, failed, now=now, paint=colours(out, STYLES))
    out.write(text + "\n")
    return ExitStatus.SUCCESS
