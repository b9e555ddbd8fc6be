"""Runs that could not tell the database of themselves: one file each, until a later start does."""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from bgjobs.record import Counts, RunRecord, RunStatus, Trigger

_SUFFIX = ".json"
_TIMES = ("slot", "started_at", "heartbeat_at", "finished_at")


class Claim(NamedTuple):
    """A run taken from the spool, which nobody else can take while it is worked on."""

    record: RunRecord
    path: Path

    def done(self) -> None:
        """Remove the file: what it told is committed."""
        _remove(self.path)

    def set_aside(self) -> Path:
        """Keep the file where no start looks any more: the database refused what it tells."""
        return _set_aside(self.path)


class Spool:
    """The files in a state directory that come from one jobs.toml: another one's ledger differs."""

    def __init__(self, state: Path, jobs: Path) -> None:
        self._place = state / "spool" / os.path.abspath(jobs).lstrip("/")  # noqa: PTH100 - follows no link

    def put(self, record: RunRecord) -> str | None:
        """Keep a run, safe from a power cut when this returns.

        Returns:
            None, or why it could not be kept, as a line for stderr.
        """
        path = self._place / f"{record.id}{_SUFFIX}"
        partial = path.with_suffix(".part")
        try:
            self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(partial, _encode(record))
            partial.replace(path)
            _sync(self._place)
        except OSError as error:
            _remove(partial)
            why = error.strerror or str(error)
            return f"run {record.id} is in no history: {self._place} cannot be written: {why}"
        return None

    def waiting(self) -> int:
        """How many runs are kept here."""
        return len(self._names())

    def claims(self, warn: Callable[[str], None]) -> Iterator[Claim]:
        """Take each run that nobody else is taking, oldest first.

        A file without meaning is set aside, with a line for `warn`. A run that is neither `done`
        nor `set_aside` when the next one is asked for stays for a later start.
        """
        for name in self._names():
            path = self._place / name
            taken = _take(path)
            if taken is None:
                continue
            try:
                record = _read(taken)
                if record is not None:
                    yield Claim(record, path)
                    continue
                warn(f"{_set_aside(path)}: not a run that this version of bgjobs can read")
            finally:
                os.close(taken)

    def _names(self) -> list[str]:
        try:
            with os.scandir(self._place) as files:
                found = [(f.stat().st_mtime, f.name) for f in files if f.name.endswith(_SUFFIX)]
        except OSError:
            return []
        return [name for _, name in sorted(found)]


def _take(path: Path) -> int | None:
    """The file, opened and locked; None where somebody else has it, or had it to its end."""
    import fcntl

    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        return None
    except OSError:  # no locks on this file system: the ledger takes each run once all the same
        pass
    if os.fstat(opened).st_nlink == 0 or not path.exists():
        os.close(opened)
        return None
    return opened


def _write(path: Path, content: bytes) -> None:
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        while content:
            content = content[os.write(opened, content) :]
        os.fsync(opened)
    finally:
        os.close(opened)


def _sync(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _set_aside(path: Path) -> Path:
    aside = path.parent / "bad" / path.name
    try:
        aside.parent.mkdir(mode=0o700, exist_ok=True)
        path.replace(aside)
    except OSError:
        return path
    return aside


def _encode(record: RunRecord) -> bytes:
    import json

    return json.dumps(record._asdict(), default=str, ensure_ascii=True).encode()


def _read(opened: int) -> RunRecord | None:
    import json

    # A field that came later than the file has its default.
    fields = RunRecord._field_defaults
    try:
        given = {**fields, **json.loads(os.read(opened, os.fstat(opened).st_size))}
        return _record({name: given[name] for name in RunRecord._fields})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _record(given: Mapping[str, Any]) -> RunRecord:
    times = {name: _moment(given[name]) for name in _TIMES}
    return RunRecord(
        **{
            **given,
            **times,
            "id": UUID(given["id"]),
            "trigger": Trigger(given["trigger"]),
            "status": RunStatus(given["status"]),
            "counts": Counts(*given["counts"]),
        }
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
