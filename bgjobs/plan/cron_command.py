"""The command of one crontab line, the same for every shell of POSIX and for supercronic."""

import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple

from bgjobs.errors import ConfigError, CrontabError
from bgjobs.plan.cron_lines import raw

# Debian's cron takes 998 characters and refuses the 999th; one is kept in hand for other crons.
LONGEST = 997

_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\\]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_NAME = re.compile(
    r"password|passwd|secret|token|credential|private|api_?key", re.IGNORECASE
)
_SECRET_VALUE = re.compile(r"://[^/\s@]*:[^/\s@]+@|\bpass(word|wd)\s*=", re.IGNORECASE)


class Installation(NamedTuple):
    """Where a block's lines will run.

    `python` and `config` are absolute paths there, `zone` the cron daemon's time zone,
    `environment` the values of the variables to carry, `owner` whose crontab it is (None: not
    known, as for an image), `user` the user column of /etc/cron.d (None: no such column), `host`
    the name that a job's `spread` is told by.
    """

    python: str
    config: str
    zone: str
    environment: Mapping[str, str] = {}
    owner: str | None = None
    user: str | None = None
    host: str = ""

    @property
    def directory(self) -> str:
        """The directory of jobs.toml, where the jobs are started."""
        return self.config.rpartition("/")[0] or "/"


def command(job: str, path: str, site: Installation) -> str:
    """What cron is to run for a job; CrontabError where it cannot stand in a crontab."""
    whole = _line(f"run {job} --cron", path, site)
    if len(raw(whole)) > LONGEST:
        raise CrontabError(
            f"the crontab line of {job} would be {len(raw(whole))} bytes long, and cron takes "
            f"{LONGEST}: shorten the paths, or carry fewer variables in [cron] environment"
        )
    return whole


def rehearsal(path: str, site: Installation) -> str:
    """The same line with the doctor in the job's stead."""
    return _line("doctor --as-cron", path, site)


def _line(verb: str, path: str, site: Installation) -> str:
    variables = {"PATH": path, **site.environment}
    words = [
        *(f"{name}={quoted(value, name)}" for name, value in variables.items()),
        quoted(site.python, "the interpreter"),
        f"-I -m bgjobs {verb} --config",
        quoted(site.config, "jobs.toml"),
    ]
    return f"cd {quoted(site.directory, 'the directory')} && {' '.join(words)}"


def quoted(value: str, what: str) -> str:
    r"""A value as cron and the shell both read it back; CrontabError where no quoting is safe.

    A `%` is a newline to cron but as `\%`, which supercronic hands to the shell as it is: so it
    must stand outside every quote. A backslash before a backslash is one to some crons, two to
    others.
    """
    if _UNSPEAKABLE.search(value):
        raise CrontabError(
            f"{what} holds a control character or a backslash, which crons read differently: "
            f"{value!r}; choose another name for it"
        )
    if "%" not in value:
        return shlex.quote(value)
    return r"\%".join(shlex.quote(part) if part else "" for part in value.split("%"))


def words(command: str) -> tuple[str, dict[str, str], list[str]]:
    """A command read back as the shell would: its directory, its variables, its arguments."""
    parts = shlex.split(command)
    directory, rest = parts[1], parts[3:]
    count = next(number for number, part in enumerate(rest) if not _is_setting(part))
    settings = dict(part.split("=", 1) for part in rest[:count])
    return directory, settings, rest[count:]


def carried(names: tuple[str, ...], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of [cron] environment with their values; ConfigError for a secret."""
    for name in names:
        if not _VARIABLE.fullmatch(name):
            raise ConfigError(f"[cron] environment: {name!r} is not a variable name")
        if name not in environment:
            raise ConfigError(
                f"[cron] environment: {name} is not set here, so the crontab cannot carry it; "
                f"set it, name a file with --env-file, or remove it"
            )
        if _SECRET_NAME.search(name) or _SECRET_VALUE.search(environment[name]):
            raise ConfigError(
                f"[cron] environment: {name} looks like a secret, and cron mails its lines; "
                f"name the file that holds it (PGPASSFILE, PGSERVICEFILE) instead"
            )
    return {name: environment[name] for name in names}


def _is_setting(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and _VARIABLE.fullmatch(name) is not None
