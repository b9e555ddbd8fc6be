"""Runs that are shared, on many hosts and under many starts."""

from subprocess import Popen

import psycopg
import pytest
from psycopg import conninfo, sql

from harness.project import PROGRAM, Project
from harness.shared import Items
from harness.waiting import until

SLOT = "2026-07-01T02:00+00:00"
HOSTS = ("alpha", "beta", "gamma")


@pytest.fixture
def items(project: Project) -> Items:
    """Three hundred items, worked by two processes."""
    return Items(project, workers=2)


def on(host: str, items: Items, *arguments: str) -> Popen[str]:
    """Start the program on a host that shares nothing with the others but the database."""
    enter = ("unshare", "--uts", "sh", "-c", f'hostname {host}; exec "$@"', "sh")
    state = {"XDG_STATE_HOME": str(items.path / f"state of {host}")}
    return items.project.start(*arguments, env=state, program=[*enter, *PROGRAM])


def test_shards_on_many_hosts_are_one_run_of_each_slot(items, require):
    require("root")
    require("unshare")
    items.configure('schedule = "0 2 * * *"\n')
    for slot in (SLOT, "2026-07-02T02:00+00:00"):
        running = [
            on(host, items, "run", "work", "--cron", "--slot", slot, "--shard", f"{number}/3")
            for number, host in enumerate(HOSTS, 1)
        ]
        assert [process.communicate(timeout=120)[1] for process in running] == [""] * 3
        assert [process.returncode for process in running] == [0] * 3
    assert items.number("SELECT DISTINCT done FROM item") == 2
    assert [(run["status"], run["processed"]) for run in items.runs] == [("success", 300)] * 2
    assert {run["host"] for run in items.runs} <= set(HOSTS)
    assert items.audit == [("success", 300)] * 2


def test_twenty_starts_at_once_are_one_run_and_none_of_them_calls_it_dead(items):
    items.configure('schedule = "0 2 * * *"\n')
    starts = [items.project.start("run", "work", "--cron", "--slot", SLOT) for _ in range(20)]
    assert [process.communicate(timeout=120)[1] for process in starts] == [""] * 20
    assert {process.returncode for process in starts} == {0}
    assert items.each_once
    assert items.only_run["status"] == "success"
    assert items.audit == [("success", 300)]
    reasons = items.project.rows("SELECT reason FROM bgjobs.run WHERE status = 'skipped'")
    assert len(reasons) == 19
    assert all("taken" in row["reason"] or "lease" in row["reason"] for row in reasons)
    assert items.leases_held == 0


def test_end_that_the_database_is_not_there_for_is_told_to_it_later(items, server):
    items.hold(290)
    running = items.project.start("run", "work")
    until(lambda: items.held() == 1, "the last batch is at work")
    with psycopg.connect(server, autocommit=True) as admin:
        name = str(conninfo.conninfo_to_dict(items.project.dsn)["dbname"])
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        lost = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
        admin.execute(lost, [name])
        running.terminate()
        _, said = running.communicate(timeout=120)
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("true")))
    assert running.returncode == 69
    assert "the database was lost" in said or "cannot be reached" in said
    assert items.only_run["status"] == "running"
    items.go_on()
    items.run(0)
    assert items.each_once
    first, second = items.runs
    assert (first["status"], second["status"]) == ("interrupted", "success")
    assert first["processed"] + second["processed"] == 300
    assert len(items.audit) == 2
