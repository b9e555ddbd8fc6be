"""The command that runs a job."""

import sys
from typing import Annotated

import typer

from bgjobs.cli.options import ConfigOption

app = typer.Typer(rich_markup_mode=None)

_ParamOption = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="K=V", help="Set a declared parameter."),
]


@app.command()
def run(  # noqa: PLR0917 - typer turns each option of the command into an argument
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job.")],
    param: _ParamOption = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Stop after this many records.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do all the work, then roll it back.")
    ] = False,
    slot: Annotated[
        str | None,
        typer.Option("--slot", metavar="TIME", help="Work this slot; a time in the job's zone."),
    ] = None,
    cron: Annotated[
        bool, typer.Option("--cron", help="Take the slot from the schedule, as crontab lines do.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Resume an unfinished run.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Work the slot from its start, even if it is done.")
    ] = False,
    until_empty: Annotated[
        bool | None,
        typer.Option("--until-empty/--one-pass", help="Repeat until the select returns nothing."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="I/N", help="Work one of N parts; other processes work the rest."
        ),
    ] = None,
    config: ConfigOption = None,
) -> int:
    """Run a job once; the exit status tells the result.

    Started by hand, it resumes the job's unfinished run, or begins a new one if there is none.
    The README lists the exit statuses.
    """
    from bgjobs.commands.request import Options
    from bgjobs.commands.run import run

    options = Options(param or (), limit, dry_run, slot, cron, resume, restart, until_empty, shard)
    return run(config, name, options)


@app.command()
def retry(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job.")],
    param: _ParamOption = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Clear the list without working the records.")
    ] = False,
    config: ConfigOption = None,
) -> int:
    """Work a job's failed records again.

    A record that succeeds leaves the list of `bgjobs failures`. Messages that could not be sent
    are sent again.
    """
    from bgjobs.commands import retry

    if forget:
        return retry.forget(config, name, sys.stdout)
    return retry.retry(config, name, param or ())
