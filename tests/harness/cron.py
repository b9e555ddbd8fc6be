"""A user made for a test, and a crontab(1) that keeps its file in a directory of the test's."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENVIRON = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
SPOOL = Path("/var/spool/cron/crontabs")
HONEST = """
[ "$1" = -u ] && shift 2
case "$1" in
-h) echo "no such option" >&2; exit 1;;
-l) [ -f $tab ] || { echo "no crontab for me" >&2; exit 1; }; cat $tab;;
-r) rm $tab;;
-) cat > $tab;;
esac
"""
_number = itertools.count()


@contextmanager
def throwaway_user(home: Path | None = None) -> Iterator[str]:
    """The name of a fresh user; gone afterwards with its crontab. Needs root."""
    name = f"bgjobs{os.getpid()}x{next(_number)}"
    place = ["--home-dir", str(home)] if home else []
    _run("useradd", "--no-create-home", "--shell", "/bin/sh", *place, name)
    try:
        yield name
    finally:
        (SPOOL / name).unlink(missing_ok=True)
        _run("userdel", name)


class FakeCrontab:
    """A crontab(1) in `place` that does as a script says; `environ` has it at the head of PATH."""

    def __init__(self, place: Path, script: str = HONEST, text: bytes | None = None) -> None:
        self.file = place / "tab"
        if text is not None:
            self.file.write_bytes(text)
        program = place / "crontab"
        program.write_text(f"#!/bin/sh\ntab={self.file}\nplace={place}\n{script}\n")
        program.chmod(0o755)
        self.environ = {"PATH": f"{place}:{ENVIRON['PATH']}"}


def _run(*command: str) -> None:
    subprocess.run(command, env=ENVIRON, check=True, capture_output=True)
