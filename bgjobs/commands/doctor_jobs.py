"""What a start needs besides cron: jobs.toml, handlers, a place for state, the database."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bgjobs import __version__
from bgjobs.commands.reaching import resolve
from bgjobs.config.find import find, here
from bgjobs.config.load import load
from bgjobs.errors import AccessRefusedError, BgjobsError, DatabaseUnreachableError
from bgjobs.finding import Finding, error, ok, warning
from bgjobs.host.state import state_directory, unwritable
from bgjobs.job import Config

if TYPE_CHECKING:
    from bgjobs.store.session import Session

_SOME_DRIFT = timedelta(seconds=5)
_MUCH_DRIFT = timedelta(seconds=50)


def examine_jobs(config_path: Path | None) -> Iterator[Finding]:
    """Everything, as this very process finds it: user, environment and directory as they are."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield ok("interpreter", f"bgjobs {__version__} on Python {version}, {sys.executable}")
    try:
        config = load(find(config_path, os.environ, here()))
    except BgjobsError as problem:
        for text in str(problem).splitlines():
            yield error("jobs.toml", text, "fix it")
        return
    number = len(config.jobs)
    yield ok("jobs.toml", f"{config.path} is valid, {number} job{'' if number == 1 else 's'}")
    yield from _handlers(config)
    yield _state()
    yield from _database(config)


def _handlers(config: Config) -> Iterator[Finding]:
    from bgjobs.run.handlers import load as import_handler

    named = [
        (reference, job.name)
        for job in config.jobs.values()
        if job.enabled
        for reference in (job.handler, job.send)
        if reference is not None
    ]
    failed = 0
    for reference, job in named:
        try:
            import_handler(reference, job, config.path.parent)
        except BgjobsError as problem:
            failed += 1
            remedy = f"put it beside {config.path.name}, or install it for {sys.executable}"
            yield error("handlers", str(problem), remedy)
    if named and not failed:
        yield ok("handlers", f"{len(named)} can be imported")


def _state() -> Finding:
    directory = state_directory(os.environ)
    fault = unwritable(directory)
    if fault:
        remedy = "make it writable, or list XDG_STATE_HOME in [cron] environment"
        message = f"{directory} cannot be written, so a run without a database is lost: {fault}"
        return error("spool", message, remedy)
    return ok("spool", f"{directory} can be written")


def _database(config: Config) -> Iterator[Finding]:
    from bgjobs.store.opened import opened

    try:
        database = resolve(config.database, config.path.parent)
        with opened(database, config.audit, application="bgjobs doctor") as session:
            yield from _ledger(session)
    except DatabaseUnreachableError as problem:
        yield error("database", str(problem), "start it, or correct [database]")
    except AccessRefusedError as problem:
        message, _, grants = str(problem).partition("; ")
        login = "give cron's user a way in: peer, .pgpass, password_file or a service file"
        yield error("grants" if grants else "database", message, grants or login)
    except BgjobsError as problem:
        message, _, command = str(problem).partition("; run: ")
        yield error("database", message, command or "correct [database]")


def _ledger(session: "Session") -> Iterator[Finding]:
    from bgjobs.store.audit_table import audit_problems
    from bgjobs.store.history import History
    from bgjobs.store.migrate import migrations, require_current, version
    from bgjobs.store.rights import is_read_only, lacking_rights, role

    server = session.connection.info.server_version // 10_000
    if is_read_only(session):
        remedy = "connect to the primary: add target_session_attrs=read-write to the url"
        yield error(
            "database", f"Postgres {server} is read-only, so no run can be recorded", remedy
        )
    else:
        yield ok("database", f"Postgres {server} is reachable as {role(session)}")
    yield _clock(History(session).now() - datetime.now(UTC))
    require_current(session)
    newest = migrations()[-1].number
    if version(session) > newest:
        message = f"{session.schema} is at version {version(session)}, made for a newer bgjobs"
        yield warning("ledger", message, "upgrade bgjobs on this host")
    else:
        yield ok("ledger", f"{session.schema} is at version {newest}, the newest")
    lacking = lacking_rights(session)
    if lacking:
        remedy = f"bgjobs migrate --grants {role(session)} prints what the owner has to run"
        yield error("grants", f"{role(session)} lacks {', '.join(lacking)}", remedy)
    else:
        yield ok("grants", f"{role(session)} may use the ledger and write the audit table")
    for problem in audit_problems(session):
        yield error("audit table", problem, "bgjobs migrate creates the default one")


def _clock(ahead: timedelta) -> Finding:
    seconds = abs(ahead.total_seconds())
    message = f"the database's clock is {seconds:.0f} s {'ahead' if ahead > -ahead else 'behind'}"
    if abs(ahead) >= _MUCH_DRIFT:
        remedy = "set both by NTP: slots are told by the database's clock, cron goes by this one"
        return error("clock", message, remedy)
    if abs(ahead) >= _SOME_DRIFT:
        return warning("clock", message, "set both by NTP")
    return ok("clock", "this host's agrees with the database's")
