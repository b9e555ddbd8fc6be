"""Hosts and servers whose clock is wrong."""

import os
import subprocess
import time
from datetime import datetime
from pathlib import Path


class Clock:
    """A clock for processes started with `environ`, to be set while they run."""

    def __init__(self, faketime: str, place: Path) -> None:
        self._file = place / "clock"
        self.set_by(0)
        shown = subprocess.run(
            [faketime, "-f", "+0", "/usr/bin/printenv", "LD_PRELOAD"],
            check=True,
            capture_output=True,
            text=True,
        )
        self.environ = {
            "LD_PRELOAD": shown.stdout.strip(),
            "FAKETIME_TIMESTAMP_FILE": os.fspath(self._file),
            "FAKETIME_NO_CACHE": "1",
            # Setting a clock does not set the one that only rises.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set_by(self, seconds: float) -> None:
        """Show so many seconds more than it is."""
        fresh = self._file.with_suffix(".fresh")
        fresh.write_text(f"{seconds:+.0f}", "ascii")
        fresh.chmod(0o644)
        fresh.replace(self._file)

    def set_to(self, moment: datetime) -> None:
        """Show this moment, and go on from it."""
        self.set_by(moment.timestamp() - time.time())
