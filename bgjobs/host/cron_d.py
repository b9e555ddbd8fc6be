"""A file of /etc/cron.d: cron ignores it whole unless its owner, mode and name are right."""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bgjobs.errors import CrontabError

CRON_D = Path("/etc/cron.d")
_MODE = 0o644
# A dot in the name, and cron does not look at the file.
_NAME = re.compile(r"[A-Za-z0-9_-]+")


class CronFile(NamedTuple):
    """A file `name` of `directory`, written by root."""

    name: str
    directory: Path = CRON_D

    def __str__(self) -> str:
        return str(self.path)

    @property
    def path(self) -> Path:
        """The file; CrontabError for a name that cron would overlook."""
        if not _NAME.fullmatch(self.name):
            raise CrontabError(
                f"cron ignores a file in /etc/cron.d named {self.name!r}: "
                f"use letters, digits, - and _ only"
            )
        return self.directory / self.name

    def read(self) -> bytes | None:
        """Every byte of it, None where there is none."""
        try:
            if self.path.is_symlink():
                raise CrontabError(f"{self} is a symbolic link; bgjobs writes only plain files")
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CrontabError(f"{self} cannot be read: {error.strerror}") from None

    def check(self, text: bytes) -> None:
        """Raise CrontabError for a last line without newline: cron ignores the whole file then."""
        if text and not text.endswith(b"\n"):
            raise CrontabError(f"{self} would end without a newline, and cron would ignore it")

    def write(self, text: bytes) -> None:
        """Put `text` in its place in one step; nothing at all removes the file."""
        try:
            if text:
                self._put(text)
            else:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            hint = "; run this as root" if os.geteuid() != 0 else ""
            raise CrontabError(f"{self} cannot be written: {error.strerror}{hint}") from None

    def fault(self) -> str | None:
        """Why cron ignores the file as it is, or None."""
        found = self.path.stat()
        if found.st_uid != 0:
            return f"{self} does not belong to root; `chown root {self}`"
        if stat.S_IMODE(found.st_mode) & 0o022:
            return f"{self} is writable by others than root; `chmod 644 {self}`"
        return None

    def _put(self, text: bytes) -> None:
        # The dot hides the half-written file from cron.
        fresh = self.directory / f".{self.name}.{os.getpid()}"
        try:
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as file:
                file.write(text)
                os.fchmod(file.fileno(), _MODE)
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(self.path)
        finally:
            with suppress(FileNotFoundError):
                fresh.unlink()
