"""The server process of an embedded Postgres, as its files and /proc show it."""

import os
from pathlib import Path

from bgjobs.errors import ConfigError

SOCKET = ".s.PGSQL.5432"


def ready(home: Path) -> bool:
    """Whether the server takes connections: two files looked at, no process started."""
    import socket

    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(os.fspath(home / SOCKET))
        except PermissionError:
            raise ConfigError(not_ours(home)) from None
        except BlockingIOError:  # listening, with more callers than it has taken yet
            return True
        except OSError:
            return False
    return _pid_file(home)[7:8] == ["ready"]


def postmaster(home: Path) -> int | None:
    """The process number of the living server."""
    lines = _pid_file(home)
    pid = int(lines[0]) if lines and lines[0].isdigit() else None
    return pid if pid in living(home) else None


def living(home: Path) -> set[int]:
    """Processes at work in the data directory; each of a server's has it as its cwd."""
    data = home / "data"
    found = set()
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if (process / "cwd").readlink() == data:
                    found.add(int(process.name))
            except OSError:  # gone, a zombie, or another user's
                continue
    return found


def forget_the_dead(home: Path) -> bool:
    """Remove the lock files of a server that is gone, and tell whether it is; hold the home.

    After a reboot its number belongs to a stranger, and in a container without an init a killed
    server stays a zombie for ever: Postgres itself refuses to start in either case.
    """
    if living(home):
        return False
    (home / "data/postmaster.pid").unlink(missing_ok=True)
    (home / f"{SOCKET}.lock").unlink(missing_ok=True)
    return True


def not_ours(home: Path) -> str:
    """The complaint of a user before another's data."""
    import pwd

    try:
        owner = pwd.getpwuid(home.stat().st_uid).pw_name
    except (KeyError, OSError):
        owner = "another user"
    return f"the embedded Postgres in {home} belongs to {owner}: run as that user"


def _pid_file(home: Path) -> list[str]:
    try:
        text = (home / "data/postmaster.pid").read_text()
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines()]
