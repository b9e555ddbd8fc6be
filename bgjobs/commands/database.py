"""The embedded Postgres by hand: start, stop, status; and psql on any database."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from bgjobs.commands.reaching import embedded, resolve
from bgjobs.config.find import find, here
from bgjobs.config.load import load
from bgjobs.errors import ExitStatus, UsageError
from bgjobs.host import postgres
from bgjobs.job import Config


def start(config_path: Path | None, out: TextIO) -> ExitStatus:
    """Start the server unless it runs, and say where it is reached."""
    home = _home(_config(config_path))
    url = postgres.ensure(home)
    out.write(f"{_describe(home)}\n{url}\n")
    return ExitStatus.SUCCESS


def stop(config_path: Path | None, out: TextIO) -> ExitStatus:
    """Stop the server; that none runs is no failure."""
    home = _home(_config(config_path))
    stopped = postgres.stop(home)
    out.write(f"Postgres in {home} {'is stopped' if stopped else 'was not running'}\n")
    return ExitStatus.SUCCESS


def status(config_path: Path | None, out: TextIO) -> ExitStatus:
    """Say whether the server runs; UNREACHABLE when it does not."""
    home = _home(_config(config_path))
    out.write(f"{_describe(home)}\n")
    return ExitStatus.SUCCESS if postgres.status(home).running else ExitStatus.UNREACHABLE


def psql(config_path: Path | None, arguments: Sequence[str]) -> ExitStatus:
    """Become psql on the database of jobs.toml, whichever kind it is of."""
    from bgjobs.host.psql import psql as become_psql
    from bgjobs.store.environment import environment

    config = _config(config_path)
    database = resolve(config.database, config.path.parent)
    become_psql(arguments, {**os.environ, **environment(database)})


def _config(config_path: Path | None) -> Config:
    return load(find(config_path, os.environ, here()))


def _home(config: Config) -> Path:
    home = embedded(config.database, config.path.parent)
    if home is None:
        raise UsageError(
            f'{config.path}: [database] url is not "embedded:PATH": '
            "there is no embedded server to start or stop"
        )
    return home.resolve()


def _describe(home: Path) -> str:
    found = postgres.status(home)
    if found.running:
        return f"Postgres {found.version} runs in {home}, process {found.pid}"
    if found.version:
        return f"Postgres {found.version} in {home} is stopped"
    return f"there is no Postgres in {home} yet"
