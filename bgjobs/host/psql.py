"""Hands the terminal over to psql."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from bgjobs.errors import ConfigError
from bgjobs.host.binaries import binaries


def psql(arguments: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Become psql; `environ` tells it where to connect, PG* variables among the rest."""
    program = _program(environ)
    os.execve(program, ["psql", *arguments], dict(environ))  # noqa: S606 - no shell is wanted


def _program(environ: Mapping[str, str]) -> Path:
    import shutil

    try:
        return binaries() / "psql"
    except ConfigError:
        found = shutil.which("psql", path=environ.get("PATH"))
    if found is None:
        raise ConfigError("psql is not installed: apt install postgresql-client, or the like")
    return Path(found)
