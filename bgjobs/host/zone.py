"""The time zone that cron on this machine reads its crontabs in."""

from collections.abc import Mapping
from pathlib import Path

from bgjobs.errors import CrontabError
from bgjobs.host.cron_daemon import CronDaemon, cron_daemon

_TREE = "usr/share/zoneinfo"


def cron_zone(environ: Mapping[str, str]) -> str:
    """The running daemon's zone; where none runs, that which one started from here would have."""
    return zone_of(cron_daemon(), environ, Path("/"))


def zone_of(daemon: CronDaemon | None, environ: Mapping[str, str], root: Path) -> str:
    """The zone's name in the tz database; CrontabError where none is to be found out.

    A running daemon's TZ counts and not ours, which a login may have set; a container that will
    start its cron from this very environment hands its TZ on.
    """
    own = ((daemon.zone if daemon else environ.get("TZ")) or "").removeprefix(":")
    if own in {"", "/etc/localtime"}:
        return _local(root)
    if _known(own, root):
        return own
    raise CrontabError(
        f"cron's TZ is {own}, which the tz database does not know: give its name by --timezone, "
        f"such as --timezone Europe/Berlin"
    )


def _local(root: Path) -> str:
    localtime = root / "etc/localtime"
    if not localtime.exists():
        return "UTC"  # as the C library has it
    target = str(localtime.resolve())
    if localtime.is_symlink() and "/zoneinfo/" in target:
        return target.partition("/zoneinfo/")[2].removeprefix("posix/")
    timezone = root / "etc/timezone"
    named = timezone.read_text().strip() if timezone.exists() else ""
    if named and _known(named, root) and _same(localtime, root / _TREE / named):
        return named
    return _by_content(localtime, root / _TREE)


def _by_content(localtime: Path, tree: Path) -> str:
    content = localtime.read_bytes()
    for file in sorted(tree.glob("[A-Z]*/**/*")):
        if file.is_file() and file.stat().st_size == len(content) and file.read_bytes() == content:
            return str(file.relative_to(tree))
    raise CrontabError(
        f"{localtime} does not tell which time zone it is: give cron's by --timezone, "
        f"such as --timezone Europe/Berlin"
    )


def _known(name: str, root: Path) -> bool:
    return not name.startswith(("/", ".")) and (root / _TREE / name).is_file()


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()
