"""Put the jobs into a crontab, show what that would change, or print the block."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from bgjobs.commands.cron_target import Target, Where, target
from bgjobs.commands.exposed import refuse_exposed
from bgjobs.errors import ExitStatus, UsageError
from bgjobs.host.crontab_change import change
from bgjobs.host.state import state_directory
from bgjobs.plan.cron_command import Installation
from bgjobs.plan.cron_lines import entries
from bgjobs.plan.cron_state import difference, state
from bgjobs.plan.crontab import framed


class Image(NamedTuple):
    """Where the program and jobs.toml will lie in an image; None: as here."""

    python: str | None = None
    config: str | None = None

    def placed(self, site: Installation) -> Installation:
        """The site there; nobody's crontab yet."""
        for path in filter(None, self):
            if not path.startswith("/"):
                raise UsageError(f"{path} is not an absolute path, and cron needs one")
        return site._replace(
            python=self.python or site.python,
            config=self.config or site.config,
            owner=None,
            host="",
        )


def install_cron(
    config_path: Path | None, where: Where, out: TextIO, *, dry_run: bool = False
) -> ExitStatus:
    """Install the block, or with `dry_run` only show the difference."""
    jobs = target(config_path, where)
    if dry_run:
        return _show(jobs, out)
    refuse_exposed(jobs.config, where.user)
    edited = False

    def rewrite(crontab: bytes) -> bytes:
        nonlocal edited
        edited = state(crontab, jobs.project, jobs.body(crontab)).edited_by_hand
        return jobs.installed(crontab)

    done = change(jobs.place, rewrite, state_directory(os.environ), datetime.now(UTC))
    after = done.after or b""
    lines = len(entries(jobs.body(after), user_column=jobs.site.user is not None))
    if after == (done.before or b""):
        out.write(f"{jobs.place} is up to date: {_counted(lines)}\n")
        return ExitStatus.SUCCESS
    out.write(f"{jobs.place} now has {_counted(lines)} of {jobs.project}\n")
    if edited:
        out.write("lines of the block that were edited by hand were replaced\n")
    if done.before and not done.before.endswith(b"\n"):
        out.write("its last line had no newline, so cron ignored it; a newline was added\n")
    if done.backup:
        out.write(f"a backup of the old one is in {done.backup}\n")
    return ExitStatus.SUCCESS


def print_block(config_path: Path | None, where: Where, image: Image, out: TextIO) -> ExitStatus:
    """Print the block as a whole crontab, for an image or for supercronic."""
    if where.user and not where.system:
        raise UsageError("--print shows a user only with --system, where each line has one")
    # An image's cron is on UTC, whatever this host's is on.
    zone = where.timezone or ("UTC" if any(image) else None)
    jobs = target(config_path, where._replace(user=None, system=False, timezone=zone))
    site = image.placed(jobs.site)
    if where.system:
        site = site._replace(user=where.user or "root")
    text = framed(jobs.project, jobs._replace(site=site).body(b""))
    out.write(text.decode("utf-8", "surrogateescape"))
    return ExitStatus.SUCCESS


def _show(jobs: Target, out: TextIO) -> ExitStatus:
    from bgjobs.present.diff import diff
    from bgjobs.present.terminal import in_colour

    before = jobs.place.read() or b""
    lines = difference(before, jobs.installed(before), str(jobs.place), "after install-cron")
    out.write(diff(lines, colour=in_colour(out, os.environ)))
    return ExitStatus.SUCCESS


def _counted(lines: int) -> str:
    return f"{lines} line" if lines == 1 else f"{lines} lines"
