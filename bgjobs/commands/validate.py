"""Everything about the jobs that can be found out before 3 in the morning, without running one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bgjobs.commands.reaching import resolve
from bgjobs.commands.reading import configured
from bgjobs.config.load import label_of
from bgjobs.config.problems import Problems
from bgjobs.errors import BgjobsError, ConfigError, ExitStatus
from bgjobs.job import Config, Job
from bgjobs.mask import Mask
from bgjobs.run.handlers import load_of

if TYPE_CHECKING:
    from bgjobs.store.session import Session


def validate(config_path: Path | None, *, database: bool, out: TextIO) -> ExitStatus:
    """Check jobs.toml, the handlers, and with `database` the SQL and the tables.

    Raises:
        ConfigError: Something is wrong; one line for each such thing.
        BgjobsError: All that was looked at is right, and the database cannot be asked.
    """
    config = configured(config_path)
    label, text = label_of(config.path), config.path.read_text("utf-8-sig")
    problems = Problems()
    for job in config.jobs.values():
        _check_functions(job, config.path.parent, problems)
    unanswered = _ask(config, problems) if database else None
    _warn(config, label, out)
    if unanswered is not None:
        if not problems:
            raise unanswered
        problems.add(("database",), None, str(unanswered))
    problems.raise_any(label, text)
    asked = ", checked in the database" if database else ""
    number = len(config.jobs)
    out.write(f"{label} is valid: {number} {'job' if number == 1 else 'jobs'}{asked}\n")
    return ExitStatus.SUCCESS


def _warn(config: Config, label: str, out: TextIO) -> None:
    for job in config.jobs.values():
        for doubt in job.schedule.warnings() if job.schedule else ():
            # Allowed, and perhaps not what was meant.
            print(f"{label}: [jobs.{job.name}] schedule: {doubt}", file=out)


def _check_functions(job: Job, folder: Path, problems: Problems) -> None:
    for key, reference in (("handler", job.handler), ("send", job.send)):
        if reference is None:
            continue
        try:
            load_of(job, reference, folder)
        except ConfigError as error:
            reason = str(error).partition(f'"{reference}"')[2]
            problems.add(("jobs", job.name), key, f"{key}: {reference}{reason}")


def _ask(config: Config, problems: Problems) -> BgjobsError | None:
    """Put what the database finds into `problems`; returns why it could not be asked."""
    from bgjobs.store.opened import opened

    try:
        reached = resolve(config.database, config.path.parent)
        with opened(reached, config.audit, application="bgjobs validate") as session:
            for job in config.jobs.values():
                _check_sql(session, job, problems)
            # Last: a role without a right to the ledger learns what else it has none to.
            _check_tables(session, problems)
    except BgjobsError as error:
        return error
    return None


def _check_tables(session: "Session", problems: Problems) -> None:
    from bgjobs.store.audit_table import audit_problems
    from bgjobs.store.migrate import require_current
    from bgjobs.store.rights import lacking_rights, role

    try:
        require_current(session)
    except ConfigError as error:
        problems.add(("database",), None, str(error))
        return
    lacking = lacking_rights(session)
    if lacking:
        remedy = f"bgjobs migrate --grants {role(session)} prints the grants"
        problems.add(("database",), None, f"the role lacks {', '.join(lacking)}; {remedy}")
    for problem in audit_problems(session):
        problems.add(("audit",), "table", problem)


def _check_sql(session: "Session", job: Job, problems: Problems) -> None:
    from bgjobs.store.catalog import Catalog

    values = {**job.params, "slot": datetime.now(UTC), "run_id": None, "job": job.name}
    mask = Mask(str(job.params[name]) for name in job.secrets)
    for key, reason in Catalog(session).faults(job, values):
        problems.add(("jobs", job.name), key, f"{key}: {mask(reason)}")
