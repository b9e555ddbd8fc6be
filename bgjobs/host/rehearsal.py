"""Runs a command as cron would: its shell, its bare environment, its directory, its user."""

import os
import pwd
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

_UMASK = 0o022


class Outcome(NamedTuple):
    """How a rehearsed command ended; `status` is None where it had not after the time allowed."""

    status: int | None
    output: str
    errors: str


def rehearse(command: str, user: str, assigned: Mapping[str, str], seconds: float) -> Outcome:
    """Run `command` for at most `seconds`; `assigned` is what the crontab assigns above it."""
    found = pwd.getpwnam(user)
    bare = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "HOME": found.pw_dir}
    environ = {**bare, **assigned, "LOGNAME": found.pw_name}
    home = environ["HOME"] if os.path.isdir(environ["HOME"]) else "/"  # noqa: PTH112 - a string of the crontab's
    root = os.geteuid() == 0
    try:
        done = subprocess.run(
            [environ["SHELL"], "-c", command],
            env=environ,
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            umask=_UMASK,
            timeout=seconds,
            check=False,
            user=found.pw_uid if root else None,
            group=found.pw_gid if root else None,
            extra_groups=os.getgrouplist(found.pw_name, found.pw_gid) if root else None,
        )
    except subprocess.TimeoutExpired:
        return Outcome(None, "", "")
    except OSError as error:
        return Outcome(127, "", f"{error.filename}: {error.strerror}")
    return Outcome(done.returncode, _text(done.stdout), _text(done.stderr))


def _text(output: bytes) -> str:
    return output.decode(errors="replace")
