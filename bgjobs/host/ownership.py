"""Who could change what a user's cron will run: for root's cron, the same as being root."""

import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple


class Runner(NamedTuple):
    """The user whose cron runs the files; `gid` is a group that has no other member."""

    name: str
    uid: int
    gid: int | None = None


def runner(name: str | None) -> Runner:
    """The user called `name`, None for the present one; KeyError where there is none."""
    found = pwd.getpwuid(os.geteuid()) if name is None else pwd.getpwnam(name)
    # Debian gives every user a group of the same name and number, and files of mode 664 with it.
    private = found.pw_gid if found.pw_gid == found.pw_uid else None
    return Runner(found.pw_name, found.pw_uid, private)


def exposed(paths: Iterable[Path], who: Runner) -> list[str]:
    """Each file or directory that somebody else may change, with how; links are followed too."""
    faults: dict[str, str | None] = {}
    for path in paths:
        _look(os.path.abspath(path), who, faults)  # noqa: PTH100 - Path.resolve() follows links
    return [f"{place}: {fault}" for place, fault in faults.items() if fault]


def everything(directory: Path) -> Iterator[Path]:
    """A directory and all below it, links not followed."""
    yield directory
    for root, folders, files in os.walk(directory):
        yield from (Path(root) / name for name in (*folders, *files))


def _look(place: str, who: Runner, faults: dict[str, str | None]) -> None:
    """Look at a place and those above it, up to one that was looked at before."""
    while place not in faults:
        try:
            found = os.lstat(place)
        except FileNotFoundError:
            faults[place] = None
        else:
            faults[place] = _fault(found, who)
            if stat.S_ISLNK(found.st_mode):
                # One link at a time: whoever can change one on the way changes where it ends.
                target = Path(place).parent / Path(place).readlink()
                _look(os.path.abspath(target), who, faults)  # noqa: PTH100 - as above
        place = os.path.dirname(place)  # noqa: PTH120 - of the thousands of files a venv has


def _fault(found: os.stat_result, who: Runner) -> str | None:
    if found.st_uid not in (0, who.uid):
        return f"belongs to {_user(found.st_uid)}"
    if stat.S_ISLNK(found.st_mode):  # its mode means nothing; its directory's does
        return None
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
        return None  # as /tmp: nobody but its owner renames or removes what is in it
    if found.st_mode & stat.S_IWOTH:
        return "writable by everybody"
    if found.st_mode & stat.S_IWGRP and found.st_gid not in (0, who.gid):
        return f"writable by the group {found.st_gid}"
    return None


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
