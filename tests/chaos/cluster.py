"""A server of the trials' own, to be stopped, killed and starved."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bgjobs.host import postgres
from bgjobs.host.account import account_for
from bgjobs.host.binaries import binaries
from bgjobs.host.server import living, postmaster, ready
from bgjobs.store.migrate import migrate
from bgjobs.store.session import Session
from chaos.waiting import until
from harness.databases import short_directory, url_of

_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "100"}


class Cluster:
    """A private server in `home`."""

    def __init__(self, home: Path, more: dict[str, str]) -> None:
        self.home = home
        self.url = postgres.ensure(home, {**_SETTINGS, **more})
        self._number = 0
        self._process: subprocess.Popen[bytes] | None = None
        with psycopg.connect(self._create("ledger"), autocommit=True) as connection:
            migrate(Session(connection))

    def database(self) -> str:
        """The URL of a database with an empty ledger; it stays until the server goes."""
        self._number += 1
        return self._create(f"trial{self._number}", "ledger")

    def _create(self, name: str, copied_from: str = "template0") -> str:
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {copied_from}".encode())
        return url_of(self.url, name)

    def start(self, environ: Mapping[str, str] | None = None) -> None:
        """Start it again, which recovers what a crash has left; `environ` goes to the server."""
        if environ is None:
            postgres.ensure(self.home)
            return
        account = account_for(self.home / "data")
        self._process = subprocess.Popen(
            [binaries() / "postgres", "-D", self.home / "data"],
            cwd=self.home,
            env={"PATH": "/usr/bin:/bin", **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **(account.arguments if account else {}),
        )
        until(lambda: ready(self.home), "the server")

    def admit(self, network: str) -> None:
        """Let anybody in who comes from there."""
        with (self.home / "data/pg_hba.conf").open("a", encoding="ascii") as rules:
            rules.write(f"host all all {network} trust\n")
        pid = postmaster(self.home)
        assert pid is not None
        os.kill(pid, signal.SIGHUP)

    def stop(self, how: int) -> None:
        """Stop it: SIGINT sends sessions away, SIGQUIT leaves as in a crash; returns when it is gone."""
        pid = postmaster(self.home)
        assert pid is not None
        os.kill(pid, how)
        until(lambda: not living(self.home), "the end of the server")
        self.reap()

    def reap(self) -> None:
        """Take the exit status of a server that was our own child."""
        if self._process:
            self._process.wait()

    def crash(self) -> None:
        """Kill a session's process: the server takes its memory for damaged, and ends all others."""
        with psycopg.connect(self.url) as victim:
            os.kill(victim.info.backend_pid, signal.SIGKILL)
            until(lambda: victim.closed or _gone(victim), "the end of a session")

    @property
    def account(self) -> int:
        """The user that the server runs as."""
        return (self.home / "data").stat().st_uid


@contextmanager
def cluster(**more: str) -> Iterator[Cluster]:
    """A server that is gone afterwards."""
    with short_directory() as place:
        made = None
        try:
            made = Cluster(place / "pg", more)
            yield made
        finally:
            postgres.stop(place / "pg")
            if made is not None:
                made.reap()


def _gone(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False
