"""A table of records, and jobs worked on it in this process."""

from collections.abc import Iterator

import psycopg
import pytest

from harness import databases
from harness.tasks import Works

# The search path begins with the user's own schema. All that a test makes goes there, and is gone
# with it: to copy a database for each test would take most of the time.
_FRESH = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ BEGIN EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', current_user); END $$;
TRUNCATE audit_log, bgjobs.run, bgjobs.lease, bgjobs.failed_record, bgjobs.outbox, bgjobs.pause,
         bgjobs.known_job;
CREATE SCHEMA AUTHORIZATION CURRENT_USER;
CREATE TABLE item (id int PRIMARY KEY, note text, done int NOT NULL DEFAULT 0);
CREATE TABLE effect (id int NOT NULL);
INSERT INTO item SELECT n, 'note ' || n FROM generate_series(1, 35) AS n;
"""


@pytest.fixture(scope="module")
def shared_dsn(server: str, template: str) -> Iterator[str]:
    """The URL of a database that the tests of a module use one after the other."""
    with databases.database(server, template) as url:
        yield url


@pytest.fixture
def work(shared_dsn: str) -> Iterator[Works]:
    """Works jobs on `item`, 35 records that are worked in four batches of ten."""
    with psycopg.connect(shared_dsn, autocommit=True) as connection:
        connection.execute(_FRESH)
    made = Works(shared_dsn)
    yield made
    made.close()
