"""The cron daemon of this machine, as /proc shows it."""

from pathlib import Path
from typing import NamedTuple

_NAMES = frozenset({"cron", "crond", "supercronic", "fcron", "bcron-sched"})


class CronDaemon(NamedTuple):
    """A running cron; `zone` is its TZ, None where it has none or hides its environment."""

    pid: int
    name: str
    zone: str | None = None


def cron_daemon(proc: Path = Path("/proc")) -> CronDaemon | None:
    """The daemon with the lowest process number, None where none runs."""
    numbers = sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdigit())
    for pid in numbers:
        try:
            name = (proc / str(pid) / "comm").read_text().strip()
        except OSError:  # it ended while we looked
            continue
        if name in _NAMES and not _dead(proc / str(pid)):
            return CronDaemon(pid, name, _zone(proc / str(pid)))
    return None


def _dead(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(") ")[2].startswith(("Z", "X"))
    except OSError:
        return True


def _zone(process: Path) -> str | None:
    try:
        variables = (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    values = (one.removeprefix(b"TZ=") for one in variables if one.startswith(b"TZ="))
    return next(values, b"").decode(errors="replace") or None
