"""`bgjobs db`: the embedded Postgres."""

import sys

import typer

from bgjobs.cli.options import ConfigOption

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def root() -> None:
    """Start, stop and look into the database."""


@app.command()
def start(config: ConfigOption = None) -> int:
    """Start the embedded Postgres and print its URL."""
    from bgjobs.commands import database

    return database.start(config, sys.stdout)


@app.command()
def stop(config: ConfigOption = None) -> int:
    """Stop the embedded Postgres; its data are kept."""
    from bgjobs.commands import database

    return database.stop(config, sys.stdout)


@app.command()
def status(config: ConfigOption = None) -> int:
    """Tell whether the embedded Postgres runs (status 69 when not)."""
    from bgjobs.commands import database

    return database.status(config, sys.stdout)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context, config: ConfigOption = None) -> int:
    """Open psql on the database of jobs.toml, with psql's own options."""
    from bgjobs.commands import database

    return database.psql(config, context.args)
