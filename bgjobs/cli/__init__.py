"""The command line: declares commands and options, and nothing else."""

from typing import Annotated

import typer

from bgjobs import __version__
from bgjobs.cli import cron, database, jobs, ledger, run

app = typer.Typer(
    name="bgjobs",
    help="Scheduled batch jobs for Postgres, driven by system cron.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"bgjobs {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Scheduled batch jobs for Postgres, driven by system cron."""


app.add_typer(run.app)
app.add_typer(jobs.app)
app.add_typer(ledger.app)
app.add_typer(cron.app)
app.add_typer(database.app, name="db")
