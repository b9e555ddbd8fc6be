"""What the crontab commands share: whose crontab, whose jobs, and how its lines will run."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bgjobs.config.find import find, here
from bgjobs.config.load import load
from bgjobs.errors import ConfigError, CrontabError, UsageError
from bgjobs.host.cron_d import CronFile
from bgjobs.host.crontab import UserCrontab
from bgjobs.host.crontab_change import Place
from bgjobs.host.identity import identity
from bgjobs.job import Config
from bgjobs.plan.cron_block import body
from bgjobs.plan.cron_command import Installation, carried
from bgjobs.plan.cron_state import carried_by, configs_of, refuse_rivals
from bgjobs.plan.crontab import above, block_of, with_block


class Where(NamedTuple):
    """The options that name a crontab: of a user (None: one's own), or a file of /etc/cron.d."""

    user: str | None = None
    system: bool = False
    name: str = "bgjobs"
    timezone: str | None = None
    env_file: Path | None = None

    @property
    def place(self) -> Place:
        """The crontab; UsageError for somebody else's without the rights to it."""
        if (self.user or self.system) and os.geteuid() != 0:
            option = "--system" if self.system else "--user"
            raise UsageError(f"{option} is for root: run it with sudo, or omit it")
        if self.user:
            account(self.user)
        return CronFile(self.name) if self.system else UserCrontab(self.user, os.environ)

    @property
    def uid(self) -> int | None:
        """Of the user whose cron will run the jobs, where that is not the present one."""
        from bgjobs.host.ownership import runner

        return runner(self.user).uid if self.user else None


class Target(NamedTuple):
    """A project's block in a crontab."""

    config: Config
    place: Place
    site: Installation
    variables: Mapping[str, str]

    @property
    def project(self) -> str:
        """What the block's markers call the project."""
        return self.config.project

    def body(self, crontab: bytes) -> bytes:
        """The lines that jobs.toml asks for in this crontab."""
        column = self.site.user is not None
        refuse_rivals(crontab, self.project, self.site.config, user_column=column)
        self._refuse_namesake(crontab)
        values = carried(self.config.cron.environment, self.variables)
        site = self.site._replace(environment=values)
        return body(self.config, site, above(crontab, self.project))

    def installed(self, crontab: bytes) -> bytes:
        """The crontab with the block in it."""
        return with_block(crontab, self.project, self.body(crontab))

    def _refuse_namesake(self, crontab: bytes) -> None:
        block = block_of(crontab, self.project)
        if block is None:
            return
        for path in configs_of(block, user_column=self.site.user is not None):
            # A project that was moved leaves nothing behind, and its block is replaced.
            if path and Path(path).exists() and not Path(path).samefile(self.config.path):
                raise CrontabError(
                    f"{self.place} has a block {self.project} of another project, {path}: give "
                    f'this one a name of its own, as project = "..." at the top of '
                    f"{self.config.path}"
                )

    def with_installed_values(self, crontab: bytes) -> "Target":
        """The same, where a carried variable that is not set here has the block's value.

        A monitor that compares has not the environment of the person who installed.
        """
        block = block_of(crontab, self.project)
        if block is None:
            return self
        installed = carried_by(block, user_column=self.site.user is not None)
        return self._replace(variables={**installed, **self.variables})


def target(config_path: Path | None, where: Where) -> Target:
    """The block of the jobs.toml that is found from here, in the crontab that `where` names."""
    from bgjobs.host.zone import cron_zone
    from bgjobs.zone import check

    place = where.place
    config = load(find(config_path, os.environ, here()), trusted=where.uid)
    zone = where.timezone or cron_zone(os.environ)
    try:
        check(zone)
    except ValueError as error:
        raise UsageError(f"cron's time zone, --timezone: {error}") from None
    owner = where.user or account(None)
    site = Installation(
        python=sys.executable,
        config=absolute(config.path),
        zone=zone,
        owner=owner,
        user=owner if where.system else None,
        host=identity().host,
    )
    return Target(config, place, site, variables(where.env_file))


def absolute(path: Path) -> str:
    """The path from the root, its links left as they are: a deployment may move them."""
    return os.path.abspath(path)  # noqa: PTH100 - Path.resolve() follows links


def variables(env_file: Path | None) -> dict[str, str]:
    """The environment, with the variables of a file over it."""
    if env_file is None:
        return dict(os.environ)
    from bgjobs.plan.env_file import read_env_file

    try:
        content = env_file.read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise ConfigError(f"{env_file} cannot be read: {error.strerror}") from None
    return {**os.environ, **read_env_file(content, str(env_file))}


def account(name: str | None) -> str:
    """The name of a user, None for the present one; UsageError where there is none of the name."""
    from bgjobs.host.ownership import runner

    try:
        return runner(name).name
    except KeyError:
        raise UsageError(f"there is no user {name or os.geteuid()} on this host") from None
