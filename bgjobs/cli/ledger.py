"""The commands on the ledger: what ran, how it stands, and what is to start or to stop."""

import sys
from typing import Annotated

import typer

from bgjobs.cli.options import ConfigOption, JsonOption

app = typer.Typer(rich_markup_mode=None)

_JobArgument = Annotated[str, typer.Argument(metavar="NAME", help="The job.")]
_AnyJobArgument = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="The job; all jobs if omitted.")
]
_LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Show at most this many.")]
_ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why, for others to see.")]


@app.command()
def history(
    name: _AnyJobArgument = None,
    limit: _LimitOption = 20,
    status: Annotated[str | None, typer.Option("--status", help="Only runs in this state.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", help='Only runs since: "24h", "2026-07-01 10:00".')
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", help="Only runs before; written the same way.")
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """List runs, newest first.

    States: running, success, partial, failed, timed_out, interrupted, crashed, skipped.
    Example: bgjobs history purge --status failed --since "7 days"
    """
    from bgjobs.commands.history import Wanted, history

    wanted = Wanted(name, status, since, before, limit)
    return history(config, wanted, json=json, out=sys.stdout)


@app.command()
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its first characters.")],
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Show one run with its error, stack and output."""
    from bgjobs.commands.show import show

    return show(config, run, json=json, out=sys.stdout)


@app.command()
def status(
    name: _AnyJobArgument = None, json: JsonOption = False, config: ConfigOption = None
) -> int:
    """Show each job with its last run and next run."""
    from bgjobs.commands.status import status

    return status(config, name, json=json, out=sys.stdout)


@app.command()
def failures(
    name: _AnyJobArgument = None,
    limit: _LimitOption = 50,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """List records that failed and are not done yet."""
    from bgjobs.commands.failures import failures

    return failures(config, name, limit=limit, json=json, out=sys.stdout)


@app.command()
def check(
    name: _AnyJobArgument = None,
    grace: Annotated[
        str,
        typer.Option("--grace", help="How late a slot's run may start before it counts as missed."),
    ] = "10m",
    config: ConfigOption = None,
) -> int:
    """Report jobs that need attention, for a monitor.

    A Nagios plugin: exits with 0 (OK), 1 (warning: interrupted, or some records failed),
    2 (critical: failed, missed, or beyond its timeout) or 3 (unknown).
    """
    from bgjobs.commands.check import check

    return check(config, name, grace=grace, out=sys.stdout)


@app.command()
def pause(
    name: _JobArgument,
    until: Annotated[
        str | None, typer.Option("--until", help='When it ends: "2 hours", "2026-07-01 10:00".')
    ] = None,
    reason: _ReasonOption = None,
    config: ConfigOption = None,
) -> int:
    """Keep a job from starting, on all hosts.

    Without --until it lasts until `bgjobs resume`. Slots that come meanwhile are recorded as
    skipped.
    """
    from bgjobs.commands.pause import pause

    return pause(config, name, until=until, reason=reason, out=sys.stdout)


@app.command()
def resume(name: _JobArgument, config: ConfigOption = None) -> int:
    """End a job's pause."""
    from bgjobs.commands.resume import resume

    return resume(config, name, out=sys.stdout)


@app.command()
def stop(name: _JobArgument, reason: _ReasonOption = None, config: ConfigOption = None) -> int:
    """Stop a job's run after its batch, on any host.

    The run is recorded as interrupted; the job's next start resumes it.
    """
    from bgjobs.commands.stop import stop

    return stop(config, name, reason=reason, out=sys.stdout)


@app.command()
def migrate(
    script: Annotated[
        bool, typer.Option("--print", help="Print the DDL and change nothing.")
    ] = False,
    after: Annotated[
        int | None,
        typer.Option("--after", min=0, help="With --print: only what follows this version."),
    ] = None,
    grants: Annotated[
        str | None,
        typer.Option("--grants", metavar="ROLE", help="Print the grants a role needs to run jobs."),
    ] = None,
    reading: Annotated[
        bool, typer.Option("--reading", help="With --grants: only to read the ledger.")
    ] = False,
    config: ConfigOption = None,
) -> int:
    """Create the ledger, or bring it up to date.

    Also creates the audit table if there is none. Safe to run at any time, and from several hosts
    at once.
    """
    from bgjobs.commands import migrate
    from bgjobs.errors import UsageError

    if after is not None and not script:
        raise UsageError("--after needs --print")
    if reading and grants is None:
        raise UsageError("--reading needs --grants ROLE")
    if grants is not None:
        return migrate.print_grants(config, grants, reading=reading, out=sys.stdout)
    if script:
        return migrate.print_script(config, after, sys.stdout)
    return migrate.migrate(config, sys.stdout)
