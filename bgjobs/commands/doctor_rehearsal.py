"""Starts the jobs' line as cron would start it, and takes over what it finds."""

import json
from collections.abc import Iterator

from bgjobs.commands.cron_target import Target
from bgjobs.errors import BgjobsError
from bgjobs.finding import Finding, Severity, error, warning
from bgjobs.host.rehearsal import Outcome, rehearse
from bgjobs.plan.cron_command import carried, rehearsal
from bgjobs.plan.cron_lines import assignments, command_of
from bgjobs.plan.crontab import above

_CHECK = "a start by cron"
_SECONDS = 120.0


def rehearse_start(jobs: Target) -> Iterator[Finding]:
    """What the doctor finds when it is run in a job's stead, in cron's environment."""
    try:
        crontab = jobs.place.read() or b""
        over = above(crontab, jobs.project)
        values = jobs.with_installed_values(crontab).variables
        site = jobs.site._replace(environment=carried(jobs.config.cron.environment, values))
        command = command_of(rehearsal(jobs.config.cron.path, site))
    except BgjobsError as problem:
        yield error(_CHECK, str(problem), "fix it")
        return
    # The block sets SHELL itself; all else above it holds for its lines.
    assigned = {name: one.value for name, one in assignments(over).items() if name != "SHELL"}
    user = jobs.site.owner or ""
    outcome = rehearse(command, user, assigned, _SECONDS)
    yield from _read(outcome, f"sudo -u {user} env -i /bin/sh -c {_quoted(command)}")


def _read(outcome: Outcome, by_hand: str) -> Iterator[Finding]:
    *noise, last = outcome.output.splitlines() or [""]
    try:
        found = [
            Finding(**{**one, "severity": Severity(one["severity"])}) for one in json.loads(last)
        ]
    except (ValueError, TypeError, KeyError):
        said = (outcome.errors.split("\n\n")[-1].strip().splitlines() or ["it printed nothing"])[-1]
        ended = "did not end" if outcome.status is None else f"failed with status {outcome.status}"
        yield error(_CHECK, f"it {ended}: {said}", f"try it yourself: {by_hand}")
        return
    yield from found
    noise += outcome.errors.splitlines()
    if noise:
        message = f"it prints what cron would mail each time: {noise[0]}"
        yield warning(_CHECK, message, "silence it; a handler's module prints when it is imported")


def _quoted(command: str) -> str:
    from shlex import quote

    return quote(command)
