"""A lock file for each run, by which a process of this host is proven dead.

The locks are flock's: they belong to what open() returned, and the kernel frees them when the last
process that has it open is gone, by whatever death. All processes of a run hold its lock, shared;
who gets it alone has proof that none of them lives. A process that a handler forks lets go of it at
once (close, which unlike LOCK_UN leaves the parent's hold alone), and one that it starts never has
it. Only a fork made behind Python's back keeps it: then the run's death is not proven here, and
shows when its lease runs out. So does that of a run which could not make its file.

The lock is never what keeps two runs apart: that is the lease. It only saves waiting for it.
"""

import os
from pathlib import Path
from uuid import UUID

from bgjobs.host.identity import Identity

_OLD = 7 * 86400.0
_open: set[int] = set()


class Locks:
    """The lock files in a state directory, as seen by `me`."""

    def __init__(self, state: Path, me: Identity) -> None:
        self._place = state / "locks"
        self._me = me

    def hold(self, run: UUID) -> "Hold":
        """Hold the run's lock from now on; before its row can be seen in the ledger.

        Where that cannot be done nothing is raised and nothing can be proven.
        """
        path = self._place / str(run)
        try:
            self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:
            return Hold(path, None)
        if not _flock(held, shared=True):
            # A file that looks free would prove a living run dead.
            _unlink(path)
            os.close(held)
            return Hold(path, None)
        _open.add(held)
        return Hold(path, held)

    def proven_dead(self, run: UUID, host: str, boot: str) -> bool:
        """Whether no process of a run lives that worked on `host` since its `boot`.

        True where this machine has been started again since, or the run's lock is there and free.
        False says nothing.
        """
        if host != self._me.host:
            return False
        return self._me.outlived(boot) or _is_free(self._place / str(run))

    def forget(self, run: UUID) -> None:
        """Remove the lock of a run that was recorded as dead."""
        path = self._place / str(run)
        if _is_free(path):
            _unlink(path)


class Hold:
    """A run's lock, held by this process until it ends or lets go."""

    def __init__(self, path: Path, held: int | None) -> None:
        self._path = path
        self._held = held

    def release(self) -> None:
        """Let go of it for good: the run has ended and its row is closed."""
        held, self._held = self._held, None
        if held not in _open:  # also in a fork, which must not remove its parent's file
            return
        _sweep(self._path.parent, os.fstat(held).st_mtime - _OLD)
        _unlink(self._path)
        _open.discard(held)
        os.close(held)


def _let_go() -> None:
    for held in _open:
        os.close(held)
    _open.clear()


os.register_at_fork(after_in_child=_let_go)


def _is_free(path: Path) -> bool:
    try:
        found = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return _flock(found, shared=False)
    finally:
        os.close(found)


def _flock(opened: int, *, shared: bool) -> bool:
    import fcntl

    try:
        fcntl.flock(opened, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _sweep(place: Path, before: float) -> None:
    """Remove locks of runs whose death another host recorded long ago."""
    try:
        with os.scandir(place) as files:
            old = [Path(file) for file in files if file.stat().st_mtime < before]
    except OSError:
        return
    for path in old:
        if _is_free(path):
            _unlink(path)
