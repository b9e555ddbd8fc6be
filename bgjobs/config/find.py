"""Where jobs.toml is."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from bgjobs.errors import ConfigError

NAME = "jobs.toml"


def here() -> Path:
    """The working directory.

    Raises:
        ConfigError: It was removed.
    """
    try:
        return Path.cwd()
    except OSError:
        raise ConfigError("the working directory was removed: change to another one") from None


def find(given: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """Return the path of jobs.toml: `given`, or BGJOBS_CONFIG, or upwards from `cwd`.

    Raises:
        ConfigError: There is none.
    """
    named = given or environ.get("BGJOBS_CONFIG")
    if named:
        path = cwd / Path(named).expanduser()
        what = _unfit(path)
        if what:
            raise ConfigError(f"{named} {what}; name a jobs.toml with --config PATH")
        return path
    found = search(cwd)
    if found is None:
        raise ConfigError(
            f"no {NAME} in {cwd} or above it; name one with --config PATH or BGJOBS_CONFIG, "
            "or begin one with: bgjobs new NAME"
        )
    return found


def _unfit(path: Path) -> str | None:
    """Why this cannot be a jobs.toml."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "is not there"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if stat.S_ISDIR(mode):
        return "is a directory"
    return None if stat.S_ISREG(mode) else "is not a file"


def search(cwd: Path) -> Path | None:
    """Return the jobs.toml of `cwd` or of the nearest directory above that has one.

    Raises:
        ConfigError: That one is another user's.
    """
    for directory in (cwd, *cwd.parents):
        path = directory / NAME
        owner = _owner(path)
        if owner is None:
            continue
        if owner not in {os.geteuid(), 0}:
            raise ConfigError(
                f"{path} belongs to another user (id {owner}), whose code would be run; "
                "name it with --config PATH if that is meant"
            )
        return path
    return None


def _owner(path: Path) -> int | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_uid if stat.S_ISREG(status.st_mode) else None
