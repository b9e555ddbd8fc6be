"""A new job: its table at the end of jobs.toml, a handler and its test."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from bgjobs.config.file import read
from bgjobs.config.find import NAME, here, search
from bgjobs.config.load import label_of, load
from bgjobs.config.names import is_plain
from bgjobs.errors import ConfigError, ExitStatus, UsageError
from bgjobs.plan.scaffold import Scaffold, scaffold

_NEXT = """\
Next, after filling in your own work:
  python -m pytest {test}
  bgjobs validate
  bgjobs run {job} --dry-run
  bgjobs install-cron    (once it is enabled)
"""


def new(config_path: Path | None, job: str, out: TextIO) -> ExitStatus:
    """Write the job, and say what comes next; what is there already is never written over.

    Raises:
        UsageError: The name is no job's name, or something of this name is there.
        ConfigError: jobs.toml is wrong as it is, or a file cannot be written.
    """
    if not is_plain(job):
        raise UsageError(
            f'"{job}" is not a valid job name: use lower case letters, digits, "-" and "_", '
            "at most 63, beginning with a letter or a digit"
        )
    path = _place(config_path)
    made = scaffold(job)
    _refuse_existing(path, job, made)
    try:
        _write(path, made)
    except OSError as error:
        where = error.filename or label_of(path.parent)
        raise ConfigError(f"{where} cannot be written: {error.strerror}") from None
    out.write(f"{label_of(path)}: [jobs.{job}] added, not yet enabled\n")
    out.writelines(
        f"{label_of(path.parent / written)} created\n" for written, _ in (made.handler, made.test)
    )
    out.write("\n" + _NEXT.format(job=job, test=made.test[0]))
    return ExitStatus.SUCCESS


def _place(config_path: Path | None) -> Path:
    named = config_path or os.environ.get("BGJOBS_CONFIG")
    if named:
        return Path(named).expanduser().absolute()
    return search(here()) or here() / NAME


def _refuse_existing(path: Path, job: str, made: Scaffold) -> None:
    if path.exists() and job in load(path).jobs:
        raise UsageError(f"{label_of(path)} already has a job {job}")
    for written, _ in (made.handler, made.test):
        if (path.parent / written).exists():
            raise UsageError(f"{label_of(path.parent / written)} already exists")


def _write(path: Path, made: Scaffold) -> None:
    """Write all of it, or leave everything as it was."""
    text = read(path)[0] if path.exists() else ""
    begun = text if text.strip() else made.file
    _check(path, f"{begun}\n{made.table}")
    size = path.stat().st_size if path.exists() else None
    written: list[Path] = []
    try:
        for name, content in (made.handler, made.test):
            _write_new(path.parent / name, content, written)
        # One write at the end of the file: its bytes, its owner and its mode stay as they are.
        with path.open("a", encoding="utf-8", newline="") as file:
            gap = "" if not text or text.endswith("\n") else "\n"
            file.write(f"{gap}{'' if begun is text else begun}{made.table}")
    except OSError:
        _undo(path, size, written)
        raise


def _write_new(place: Path, content: str, written: list[Path]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("x", encoding="utf-8") as file:
        written.append(place)
        file.write(content)


def _undo(path: Path, size: int | None, written: list[Path]) -> None:
    with suppress(OSError):
        if size is None:
            path.unlink(missing_ok=True)
        else:
            os.truncate(path, size)
    for place in written:
        with suppress(OSError):
            place.unlink()
            place.parent.rmdir()  # where it was made for this, and is empty again


def _check(path: Path, text: str) -> None:
    """Jobs that are an inline table cannot be added to by another table."""
    import tomllib

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        message = "the jobs are inline tables: write each as [jobs.NAME]"
        raise ConfigError(f"{label_of(path)}: {message}") from None
