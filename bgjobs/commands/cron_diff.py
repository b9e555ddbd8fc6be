"""Compare the installed block with jobs.toml, for CI and monitors."""

import os
from pathlib import Path
from typing import TextIO

from bgjobs.commands.cron_target import Where, target
from bgjobs.errors import ExitStatus
from bgjobs.plan.cron_state import State, state


def cron_diff(
    config_path: Path | None, where: Where, out: TextIO, *, as_json: bool = False
) -> ExitStatus:
    """Say nothing where they agree; status 1, the reason and the difference where they do not."""
    jobs = target(config_path, where)
    crontab = jobs.place.read() or b""
    found = state(crontab, jobs.project, jobs.with_installed_values(crontab).body(crontab))
    if as_json:
        _print_json(found, str(jobs.place), jobs.project, out)
    elif not found.current:
        from bgjobs.present.diff import diff
        from bgjobs.present.terminal import in_colour

        out.write(f"{jobs.place}: {reason(found, jobs.project)}\n")
        out.write(diff(found.diff, colour=in_colour(out, os.environ)))
    elif out.isatty():
        out.write(f"{jobs.place} agrees with {jobs.config.path}\n")
    return ExitStatus.SUCCESS if found.current else ExitStatus.JOB_FAILED


def reason(found: State, project: str) -> str:
    """Why the block differs, and what to do, in one line."""
    install = "run bgjobs install-cron"
    if not found.installed:
        return f"there is no block of {project}; {install}"
    if found.edited_by_hand and found.outdated:
        return f"the block was edited by hand, and jobs.toml has changed since; {install}"
    if found.edited_by_hand:
        return f"the block was edited by hand, in the lines that begin with - and +; {install}"
    if found.outdated:
        return f"jobs.toml, the interpreter or what is above the block has changed; {install}"
    return f"the block has changed; {install}"


def _print_json(found: State, place: str, project: str, out: TextIO) -> None:
    import json

    content = {
        "crontab": place,
        "project": project,
        "current": found.current,
        "installed": found.installed,
        "edited_by_hand": found.edited_by_hand,
        "outdated": found.outdated,
        "diff": found.diff,
    }
    json.dump(content, out, indent=2)
    out.write("\n")
