"""Starts the command line, and turns what went wrong into lines on stderr and an exit status."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

# Imports make hundreds of thousands of objects and no garbage; looking for some costs a tenth of
# a start. What a long run leaves behind is still found.
gc.set_threshold(50_000, 20, 20)


def main() -> NoReturn:
    """Run the command that the command line names, and end the process with its status."""
    _leave(status_of(sys.argv[1:]))


def status_of(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status; what went wrong is said on stderr."""
    from bgjobs.errors import BgjobsError, ExitStatus

    try:
        from bgjobs.cli.start import start

        return start(arguments)
    except BgjobsError as error:
        _say(str(error))
        return error.status
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    except BaseException as error:  # noqa: BLE001 - whatever is left is a bug, and is shown whole
        if isinstance(error, BrokenPipeError) and _output_is_gone():
            return ExitStatus.SUCCESS
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
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return True
    return False


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
