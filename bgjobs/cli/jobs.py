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
        str | None, typer.Argument(metavar="[NAME]", help="The job; all of them without.")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=10_000, help="So many.")] = 10,
    after: Annotated[
        str | None,
        typer.Option("--after", help='Later than then: "2 days", "2026-10-24 12:00"; or now.'),
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """List coming slots, in the job's time zone and in UTC.

    Sample: bgjobs next reminders --count 5 --after "2026-10-24"
    """
    from bgjobs.commands.next import next_slots

    now = datetime.now(UTC)
    return next_slots(config, name, count=count, after=after, now=now, json=json, out=sys.stdout)


@app.command()
def schema() -> int:
    """Print the JSON Schema of jobs.toml, for editors.

    Sample: bgjobs schema > jobs.schema.json, and as the first line of jobs.toml:
    #:schema ./jobs.schema.json
    """
    from bgjobs.commands.schema import schema

    return schema(sys.stdout)


@app.command()
def validate(
    database: Annotated[
        bool, typer.Option("--database/--no-database", help="Ask the database about the SQL.")
    ] = True,
    config: ConfigOption = None,
) -> int:
    """Check jobs.toml, the handlers, and the SQL in the database.

    Nothing is executed: each statement is planned, so that a typo is found before the job starts.
    """
    from bgjobs.commands.validate import validate

    return validate(config, database=database, out=sys.stdout)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the job is to be called.")],
    config: ConfigOption = None,
) -> int:
    """Begin a job: its table in jobs.toml, a handler and a test.

    Nothing that is there is written over. A jobs.toml is begun where there is none.
    """
    from bgjobs.commands.new import new

    return new(config, name, sys.stdout)
