"""`bgjobs db`: the embedded Postgres."""

import sys

import typer

from bgjobs.cli.options import ConfigOption

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def root() -> None:
    """Manage the embedded Postgres, or open psql."""


@app.command()
def start(config: ConfigOption = None) -> int:
    """Start the embedded Postgres and print its URL."""
    from bgjobs.commands import database

    return database.start(config, sys.stdout)


@app.command()
def stop(config: ConfigOption = None) -> int:
    """Stop the embedded Postgres; its data is kept."""
    from bgjobs.commands import database

    return database.stop(config, sys.stdout)


@app.command()
def status(config: ConfigOption = None) -> int:
    """Tell whether the embedded Postgres is running.

    Exits with 69 when it is not.
    """
    from bgjobs.commands import database

    return database.status(config, sys.stdout)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context, config: ConfigOption = None) -> int:
    """Open psql on the database of jobs.toml.

    Takes psql's own options and arguments.
    """
    from bgjobs.commands import database

    return database.psql(config, context.args)
