"""Starts the command line, and turns what went wrong into lines on stderr and an exit status."""

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

# Imports make hundreds of thousands of objects and no garbage; looking for some costs a tenth of
# a start. What a long run leaves behind is still found.
gc.set_threshold(50_000, 20, 20)


def main() -> NoReturn:
    """Run the command that the command line names, and end the process with its status."""
    _open_streams()
    _leave(status_of(sys.argv[1:]))


def status_of(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status; what went wrong is said on stderr."""
    from bgjobs.ending import status_within

    return status_within(lambda: _written(_start(arguments)))


def _start(arguments: Sequence[str]) -> int:
    from bgjobs.cli.start import start

    return start(arguments)


def _written(status: int) -> int:
    """The status of a command whose output was taken; that a reader has left is no failure."""
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    return status


def _open_streams() -> None:
    """Give a process that was started without stdin, stdout or stderr the null device for them.

    Otherwise the connection to the database could become what is printed to.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open
            os.set_inheritable(stream.fileno(), True)  # noqa: FBT003 - os takes it by place
            setattr(sys, name, stream)


def _leave(status: int) -> NoReturn:
    """End at once: taking the interpreter down would cost each start from cron 30 ms."""
    import atexit

    atexit._run_exitfuncs()  # noqa: SLF001 - the only way to run them without the take-down
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
    os._exit(status)


if __name__ == "__main__":
    main()
