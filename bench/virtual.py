"""The virtual environment of the other tools."""

import subprocess
import sys
from pathlib import Path

_PINS = Path(__file__).parent / "requirements.txt"


def python_with_peers(home: Path) -> str:
    """Make the environment in a directory; returns its interpreter.

    Raises:
        RuntimeError: They cannot be installed.
    """
    place = home / "peers"
    python = str(place / "bin/python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", str(place)],
        [*pip, "--requirement", str(_PINS)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")
    return python
