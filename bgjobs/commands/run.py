"""`bgjobs run`: one start of one job, from the command line to the exit status."""

import os
import sys
from functools import partial
from pathlib import Path

from bgjobs.commands.request import Options, Request, request
from bgjobs.config.find import find, here
from bgjobs.config.load import load
from bgjobs.errors import ExitStatus
from bgjobs.host.guard import guard
from bgjobs.host.member import Death
from bgjobs.host.worker import Worker
from bgjobs.run.stops import Stops


def run(config_path: Path | None, name: str, options: Options) -> int:
    """Start a job once; the exit status says what came of it.

    Raises:
        BgjobsError: Nothing was started, for a reason that a person can put right.
    """
    config = load(find(config_path, os.environ, here()))
    return run_request(request(config, name, options, os.environ))


def run_request(asked: Request) -> int:
    """Start what was asked for, in this process or in those it needs."""
    if asked.cron and not asked.job.enabled:
        return ExitStatus.SUCCESS
    terminal = sys.stderr.isatty() and not asked.cron
    if _is_shared(asked):
        return _start(asked, None, terminal=terminal, with_crew=True)
    if asked.job.handler is None and asked.job.send is None:
        return _start(asked, None, terminal=terminal)
    # A signal that comes when the work has just ended must not kill the one who is to tell of it.
    stops = Stops().install()
    return guard(
        partial(_guarded, asked, terminal),
        on_death=partial(_died, asked, stops),
        echo=terminal,
        bar=terminal and asked.has_bar(os.environ),
    )


def _is_shared(asked: Request) -> bool:
    alone = asked.dry_run or asked.limit is not None or asked.shard is not None
    alone = alone or asked.only_failed or asked.job.until_empty
    return asked.job.workers > 1 and not alone


def _guarded(asked: Request, terminal: bool, worker: Worker) -> int:  # noqa: FBT001 - bound by partial
    from bgjobs.ending import status_within

    return status_within(partial(_start, asked, worker, terminal=terminal))


def _died(asked: Request, stops: Stops, death: Death) -> int:
    # Until now this process has done without the driver.
    from bgjobs.commands.dying import died

    return died(asked, stops, death)


def _start(
    asked: Request, worker: Worker | None, *, terminal: bool, with_crew: bool = False
) -> int:
    from bgjobs.commands.starting import start

    return start(asked, worker, terminal=terminal, with_crew=with_crew)
