"""Hands the terminal over to psql."""

import os
from collections.abc import Mapping, Sequence
from typing import NoReturn

from bgjobs.host.binaries import binaries


def psql(url: str, arguments: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Become psql on `url`, which holds no password: any user of the machine may see it."""
    program = binaries() / "psql"
    os.execve(program, ["psql", *arguments, url], dict(environ))  # noqa: S606  the program is ours, without a shell
