"""Let no run of a job start, on any host, for a time."""

import os
from pathlib import Path
from typing import TextIO

from bgjobs.commands.reading import ahead, configured, known, ledger
from bgjobs.errors import ExitStatus, UsageError
from bgjobs.host.identity import identity
from bgjobs.host.ownership import runner
from bgjobs.present.pause import paused
from bgjobs.store.history import History
from bgjobs.store.pauses import Pauses


def pause(
    config_path: Path | None, job: str, *, until: str | None, reason: str | None, out: TextIO
) -> ExitStatus:
    """Pause a job until a moment, or until it is resumed."""
    config = configured(config_path)
    known(config, job)
    with ledger(config, "pause") as session:
        now = History(session).now()
        end = ahead(until, now) if until else None
        if end is not None and end <= now:
            raise UsageError(f'--until: "{until}" is in the past')
        made = Pauses(session).pause(job, end, reason, person())
    out.write(paused(made) + "\n")
    return ExitStatus.SUCCESS


def person() -> str:
    """Who asks, as others will read it: "ann@web1"."""
    try:
        name = runner(None).name
    except KeyError:
        name = str(os.geteuid())
    return f"{os.environ.get('SUDO_USER') or name}@{identity().host}"
