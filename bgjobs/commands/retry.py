"""`bgjobs retry`: the listed records of a job once more, and its messages that were not sent."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from bgjobs.commands.request import Options, request
from bgjobs.commands.run import run_request
from bgjobs.commands.scene import open_session
from bgjobs.config.find import find, here
from bgjobs.config.load import load
from bgjobs.errors import ExitStatus
from bgjobs.run.stops import Stops
from bgjobs.store.failed import FailedRecords
from bgjobs.store.outdated import explained_within


def retry(config_path: Path | None, name: str, params: Sequence[str] = ()) -> int:
    """Work a job's listed records again; each that succeeds leaves the list.

    Raises:
        BgjobsError: Nothing was started, for a reason that a person can put right.
    """
    config = load(find(config_path, os.environ, here()))
    asked = request(config, name, Options(params), os.environ)
    return run_request(asked._replace(only_failed=True))


def forget(config_path: Path | None, name: str, out: TextIO) -> ExitStatus:
    """Take a job's records off the list without working them."""
    config = load(find(config_path, os.environ, here()))
    asked = request(config, name, Options(), os.environ)
    session = open_session(asked, Stops())
    try:
        number = FailedRecords(session, asked.job).forget_failed()
    except Exception as error:
        raise explained_within(session, error) from error
    finally:
        session.connection.close()
    out.write(f"{name}: {number} records removed from the list\n")
    return ExitStatus.SUCCESS
