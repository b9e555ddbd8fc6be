"""`bgjobs install-cron`, `uninstall-cron`, `cron-diff` and `doctor`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bgjobs.cli.options import ConfigOption, JsonOption

app = typer.Typer(rich_markup_mode=None)

UserOption = Annotated[
    str | None, typer.Option("--user", help="As root: whose crontab.", show_default=False)
]
SystemOption = Annotated[
    bool, typer.Option("--system", help="The file /etc/cron.d/NAME, with --user as its user.")
]
NameOption = Annotated[str, typer.Option("--name", help="With --system: the name of the file.")]
TimezoneOption = Annotated[
    str | None,
    typer.Option("--timezone", help="The cron daemon's time zone.", show_default=False),
]
EnvFileOption = Annotated[
    Path | None,
    typer.Option("--env-file", help="A file of NAME=value to carry from.", show_default=False),
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
        typer.Option("--python", help="With --print: the interpreter there.", show_default=False),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="With --print: jobs.toml's path there.", show_default=False),
    ] = None,
) -> int:
    """Put the jobs into the crontab.

    Only the lines between the project's own markers are touched. A second run changes nothing.
    """
    from bgjobs.commands import install_cron as command
    from bgjobs.commands.cron_target import Where

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
        typer.Option("--project", help="The block of this project.", show_default=False),
    ] = None,
) -> int:
    """Take the jobs out of the crontab, and leave the rest as it was."""
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
    """Tell whether the crontab agrees with jobs.toml (status 1 when not)."""
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
        bool, typer.Option("--no-cron", help="Leave cron out, as under supercronic.")
    ] = False,
    as_cron: Annotated[bool, typer.Option("--as-cron", hidden=True)] = False,
    as_json: JsonOption = False,
) -> int:
    """Examine all that cron needs to run the jobs (status 1 on errors).

    A start is rehearsed as cron would make it: by its shell, in its bare environment, as its user.
    """
    from bgjobs.commands import doctor as command
    from bgjobs.commands.cron_target import Where

    if as_cron:
        return command.doctor_as_cron(config, sys.stdout)
    where = Where(user, system, name, timezone)
    return command.doctor(config, where, sys.stdout, cron=not no_cron, as_values_only=as_json)
