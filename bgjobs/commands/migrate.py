"""Bring the ledger to the newest version, or print what would."""

from pathlib import Path
from typing import TextIO

from bgjobs.commands.reaching import resolve
from bgjobs.commands.reading import configured
from bgjobs.errors import ConfigError, ExitStatus
from bgjobs.present.migrate import migrated
from bgjobs.store import grants
from bgjobs.store import migrate as ledger
from bgjobs.store.opened import opened


def migrate(config_path: Path | None, out: TextIO) -> ExitStatus:
    """Apply the migrations that are missing.

    Raises:
        ConfigError: They are applied, and the team's audit table cannot take a run's row.
    """
    config = configured(config_path)
    database = resolve(config.database, config.path.parent)
    with opened(database, config.audit, application="bgjobs migrate") as session:
        report = ledger.migrate(session)
    applied = [f"{step.number:04} {step.name}" for step in report.applied]
    audit = ".".join(config.audit.table) if report.audit_created else None
    out.write(migrated(report.version, applied, audit) + "\n")
    if report.audit_problems:
        raise ConfigError("\n".join(report.audit_problems))
    return ExitStatus.SUCCESS


def print_script(config_path: Path | None, after: int | None, out: TextIO) -> ExitStatus:
    """Print the DDL, all of it or what follows a version; no database is asked."""
    config = configured(config_path)
    out.write(ledger.script(config.database.schema, config.audit, after))
    return ExitStatus.SUCCESS


def print_grants(config_path: Path | None, role: str, *, reading: bool, out: TextIO) -> ExitStatus:
    """Print the grants of a role that runs jobs, or of one that only reads the ledger."""
    config = configured(config_path)
    out.write(grants.grants(config.database.schema, config.audit, role, reading=reading))
    return ExitStatus.SUCCESS
