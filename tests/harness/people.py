"""Programs run as somebody else than the user of the tests."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_HERE = Path(__file__).resolve().parents[2]
_ORDINARY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")


def ordinary_user() -> list[str]:
    """The head of a command line that makes it run as an ordinary user."""
    return [*_ORDINARY] if os.geteuid() == 0 else []


def ordinary_python() -> list[str] | None:
    """A Python run by an ordinary user with bgjobs in reach; None where there is none."""
    found = [entry for entry in sys.path if entry.endswith("site-packages")]
    head = [*ordinary_user(), "env", f"PYTHONPATH={os.pathsep.join([str(_HERE), *found])}"]
    for interpreter in (sys.executable, "/usr/bin/python3"):
        command = [*head, interpreter]
        if _works(command):
            return command
    return None


def _works(command: Sequence[str]) -> bool:
    test = "import sys, bgjobs.host.postgres; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([*command, "-c", test], capture_output=True, check=False).returncode == 0
