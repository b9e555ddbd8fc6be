"""Where locks and backups live on this machine."""

from collections.abc import Mapping
from pathlib import Path


def state_directory(environ: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/bgjobs`, else ~/.local/state/bgjobs; not made here."""
    base = environ.get("XDG_STATE_HOME", "")
    # The specification has a relative path ignored.
    if base.startswith("/"):
        return Path(base) / "bgjobs"
    try:
        return Path.home() / ".local/state/bgjobs"
    except RuntimeError:  # no HOME, and a user that no password file knows, as containers have
        return Path("/var/lib/bgjobs")


def unwritable(directory: Path) -> str | None:
    """Why no file can be made in a directory, which is made where it is missing; or None."""
    from tempfile import TemporaryFile

    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=directory) as file:
            file.write(b"\0")
    except OSError as error:
        return f"{error.strerror} ({error.filename or directory})"
    return None
