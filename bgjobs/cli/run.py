"""The command that runs a job."""

import sys
from typing import Annotated

import typer

from bgjobs.cli.options import ConfigOption

app = typer.Typer(rich_markup_mode=None)


@app.command()
def run(  # noqa: PLR0917 - typer turns each option of the command into an argument
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job.")],
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="K=V", help="Change a declared parameter."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Stop after so many records.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do all the work, and roll it back.")
    ] = False,
    slot: Annotated[
        str | None,
        typer.Option("--slot", metavar="TIME", help="Work this slot, in the job's zone."),
    ] = None,
    cron: Annotated[
        bool, typer.Option("--cron", help="Take the slot from the schedule; for crontab lines.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an unfinished run.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin the slot anew, be it done or not.")
    ] = False,
    until_empty: Annotated[
        bool | None,
        typer.Option("--until-empty/--one-pass", help="Work until the select returns nothing."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="Work one part of N, here and elsewhere."),
    ] = None,
    config: ConfigOption = None,
) -> int:
    """Run a job once, and exit with what came of it.

    By hand, an unfinished run is gone on with; else a new one begins. The exit statuses are
    listed in the README.
    """
    from bgjobs.commands.request import Options
    from bgjobs.commands.run import run

    options = Options(param or (), limit, dry_run, slot, cron, resume, restart, until_empty, shard)
    return run(config, name, options)


@app.command()
def retry(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job.")],
    forget: Annotated[
        bool, typer.Option("--forget", help="Take them off the list without working them.")
    ] = False,
    config: ConfigOption = None,
) -> int:
    """Work a job's failed records again.

    Each leaves the list of `bgjobs failures` when it succeeds. Messages that could not be sent are
    sent again.
    """
    from bgjobs.commands import retry

    if forget:
        return retry.forget(config, name, sys.stdout)
    return retry.retry(config, name)
