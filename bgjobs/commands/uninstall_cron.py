"""Take the jobs out of a crontab."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from bgjobs.commands.cron_target import Where
from bgjobs.config.find import find, here
from bgjobs.config.load import load
from bgjobs.errors import ConfigError, ExitStatus
from bgjobs.host.crontab_change import change
from bgjobs.host.state import state_directory
from bgjobs.plan.crontab import block_of, without_block


def uninstall_cron(
    config_path: Path | None, where: Where, named: str | None, out: TextIO
) -> ExitStatus:
    """Remove the project's block; `named` is a project to take instead of jobs.toml's own."""
    place = where.place
    name = named or _project(config_path, where)
    done = change(
        place,
        lambda crontab: without_block(crontab, name),
        state_directory(os.environ),
        datetime.now(UTC),
    )
    before = done.before or b""
    block = block_of(before, name)
    if block is None:
        out.write(f"{place} has no block of {name}; nothing was changed\n")
        return ExitStatus.SUCCESS
    out.write(f"{place} no longer has the block of {name}\n")
    if block.edited_by_hand:
        out.write("lines of the block that were edited by hand are gone too\n")
    out.write(f"a backup of the old one is in {done.backup}\n")
    return ExitStatus.SUCCESS


def _project(config_path: Path | None, where: Where) -> str:
    path = find(config_path, os.environ, here())
    try:
        return load(path, trusted=where.uid).project
    except ConfigError as error:
        raise ConfigError(
            f"{error}\nto uninstall all the same, give the name that stands behind BEGIN bgjobs in "
            f"the crontab: bgjobs uninstall-cron --project NAME"
        ) from None
