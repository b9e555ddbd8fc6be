"""A cron of the test's own: real programs, in a mount namespace with a spool and a mailbox of its own.

Nothing of it can be seen from outside, and nothing outside is changed: it works beside a cron that
runs already, and beside a second test.
"""

import grp
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.cron import ENVIRON
from harness.databases import short_directory

_ENTER = """
set -e
mount -t overlay overlay -o "lowerdir=$1/sbin:/usr/sbin" /usr/sbin
mount --bind "$1/spool" /var/spool/cron/crontabs
mount --bind "$1/cron.d" /etc/cron.d
mount --bind "$1/crontab" /etc/crontab
mount -t tmpfs tmpfs /run
echo entered
exec sleep infinity
"""
# Files what it is given in one step, so that a mail that is seen is whole.
_SENDMAIL = """#!/bin/sh
mail=$(/bin/mktemp {place}/mails/.XXXXXX)
/bin/cat > "$mail"
/bin/mv "$mail" "{place}/mails/mail-$$"
"""
_REPOSITORY = Path(__file__).resolve().parents[2]


class CronHouse:
    """Where crontab(1) and cron(8) see a spool of `place`, and cron mails into it."""

    def __init__(self, place: Path, pid: int) -> None:
        self.place = place
        self._inside = ["nsenter", f"--mount=/proc/{pid}/ns/mnt", "--"]

    def run(
        self, user: str, *command: str | Path, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command as a user, with a bare environment."""
        as_user = [*self._inside, *as_ordinary(user), *command]
        return subprocess.run(
            as_user,
            env={**ENVIRON, "HOME": str(self.place), **(env or {})},
            cwd=self.place,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )

    @contextmanager
    def daemon(self, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Cron, from the start of the block to its end."""
        command = [*self._inside, "/usr/sbin/cron", "-f", "-L", "15"]
        with (self.place / "cron.log").open("ab") as log:
            cron = subprocess.Popen(
                command, env={**ENVIRON, **(env or {})}, stdout=log, stderr=log, cwd="/"
            )
        try:
            yield cron
        finally:
            cron.terminate()
            cron.wait()

    @property
    def mails(self) -> list[str]:
        """What cron has mailed, oldest first."""
        found = [file for file in (self.place / "mails").iterdir() if file.name.startswith("mail-")]
        ordered = sorted(found, key=lambda file: file.stat().st_mtime_ns)
        return [file.read_text("utf-8") for file in ordered]


@contextmanager
def cron_house(require: Callable[..., str]) -> Iterator[CronHouse]:
    """A house that stands as long as the block; the test is skipped where none can be built."""
    require("root")
    require("cron")
    with short_directory() as place:
        furnish(place)
        holder = subprocess.Popen(
            ["unshare", "--mount", "/bin/sh", "-c", _ENTER, "sh", str(place)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRON,
        )
        assert holder.stdout is not None
        with holder:
            try:
                entered = holder.stdout.readline() == b"entered\n"
                require("mount namespaces with overlays", present=entered)
                yield CronHouse(place, holder.pid)
            finally:
                holder.kill()


def as_ordinary(user: str) -> Sequence[str]:
    """The head of a command line that makes it run as `user`."""
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]


def environment_for_all(place: Path) -> Path:
    """An interpreter with this bgjobs that every user can start, even with -I: a fresh venv."""
    base = "/usr/bin/python3" if _out_of_reach(Path(sys.executable).resolve()) else sys.executable
    subprocess.run([base, "-m", "venv", "--without-pip", "--symlinks", place], check=True)
    packages = next(place.glob("lib/python*/site-packages"))
    reached = [str(_REPOSITORY), *(entry for entry in sys.path if entry.endswith("site-packages"))]
    (packages / "reached.pth").write_text("".join(f"{entry}\n" for entry in reached))
    return place / "bin/python"


def wait_until(fact: Callable[[], object], seconds: float, what: str) -> None:
    """Return once the fact holds; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.1)


def furnish(place: Path) -> None:
    """Make the files that are put in the place of the host's."""
    for name in ("sbin", "spool", "cron.d", "mails"):
        (place / name).mkdir()
    (place / "crontab").write_text("")
    (place / "sbin/sendmail").write_text(_SENDMAIL.format(place=place))
    (place / "sbin/sendmail").chmod(0o755)
    (place / "mails").chmod(0o1777)
    os.chown(place / "spool", 0, grp.getgrnam("crontab").gr_gid)
    (place / "spool").chmod(0o1730)


def _out_of_reach(program: Path) -> bool:
    return any(not parent.stat().st_mode & 0o001 for parent in program.parents)
