"""Runs the command that the arguments name."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from bgjobs.cli import app
from bgjobs.errors import ExitStatus

# The base of whatever is wrong with a command line; the module it lives in moves with typer's
# versions, the class above UsageError does not.
_COMMAND_LINE_ERROR: Any = typer.BadParameter.__mro__[2]


def start(arguments: Sequence[str]) -> int:
    """Return the exit status of the command; what a command raises is the caller's."""
    if "_BGJOBS_COMPLETE" in os.environ:
        try:
            app(prog_name="bgjobs")
        except SystemExit as leaving:
            return leaving.code if isinstance(leaving.code, int) else ExitStatus.SUCCESS
    command = typer.main.get_command(app)
    # Not command.main(): it turns a returned status into 0.
    try:
        with command.make_context("bgjobs", list(arguments)) as context:
            return int(command.invoke(context) or ExitStatus.SUCCESS)
    except typer.Exit as leaving:
        return leaving.exit_code
    except typer.Abort:
        return ExitStatus.INTERRUPTED
    except _COMMAND_LINE_ERROR as error:
        _explain(error)
        return ExitStatus.USAGE


def _explain(error: Any) -> None:  # noqa: ANN401 - a class of typer's that has no stable name
    if not error.format_message() or type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    path = error.ctx.command_path if error.ctx else "bgjobs"
    print(f"bgjobs: {error.format_message()} (see: {path} --help)", file=sys.stderr)  # noqa: T201
