"""A network namespace joined to ours by a pair of interfaces, to be cut off without a word."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from psycopg.conninfo import conninfo_to_dict

from harness.project import PROGRAM


class Island:
    """A namespace `name`, whose processes reach us as `here`."""

    def __init__(self, name: str, number: int) -> None:
        self.network = f"10.213.{number}.0/30"
        self.here = f"10.213.{number}.1"
        self.program = ("ip", "netns", "exec", name, *PROGRAM)
        self._name = name
        self._bridge = f"v{name}"
        _ip("netns", "add", name)
        _ip("link", "add", self._bridge, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("addr", "add", f"{self.here}/30", "dev", self._bridge)
        self.up()
        _ip("-n", name, "addr", "add", f"10.213.{number}.2/30", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")

    def url(self, of_server: str) -> str:
        """A database's URL over there; its client looks every second whether we are alive."""
        dbname = conninfo_to_dict(of_server)["dbname"]
        options = {
            "sslmode": "disable",
            "keepalives_idle": 1,
            "keepalives_interval": 1,
            "keepalives_count": 2,
            "tcp_user_timeout": 2000,
        }
        return f"postgresql://postgres@{self.here}/{dbname}?{urlencode(options)}"

    def keepalives(self) -> list[float]:
        """In how many seconds the server asks each of its clients over there whether it lives."""
        return [
            float(number) * {"ms": 0.001, "sec": 1, "min": 60}[unit]
            for number, unit in re.findall(
                r"timer:\(keepalive,([0-9.]+)(ms|sec|min)", _sockets("src", self.here)
            )
        ]

    def connections(self) -> int:
        """How many connections to us there are over there."""
        return len(_sockets("-N", self._name, "dst", self.here).splitlines())

    def down(self) -> None:
        """Let nothing through, and tell nobody."""
        _ip("link", "set", self._bridge, "down")

    def up(self) -> None:
        """Let everything through."""
        _ip("link", "set", self._bridge, "up")

    def sink(self) -> None:
        """Remove it."""
        _ip("netns", "del", self._name)
        _ip("link", "del", self._bridge, check=False)


@contextmanager
def island() -> Iterator[Island]:
    """A namespace that is gone afterwards. Needs root."""
    made = Island(f"bgj{os.getpid() % 100_000}", os.getpid() % 250)
    try:
        yield made
    finally:
        made.sink()


def _sockets(*filters: str) -> str:
    options = [word for word in filters[:2] if filters[0] == "-N"]
    command = ["ss", *options, "-tnoH", "state", "established", *filters[len(options) :]]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)
