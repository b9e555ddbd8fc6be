import psycopg
import pytest
from psycopg import conninfo, sql

from bgjobs.job import Audit
from bgjobs.store.grants import grants
from bgjobs.store.rights import lacking_rights, role
from bgjobs.store.session import Session

ROLE = "bgjobs_test_rights"


@pytest.fixture
def runner(connection, dsn):
    """A session of a role that was granted what grants.sql grants."""
    name = f"{ROLE}_{conninfo.conninfo_to_dict(dsn)['dbname']}"
    connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
    connection.execute(grants("bgjobs", Audit(), name))
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(name)))
        yield Session(other), name
    connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
    connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def revoke(connection, what, name):
    connection.execute(sql.SQL(f"REVOKE {what} FROM {{}}").format(sql.Identifier(name)))


def test_the_grants_that_are_printed_are_all_it_takes(runner):
    assert lacking_rights(runner[0]) == []


@pytest.mark.parametrize(
    ("revoked", "told"),
    [
        ("INSERT ON bgjobs.run", "INSERT on bgjobs.run"),
        ("UPDATE (status) ON bgjobs.run", "UPDATE (status) on bgjobs.run"),
        ("DELETE ON bgjobs.lease", "DELETE on bgjobs.lease"),
        ("SELECT ON bgjobs.migration", "SELECT on bgjobs.migration"),
        ("INSERT ON audit_log", "INSERT on audit_log"),
        ("SELECT (details) ON audit_log", "SELECT (details) on audit_log"),
    ],
)
def test_a_right_that_is_lacking_is_named(runner, connection, revoked, told):
    session, name = runner
    revoke(connection, revoked, name)
    assert lacking_rights(session) == [told]


def test_the_owner_lacks_nothing(connection):
    session = Session(connection)
    assert lacking_rights(session) == []
    assert role(session)
