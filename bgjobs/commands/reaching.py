"""From [database] to a server that can be reached: an embedded one is started."""

from pathlib import Path

from bgjobs.job import Database

_EMBEDDED = "embedded:"


def resolve(database: Database, base: Path) -> Database:
    """The database with a URL libpq understands; `base` is the directory of jobs.toml.

    Where `url` is `embedded:PATH`, its server is started unless it runs.
    """
    home = embedded(database, base)
    if home is None:
        return database
    from bgjobs.host.postgres import ensure

    return database._replace(url=ensure(home))


def embedded(database: Database, base: Path) -> Path | None:
    """Home directory of the embedded server, or None where the server is somebody else's."""
    given = database.url or ""
    if not given.startswith(_EMBEDDED):
        return None
    return base / Path(given.removeprefix(_EMBEDDED)).expanduser()
