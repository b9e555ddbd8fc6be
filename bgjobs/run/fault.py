"""An exception as the ledger keeps it: masked, with frames and source lines, without values."""

import contextlib
import importlib
import traceback
from pathlib import Path

from bgjobs.mask import Mask
from bgjobs.record import Failure

_OURS = f"{Path(__file__).parent.parent}/"
_DRIVER = "/site-packages/psycopg"
_COMPILED = "psycopg_binary/"
_IMPORTER = "<frozen importlib."
# Between our code and the driver's, and between anybody's: it says nothing.
_MACHINERY = frozenset({importlib.__file__, contextlib.__file__})


def failure(error: BaseException, mask: Mask) -> Failure:
    """The class, message and stack of an error; of a wrapped one, those of its cause."""
    cause = error.__cause__ if _is_ours(error) and error.__cause__ is not None else error
    sqlstate = getattr(cause, "sqlstate", None)
    text = mask(message(error))
    return Failure(type(cause).__name__, text, mask.stack(_stack(cause)), sqlstate)


def of_handler(error: BaseException) -> bool:
    """Whether an error was raised beneath the job's own code."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(not _is_beneath(frame.filename) for frame in frames)


def _is_ours(error: BaseException) -> bool:
    return type(error).__module__.startswith("bgjobs.")


def message(error: BaseException) -> str:
    """What an error says, in which psycopg's classes have more lines than are to be kept."""
    diag = getattr(error, "diag", None)
    # DETAIL and CONTEXT repeat rows of the table, so the primary message alone is kept.
    primary = getattr(diag, "message_primary", None)
    return primary or str(error) or type(error).__name__


def _is_beneath(filename: str) -> bool:
    return (
        filename.startswith((_OURS, _IMPORTER, _COMPILED))
        or _DRIVER in filename
        or filename in _MACHINERY
    )


def _stack(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not _is_beneath(frame.filename)]
    # Where the job's own code has no part in it, a stack says nothing to its author.
    lines = traceback.format_list(theirs)
    return "".join([*lines, f"{type(error).__name__}: {message(error)}"])
