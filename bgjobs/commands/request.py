"""What one start is asked to do: the job, its parameters, and how it was started."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from bgjobs.errors import UsageError
from bgjobs.job import Config, Job
from bgjobs.mask import Mask
from bgjobs.plan.starts import Wish


class Options(NamedTuple):
    """The options of `bgjobs run`, as they were typed."""

    params: Sequence[str] = ()
    limit: int | None = None
    dry_run: bool = False
    slot: str | None = None
    cron: bool = False
    resume: bool = False
    restart: bool = False
    until_empty: bool | None = None
    shard: str | None = None


class Request(NamedTuple):
    """A start that makes sense."""

    config: Config
    job: Job
    wish: Wish
    limit: int | None
    dry_run: bool
    cron: bool
    mask: Mask
    shard: tuple[int, int] | None = None
    only_failed: bool = False
    # The parameters that the command line gives.
    given: frozenset[str] = frozenset()

    @property
    def folder(self) -> Path:
        """Where jobs.toml lies."""
        return self.config.path.parent

    def has_bar(self, environ: Mapping[str, str]) -> bool:
        """Whether a terminal shows progress: records are to be counted, and lines can be erased."""
        return self.job.select is not None and not self.only_failed and _erases(environ)


def _erases(environ: Mapping[str, str]) -> bool:
    return environ.get("TERM", "dumb") not in {"dumb", "unknown", ""}


def request(config: Config, name: str, options: Options, environ: Mapping[str, str]) -> Request:
    """Check the options against the job.

    Raises:
        UsageError: There is no such job or parameter, or a value that means nothing.
    """
    job = find_job(config, name)
    given = dict(_param(job, text) for text in options.params)
    params = {**job.params, **given}
    job = job._replace(params=params)
    if options.until_empty is not None:
        if job.select is None:
            raise UsageError(f"{name} has no select, so --until-empty has no effect")
        job = job._replace(until_empty=options.until_empty)
    if options.resume and options.restart:
        raise UsageError("give either --resume or --restart, not both")
    if options.shard is not None:
        _check_shard(job, options)
    secrets = [str(params[secret]) for secret in job.secrets if params.get(secret) is not None]
    return Request(
        config,
        job,
        Wish(_slot(job, options.slot), options.resume, options.restart),
        options.limit,
        options.dry_run,
        options.cron,
        Mask(secrets),
        _shard(options.shard, environ),
        given=frozenset(given),
    )


def find_job(config: Config, name: str) -> Job:
    """The job of that name.

    Raises:
        UsageError: There is none; the nearest name is suggested.
    """
    job = config.jobs.get(name)
    if job is None:
        raise UsageError(f'{config.path.name} has no job "{name}"{nearest(name, config.jobs)}')
    return job


def nearest(word: str, words: Mapping[str, Any]) -> str:
    """A suggestion for a word that is not among the known ones; empty where none is near."""
    import difflib

    near = difflib.get_close_matches(word, list(words), 1)
    return f' (did you mean "{near[0]}"?)' if near else ""


def _param(job: Job, text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f'--param "{text}": write NAME=VALUE')
    if name not in job.params:
        declared = ", ".join(job.params) or "none"
        raise UsageError(
            f'job {job.name} has no parameter "{name}"{nearest(name, job.params)}; '
            f"declared: {declared}"
        )
    return name, typed(name, value, job.params[name])


def typed(name: str, value: str, default: object) -> object:
    """A value of the command line in the type that its default has."""
    if isinstance(default, bool):
        words = {"true": True, "false": False}
        if value.lower() not in words:
            raise UsageError(f'--param {name}: "{value}" must be true or false')
        return words[value.lower()]
    kind = type(default)
    if kind in {int, float}:
        try:
            return kind(value)
        except ValueError:
            what = "a whole number" if kind is int else "a number"
            raise UsageError(f'--param {name}: "{value}" is not {what}') from None
    from_text: Any = getattr(kind, "fromisoformat", None)
    if from_text is not None:
        try:
            moment: object = from_text(value)
        except ValueError:
            raise UsageError(f'--param {name}: "{value}" is not an ISO {kind.__name__}') from None
        return moment
    if isinstance(default, list | dict):
        import json

        try:
            parsed: object = json.loads(value)
        except ValueError:
            raise UsageError(f'--param {name}: "{value}" is not valid JSON') from None
        return parsed
    return value


def _slot(job: Job, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f'--slot "{text}": write a time like 2026-07-01T02:00 or 2026-07-01T02:00+02:00'
        ) from None
    if moment.tzinfo is None:
        from zoneinfo import ZoneInfo

        zone = job.schedule.timezone if job.schedule is not None else "UTC"
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment


def _shard(text: str | None, environ: Mapping[str, str]) -> tuple[int, int] | None:
    """Which part of a run this process works: I/N, or I with JOB_COMPLETION_INDEX from 0."""
    if text is None:
        return None
    number, _, of = text.partition("/")
    try:
        if number == "auto":
            shard = int(environ.get("JOB_COMPLETION_INDEX", "")) + 1
        else:
            shard = int(number)
        shards = int(of)
    except ValueError:
        raise UsageError(
            f'--shard "{text}": write I/N, from 1/N to N/N, or auto/N with JOB_COMPLETION_INDEX set'
        ) from None
    if not 1 <= shard <= shards:
        raise UsageError(f'--shard "{text}": the shard must be from 1 to {shards}')
    return shard, shards


def _check_shard(job: Job, options: Options) -> None:
    """Whether the job's work can be done in shards."""
    if job.select is None:
        raise UsageError(f"{job.name} has no select, so it cannot be split into shards")
    if job.until_empty:
        raise UsageError("--shard cannot be combined with until_empty")
    if options.limit is not None:
        raise UsageError("--limit works records in one process: omit --shard")
    if options.dry_run:
        raise UsageError("--dry-run works all records in one process: omit --shard")
