"""A connection's parameters as the variables that psql reads."""

import psycopg
from psycopg import pq

from bgjobs.errors import ConfigError
from bgjobs.job import Database


def environment(database: Database) -> dict[str, str]:
    """PG* variables for `database`; unlike arguments, no other user of the machine sees them.

    Raises:
        ConfigError: The URL means nothing; its text is not repeated, it may hold a password.
    """
    try:
        options = pq.Conninfo.parse((database.url or "").encode())
    except psycopg.OperationalError:
        message = "[database] url: not a Postgres URL or connection string"
        raise ConfigError(message) from None
    return {
        option.envvar.decode(): option.val.decode()
        for option in options
        if option.envvar and option.val
    }
