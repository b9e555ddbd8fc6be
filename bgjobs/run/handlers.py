"""Importing the function that a job names."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bgjobs.errors import ConfigError
from bgjobs.job import Job

_STARS = 0x04 | 0x08  # of a code object that takes *args or **kwargs


def load(reference: str, job: str, folder: Path) -> Callable[..., Any]:
    """Import `module:function`, looking into the installed packages, then beside jobs.toml.

    Raises:
        ConfigError: It cannot be imported, raises at import, or is no function.
    """
    import importlib

    path = str(folder)
    if path not in sys.path:
        # At the end: a module beside jobs.toml can never take the place of an installed one.
        sys.path.append(path)
    module_name, _, name = reference.partition(":")
    where = f'[jobs.{job}] handler "{reference}"'
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        raise ConfigError(f"{where} cannot be imported: {type(error).__name__}: {text}") from error
    function: Any = module
    for part in name.split("."):
        function = getattr(function, part, None)
    if not callable(function):
        raise ConfigError(f"{where}: {module_name} has no function {name}{_nearest(module, name)}")
    found: Callable[..., Any] = function
    return found


def called_with(job: Job, reference: str) -> tuple[str, ...]:
    """What a job's handler, or else its `send`, is given."""
    if reference != job.handler:
        return ("message",)
    if job.select is None:
        return ("run",)
    return ("run", "record" if job.per == "record" else "records")


def load_of(job: Job, reference: str, folder: Path) -> Callable[..., Any]:
    """Import a function of a job, and see that it can be called.

    Raises:
        ConfigError: As `load`, or it takes other arguments than it is given.
    """
    function = load(reference, job.name, folder)
    given = called_with(job, reference)
    if not accepts(function, given):
        called = f"{reference.partition(':')[2]}({', '.join(given)})"
        raise ConfigError(f'[jobs.{job.name}] handler "{reference}" cannot be called as {called}')
    return function


def accepts(function: Callable[..., Any], given: tuple[str, ...]) -> bool:
    """Whether a function can be called with so many arguments."""
    code: Any = None if hasattr(function, "__self__") else getattr(function, "__code__", None)
    plain = code is not None and not (code.co_flags & _STARS or code.co_kwonlyargcount)
    if plain and code.co_argcount == len(given):
        return True
    import inspect

    try:
        inspect.signature(function).bind(*given)
    except TypeError:
        return False
    except ValueError:
        # Functions of C need not tell their signature.
        return True
    return True


def _nearest(module: object, name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, [known for known in dir(module) if known != name], 1)
    return f' (did you mean "{near[0]}"?)' if near else ""
