"""Which process of which boot of which machine this is."""

import os
from pathlib import Path
from typing import NamedTuple

_MACHINE = Path("/etc/machine-id")
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Identity(NamedTuple):
    """A process, as the ledger names it.

    `boot` is "MACHINE:BOOT", either part empty where the host does not tell; the machine's is
    only the head of its id, which is not meant to be passed around.
    """

    host: str
    boot: str
    pid: int

    def outlived(self, boot: str) -> bool:
        """Whether `boot` is an earlier one of this very machine, so that its processes are gone."""
        machine, _, started = self.boot.partition(":")
        their_machine, _, their_start = boot.partition(":")
        if not (machine and started and their_start):
            return False
        return their_machine == machine and their_start != started


def identity() -> Identity:
    """This process."""
    boot = f"{_read(_MACHINE)[:8]}:{_read(_BOOT)}"
    return Identity(os.uname().nodename, boot, os.getpid())


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
