"""Changes a crontab so that nothing in it can be lost: one at a time, backed up, read back."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple, Protocol

from bgjobs.errors import CrontabError

_BACKUPS_KEPT = 50


class Place(Protocol):
    """Where a crontab stands: a user's, or a file of /etc/cron.d."""

    def read(self) -> bytes | None:
        """Every byte, None where there is no crontab."""

    def check(self, text: bytes) -> None:
        """Raise CrontabError where `text` would be refused."""

    def write(self, text: bytes) -> None:
        """Put `text` in place of all; nothing at all removes it."""


class Change(NamedTuple):
    """What a crontab was and is; `backup` is None where there was nothing to lose."""

    before: bytes | None
    after: bytes | None
    backup: Path | None = None


def change(place: Place, rewrite: Callable[[bytes], bytes], state: Path, now: datetime) -> Change:
    """Replace a crontab by what `rewrite` makes of it, or leave all as it was and raise.

    `state` is the directory of the lock and the backups; a second change waits for the first.
    """
    with _alone(state):
        before = place.read()
        after = rewrite(before or b"")
        if after == (before or b""):
            return Change(before, before)
        place.check(after)
        backup = _kept(before, str(place), state, now) if before else None
        if place.read() != before:
            raise CrontabError(
                f"{place} was just changed by somebody else, so nothing was written; try again"
            )
        _write(place, before, after, backup)
        return Change(before, after, backup)


def _write(place: Place, before: bytes | None, after: bytes, backup: Path | None) -> None:
    trouble = f"{place} did not read back as it was written"
    try:
        place.write(after)
        if (place.read() or b"") == after:
            return
    except CrontabError as error:
        trouble = str(error)
    raise CrontabError(f"{trouble}; {_restored(place, before, backup)}")


def _restored(place: Place, before: bytes | None, backup: Path | None) -> str:
    try:
        if place.read() != before:
            place.write(before or b"")
        if (place.read() or b"") == (before or b""):
            return "it is as it was before"
    except CrontabError:
        pass
    return f"its old text is in {backup}: look at `crontab -l` and install it by `crontab {backup}`"


def _kept(text: bytes, name: str, state: Path, now: datetime) -> Path:
    try:
        return _backup(text, name, state, now)
    except OSError as error:
        raise CrontabError(
            f"the old crontab cannot be kept in {state} ({error.strerror}), so nothing was written"
        ) from None


def _backup(text: bytes, name: str, state: Path, now: datetime) -> Path:
    directory = state / "backups"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = f"{name.rsplit(maxsplit=1)[-1].replace('/', '-').strip('-')}-{now:%Y%m%dT%H%M%SZ}"
    path = directory / stem
    for number in count(2):
        with suppress(FileExistsError):
            file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
            break
        path = directory / f"{stem}-{number}"
    with file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    for old in sorted(directory.iterdir(), key=lambda kept: kept.stat().st_mtime)[:-_BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    return path


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(state / "crontab.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CrontabError(
            f"{state} cannot be written ({error.strerror}), and the old crontab is kept there: "
            "set XDG_STATE_HOME to another directory"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
