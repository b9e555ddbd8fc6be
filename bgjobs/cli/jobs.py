"""The commands on jobs.toml."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from bgjobs.cli.options import ConfigOption, JsonOption

app = typer.Typer(rich_markup_mode=None)


@app.command("list")
def list_jobs(json: JsonOption = False, config: ConfigOption = None) -> int:
    """List the jobs with their schedules in words."""
    from bgjobs.commands.list import list_jobs

    return list_jobs(config, now=datetime.now(UTC), json=json, out=sys.stdout)


@app.command("next")
def next_slots(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The job; all jobs if omitted.")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=10_000, help="How many slots.")] = 10,
    after: Annotated[
        str | None,
        typer.Option("--after", help='Slots after this: "2 days", "2026-10-24 12:00".'),
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """List upcoming slots, in the job's zone and in UTC.

    Example: bgjobs next reminders --count 5 --after "2026-10-24"
    """
    from bgjobs.commands.next import next_slots

    now = datetime.now(UTC)
    return next_slots(config, name, count=count, after=after, now=now, json=json, out=sys.stdout)


@app.command()
def schema() -> int:
    """Print the JSON Schema of jobs.toml, for editors.

    Example: bgjobs schema > jobs.schema.json, with this first line in jobs.toml:
    #:schema ./jobs.schema.json
    """
    from bgjobs.commands.schema import schema

    return schema(sys.stdout)


@app.command()
def validate(
    database: Annotated[
        bool, typer.Option("--database/--no-database", help="Check the SQL in the database.")
    ] = True,
    config: ConfigOption = None,
) -> int:
    """Check jobs.toml, the handlers and the SQL.

    The database plans each statement without executing it, so a typo is found before the job
    starts.
    """
    from bgjobs.commands.validate import validate

    return validate(config, database=database, out=sys.stdout)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new job's name.")],
    config: ConfigOption = None,
) -> int:
    """Add a job: a table in jobs.toml, a handler, a test.

    Existing files are never overwritten. jobs.toml is created if there is none.
    """
    from bgjobs.commands.new import new

    return new(config, name, sys.stdout)
