"""Reading jobs.toml and the password's file, and who else may read or write them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bgjobs.errors import ConfigError

_OTHERS_READ = 0o077
_OTHERS_WRITE = 0o022


def read(path: Path) -> tuple[str, os.stat_result]:
    """Return the text of a file, and the status of the very file that was read.

    Raises:
        ConfigError: It cannot be read, or is no UTF-8.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            raw = file.read()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    try:
        # Some editors begin a file with a byte order mark, which TOML has not.
        return raw.decode("utf-8-sig"), status
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8") from None


def is_private(status: os.stat_result, trusted: int | None = None) -> bool:
    """Whether nobody but this user, root and the user `trusted` can read the file."""
    mine = status.st_uid in {os.geteuid(), 0, trusted}
    return mine and not stat.S_IMODE(status.st_mode) & _OTHERS_READ


def refuse_foreign(path: Path, status: os.stat_result, trusted: int | None = None) -> None:
    """Refuse to run as root what another user than `trusted` can change.

    Raises:
        ConfigError: This is root, and the file or a directory above it is another's to write.
    """
    if os.geteuid() != 0:
        return
    for place, found in ((path, status), *_above(path)):
        mode = stat.S_IMODE(found.st_mode)
        group_only = mode & _OTHERS_WRITE == stat.S_IWGRP
        shared = mode & _OTHERS_WRITE and not (group_only and found.st_gid in {0, trusted})
        if found.st_uid not in {0, trusted} or (shared and not mode & stat.S_ISVTX):
            raise ConfigError(
                f"{place} can be changed by others than root (owner {found.st_uid}, mode "
                f"{mode:o}), who would run their code as root; run it as that user, "
                f"or: chown root {place} && chmod go-w {place}"
            )


def _above(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for directory in path.absolute().parents:
        yield directory, directory.stat()
