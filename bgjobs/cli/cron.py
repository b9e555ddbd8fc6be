"""`bgjobs install-cron`, `uninstall-cron`, `cron-diff` and `doctor`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bgjobs.cli.options import ConfigOption, JsonOption

app = typer.Typer(rich_markup_mode=None)

UserOption = Annotated[
    str | None, typer.Option("--user", help="Whose crontab; for root.", show_default=False)
]
SystemOption = Annotated[
    bool, typer.Option("--system", help="Use the file /etc/cron.d/NAME, its jobs run as --user.")
]
NameOption = Annotated[str, typer.Option("--name", help="With --system: the file's name.")]
TimezoneOption = Annotated[
    str | None,
    typer.Option("--timezone", help="The cron daemon's time zone.", show_default=False),
]
EnvFileOption = Annotated[
    Path | None,
    typer.Option(
        "--env-file", help="A file of NAME=value for [cron] environment.", show_default=False
    ),
]


@app.command("install-cron")
def install_cron(
    config: ConfigOption = None,
    user: UserOption = None,
    system: SystemOption = False,
    name: NameOption = "bgjobs",
    timezone: TimezoneOption = None,
    env_file: EnvFileOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the difference and change nothing.")
    ] = False,
    to_stdout: Annotated[
        bool, typer.Option("--print", help="Print the block, for an image or supercronic.")
    ] = False,
    python: Annotated[
        str | None,
        typer.Option(
            "--python", help="With --print: the interpreter on the target.", show_default=False
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", help="With --print: path of jobs.toml on the target.", show_default=False
        ),
    ] = None,
) -> int:
    """Put the jobs into the crontab.

    Only the lines between the project's own markers are changed. Installing twice changes nothing.
    """
    from bgjobs.commands import install_cron as command
    from bgjobs.commands.cron_target import Where
    from bgjobs.errors import UsageError

    if not to_stdout and (python or at):
        raise UsageError(f"{'--python' if python else '--at'} needs --print")
    where = Where(user, system, name, timezone, env_file)
    if to_stdout:
        return command.print_block(config, where, command.Image(python, at), sys.stdout)
    return command.install_cron(config, where, sys.stdout, dry_run=dry_run)


@app.command("uninstall-cron")
def uninstall_cron(
    config: ConfigOption = None,
    user: UserOption = None,
    system: SystemOption = False,
    name: NameOption = "bgjobs",
    project: Annotated[
        str | None,
        typer.Option("--project", help="Remove the block of this project.", show_default=False),
    ] = None,
) -> int:
    """Remove the jobs from the crontab, and nothing else."""
    from bgjobs.commands.cron_target import Where
    from bgjobs.commands.uninstall_cron import uninstall_cron as command

    return command(config, Where(user, system, name), project, sys.stdout)


@app.command("cron-diff")
def cron_diff(
    config: ConfigOption = None,
    user: UserOption = None,
    system: SystemOption = False,
    name: NameOption = "bgjobs",
    timezone: TimezoneOption = None,
    env_file: EnvFileOption = None,
    as_json: JsonOption = False,
) -> int:
    """Compare the crontab with jobs.toml.

    Exits with 1 when they differ.
    """
    from bgjobs.commands.cron_diff import cron_diff as command
    from bgjobs.commands.cron_target import Where

    where = Where(user, system, name, timezone, env_file)
    return command(config, where, sys.stdout, as_json=as_json)


@app.command()
def doctor(
    config: ConfigOption = None,
    user: UserOption = None,
    system: SystemOption = False,
    name: NameOption = "bgjobs",
    timezone: TimezoneOption = None,
    no_cron: Annotated[
        bool, typer.Option("--no-cron", help="Skip the cron checks, as under supercronic.")
    ] = False,
    as_cron: Annotated[bool, typer.Option("--as-cron", hidden=True)] = False,
    as_json: JsonOption = False,
) -> int:
    """Check everything that cron needs to run the jobs.

    Also rehearses a start the way cron makes it: with its shell, its bare environment, as its
    user. Exits with 1 on errors.
    """
    from bgjobs.commands import doctor as command
    from bgjobs.commands.cron_target import Where

    if as_cron:
        return command.doctor_as_cron(config, sys.stdout)
    where = Where(user, system, name, timezone)
    return command.doctor(config, where, sys.stdout, cron=not no_cron, as_values_only=as_json)
