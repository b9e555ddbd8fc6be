"""Where locks and backups live on this machine."""

from collections.abc import Mapping
from pathlib import Path


def state_directory(environ: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/bgjobs`, or ~/.local/state/bgjobs; not made here."""
    base = environ.get("XDG_STATE_HOME", "")
    # The specification has a relative path ignored.
    root = Path(base) if base.startswith("/") else Path.home() / ".local/state"
    return root / "bgjobs"
