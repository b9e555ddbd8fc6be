"""A user's project in a directory with an odd name, run by the cron of a house."""

import os
import pwd
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bgjobs.host import postgres
from bgjobs.host.binaries import binaries
from bgjobs.store.migrate import migrate
from bgjobs.store.session import Session
from harness.cron import throwaway_user
from harness.cron_house import CronHouse, as_ordinary, cron_house, environment_for_all


class Shop:
    """The project in `place`, its interpreter, its crontab, and a server of the user's own."""

    def __init__(self, house: CronHouse, user: str) -> None:
        self.house = house
        self.user = user
        self.place = house.place / "my shop, 50%"
        self.place.mkdir()
        self.python = environment_for_all(house.place / "venv")
        self.server = house.place / "pg"
        self.server.mkdir(mode=0o700)
        found = pwd.getpwnam(user)
        for path in (house.place, self.place, self.server):
            os.chown(path, found.pw_uid, found.pw_gid)
        self.url = postgres.ensure(self.server, {"fsync": "off"})
        with psycopg.connect(self.url, autocommit=True) as connection:
            migrate(Session(connection))
        (house.place / "services").write_text(
            f"[shop]\nhost={self.server}\nuser=postgres\ndbname=postgres\n"
        )

    def bgjobs(self, *arguments: str) -> str:
        """Run a command to its good end."""
        done = self.house.run(
            self.user,
            *(self.python, "-I", "-m", "bgjobs", *arguments),
            *("--config", self.place / "jobs.toml"),
            env={"PGSERVICEFILE": str(self.house.place / "services")},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.decode()

    def write_crontab(self, text: bytes) -> None:
        """Put a text into the user's crontab by crontab(1)."""
        file = self.house.place / "new-crontab"
        file.write_bytes(text)
        done = self.house.run(self.user, "crontab", file)
        assert done.returncode == 0, done.stderr

    def read_crontab(self) -> bytes:
        """Every byte of the user's crontab, but for the three lines of crontab(1)'s own."""
        return (self.house.place / "spool" / self.user).read_bytes().split(b"\n", 3)[3]

    def runs(self, job: str) -> list[Mapping[str, Any]]:
        """The finished runs of a job, by slot."""
        query = "SELECT * FROM bgjobs.run WHERE job = %s AND finished_at IS NOT NULL ORDER BY slot"
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(query, [job]).fetchall()

    def restart_server(self, env: Mapping[str, str]) -> None:
        """Start the server anew with these variables in its environment."""
        postgres.stop(self.server)
        major = int((self.server / "data/PG_VERSION").read_text())
        subprocess.run(
            [
                # A library preloaded before the change of user would keep what that user may not open.
                *(*as_ordinary(self.user), "env", *(f"{name}={env[name]}" for name in env)),
                *(binaries(major) / "pg_ctl", "start", "--wait", "--pgdata", self.server / "data"),
                *("--log", self.server / "server.log"),
            ],
            cwd=self.server,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )


@contextmanager
def cron_shop(require: Callable[..., str]) -> Iterator[Shop]:
    """A shop that stands as long as the block; the test is skipped where none can be built."""
    with cron_house(require) as house, throwaway_user(house.place) as user:
        shop = Shop(house, user)
        try:
            yield shop
        finally:
            postgres.stop(shop.server)
