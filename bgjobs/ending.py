"""Turns what went wrong in a piece of work into lines on stderr and an exit status."""

import errno
import sys
from collections.abc import Callable

from bgjobs.errors import BgjobsError, ExitStatus

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def status_within(work: Callable[[], int]) -> int:
    """Do the work and return its exit status; what it raises is said on stderr."""
    try:
        return work()
    except BgjobsError as error:
        _say(str(error))
        return error.status
    except KeyboardInterrupt as stop:
        status: int = getattr(stop, "status", ExitStatus.INTERRUPTED)
        return status
    except BaseException as error:  # noqa: BLE001 - whatever is left is a bug, and is shown whole
        if isinstance(error, BrokenPipeError) and _output_is_gone():
            return ExitStatus.SUCCESS
        if isinstance(error, OSError) and error.errno in _FULL:
            _say(f"{error.filename or 'the output'} cannot be written: {error.strerror}")
            return ExitStatus.NOT_NOW
        _report(error)
        return ExitStatus.BUG


def _say(message: str) -> None:
    _write("".join(f"bgjobs: {line}\n" for line in message.splitlines()))


def _report(error: BaseException) -> None:
    from traceback import format_exception

    from bgjobs import __version__
    from bgjobs.mask import Mask

    _write(Mask()("".join(format_exception(error))))
    _say(f"this is a bug in bgjobs {__version__}; please report it with the lines above")


def _write(text: str) -> None:
    # A closed terminal or a full disk must not change the status.
    try:
        sys.stderr.write(text)
    except (OSError, ValueError):
        return


def _output_is_gone() -> bool:
    """Whether nobody reads what this process prints: the other end of a pipe is closed."""
    import select

    poll = select.poll()
    poll.register(1, 0)
    poll.register(2, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))
