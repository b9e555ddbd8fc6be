"""A user made for a test, whose crontab may be written by the real crontab(1)."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENVIRON = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
SPOOL = Path("/var/spool/cron/crontabs")


@contextmanager
def throwaway_user(home: Path | None = None) -> Iterator[str]:
    """The name of a fresh user; gone afterwards with its crontab. Needs root."""
    name = f"bgjobs{os.getpid()}"
    place = ["--home-dir", str(home)] if home else []
    _run("useradd", "--no-create-home", "--shell", "/bin/sh", *place, name)
    try:
        yield name
    finally:
        (SPOOL / name).unlink(missing_ok=True)
        _run("userdel", name)


def _run(*command: str) -> None:
    subprocess.run(command, env=ENVIRON, check=True, capture_output=True)
