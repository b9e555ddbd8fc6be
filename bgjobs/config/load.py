"""jobs.toml as values, or everything that is wrong with it."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bgjobs.config.build import build
from bgjobs.config.file import is_private, read, refuse_foreign
from bgjobs.config.find import here
from bgjobs.config.problems import Problems
from bgjobs.config.reach import reach
from bgjobs.errors import ConfigError
from bgjobs.job import Config


def load(
    path: Path, environ: Mapping[str, str] = os.environ, *, trusted: int | None = None
) -> Config:
    """Read and check the file whole; `environ` may give BGJOBS_DATABASE_URL.

    Root passes as `trusted` the user whose jobs they are, where it will not run them itself.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong: a line for each such thing.
    """
    path = path.absolute()
    label = label_of(path)
    text, status = read(path)
    refuse_foreign(path, status, trusted)
    data = _parse(text, label)
    problems = Problems()
    url = reach(data.get("database"), path, status, environ, problems, trusted=trusted)
    config = build(data, path, url, problems)
    if not is_private(status, trusted):
        _refuse_secrets(config, problems)
    problems.raise_any(label, text)
    return config


def label_of(path: Path) -> str:
    """Return the absolute path as a person would write it where they are."""
    return str(path).removeprefix(os.path.join(here(), ""))  # noqa: PTH118 - ends with a slash


def _parse(text: str, label: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
    except RecursionError:
        reason = "nested too deeply"
    place = re.search(r" \(at (?:line (\d+), column (\d+)|(end of document))\)$", reason)
    if place is None:
        raise ConfigError(f"{label}: not valid TOML: {_plain(reason)}") from None
    line, column = place[1] or text.count("\n") + 1, place[2]
    where = f"{label}:{line}:{column}" if column else f"{label}:{line}"
    raise ConfigError(f"{where}: not valid TOML: {_plain(reason[: place.start()])}") from None


def _plain(reason: str) -> str:
    """A reason of tomllib's, its tuples of names as the file has them: jobs.purge."""
    names = re.sub(r"\('([^()]*?)',?\)", lambda found: found[1].replace("', '", "."), reason)
    return names.replace("Illegal character '\\n'", "the string has no closing quote")


def _refuse_secrets(config: Config, problems: Problems) -> None:
    for job in config.jobs.values():
        for name in sorted(job.secrets & job.params.keys()):
            if job.params[name]:
                problems.add(
                    ("jobs", job.name),
                    "params",
                    f"params: {name} is secret and others can read the file: "
                    f"chmod 600 {config.path}",
                )
