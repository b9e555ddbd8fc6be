"""From a parsed jobs.toml to its values, checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bgjobs.config.agreement import disagreements
from bgjobs.config.keys import AUDIT, CRON, DATABASE, DEFAULTS, JOB, ROOT
from bgjobs.config.names import is_plain
from bgjobs.config.problems import Problems, suggestion
from bgjobs.config.reading import read_table
from bgjobs.job import Audit, Config, Cron, Database, Job
from bgjobs.schedule import Schedule

_SECTIONS = ("database", "audit", "cron", "defaults", "jobs")
# The noun keeps these in its schedule, under names of its own.
_SCHEDULE = {"dst_gap": "gap", "dst_overlap": "overlap", "spread": "spread", "timezone": "timezone"}


def build(data: Mapping[str, Any], path: Path, url: str | None, problems: Problems) -> Config:
    """Return the file as values, right only where `problems` stays empty."""
    root = _root(data, problems)
    database = read_table(data.get("database", {}), DATABASE, ("database",), problems)
    audit = read_table(data.get("audit", {}), AUDIT, ("audit",), problems)
    cron = read_table(data.get("cron", {}), CRON, ("cron",), problems)
    reached = {name: database[name] for name in Database._fields if name in database}
    return Config(
        path=path,
        database=Database(**{**reached, "url": url}),
        audit=Audit(**audit),
        cron=Cron(**cron),
        jobs=_jobs(data.get("jobs", {}), _defaults(data, problems), problems),
        project=root.get("project") or _project(path),
    )


def _root(data: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    for name in data.keys() - ROOT.keys() - set(_SECTIONS):
        kind = "table" if isinstance(data[name], dict) else "key"
        near = suggestion(name, (*_SECTIONS, *ROOT))
        problems.add((), name, f'unknown {kind} "{name}"{near}')
    return read_table({name: data[name] for name in ROOT if name in data}, ROOT, (), problems)


def _defaults(data: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    given = data.get("defaults", {})
    if isinstance(given, dict):
        for name in given.keys() & (JOB.keys() - DEFAULTS.keys()):
            problems.add(("defaults",), name, f'"{name}" is allowed only in a job\'s own table')
        given = {name: given[name] for name in given if name not in JOB or name in DEFAULTS}
    return read_table(given, DEFAULTS, ("defaults",), problems)


def _jobs(given: object, defaults: Mapping[str, Any], problems: Problems) -> dict[str, Job]:
    if not isinstance(given, dict):
        problems.add((), "jobs", '"jobs" must be tables, one per job: [jobs.NAME]')
        return {}
    return {name: _job(name, own, defaults, problems) for name, own in given.items()}


def _job(name: str, own: object, defaults: Mapping[str, Any], problems: Problems) -> Job:
    table = ("jobs", name)
    if not is_plain(name):
        problems.add(
            table,
            None,
            "a job's name stands in the crontab: use lower case letters, digits, "
            '"-" and "_", at most 63, beginning with a letter or a digit',
        )
    values = {**defaults, **read_table(own, JOB, table, problems)}
    timing = {field: values.pop(key) for key, field in _SCHEDULE.items() if key in values}
    expression = values.pop("schedule", None)
    job = Job(name=name, **values)
    if isinstance(own, dict):
        for key, message in disagreements(job, own):
            problems.add(table, key, message)
    if expression is None:
        return job
    return job._replace(schedule=_schedule(table, expression, timing, problems))


def _schedule(
    table: tuple[str, ...], expression: str, timing: Mapping[str, Any], problems: Problems
) -> Schedule | None:
    try:
        return Schedule.parse(expression, **timing)
    except ValueError as error:
        reason = str(error)
    if reason.startswith("spread "):
        problems.add(table, "spread", reason)
    else:
        problems.add(table, "schedule", f"schedule: {reason}")
    return None


def _project(path: Path) -> str:
    letters = (sign if is_plain(f"a{sign}") else "-" for sign in path.parent.name.lower())
    return "".join(letters).strip("-_")[:63] or "bgjobs"
