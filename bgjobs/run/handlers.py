"""Importing the function that a job names."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bgjobs.errors import ConfigError


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


def _nearest(module: object, name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, dir(module), 1)
    return f' (did you mean "{near[0]}"?)' if near else ""
