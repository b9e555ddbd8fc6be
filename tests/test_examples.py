"""The jobs.toml at the root does what it says, on the data of the demo."""

from pathlib import Path

import pytest

from bgjobs.config.load import load

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def filled(project):
    project.write("")
    psql = ("db", "psql", "-q", "-v", "ON_ERROR_STOP=1", "-1")
    files = [f"--file={ROOT / 'examples' / name}" for name in ("schema.sql", "data.sql")]
    assert project.bgjobs(*psql, *files).stderr == ""
    return project


def run(project, name, *, status=0):
    environment = {
        "BGJOBS_DATABASE_URL": project.dsn,
        "SENT_FILE": str(project.path / "sent.jsonl"),
    }
    done = project.bgjobs("run", name, "--config", str(ROOT / "jobs.toml"), env=environment)
    assert done.returncode == status, done.stderr
    return done


def one(project, query):
    (row,) = project.rows(query)
    return row


OPEN = "SELECT count(*) AS n FROM task WHERE due_date < now() AND status IN ('Open', 'In Progress')"


def test_overdue_tasks_are_marked_with_an_audit_row_each(filled):
    assert one(filled, OPEN)["n"] == 4000
    run(filled, "overdue-tasks")
    assert one(filled, OPEN)["n"] == 0
    marked = "SELECT count(*) AS n FROM audit_log WHERE action_type = 'task_overdue'"
    assert one(filled, marked)["n"] == 4000
    later = f"--file={ROOT / 'examples/later.sql'}"
    assert filled.bgjobs("db", "psql", "-q", later).returncode == 0
    run(filled, "overdue-tasks")
    assert one(filled, marked)["n"] == 4040
    records = "SELECT processed FROM bgjobs.run ORDER BY started_at"
    assert [row["processed"] for row in filled.rows(records)] == [4000, 40]


def test_reminders_are_sent_once_and_a_bad_address_stops_no_other(filled):
    run(filled, "hearing-reminders", status=3)
    counts = one(filled, "SELECT processed, failed, counters FROM bgjobs.run")
    assert counts["processed"] > 80
    assert counts["failed"] > 0
    reminded = one(filled, "SELECT count(*) AS n FROM hearing WHERE reminded_at IS NOT NULL")["n"]
    assert reminded == counts["processed"] == counts["counters"]["emails"]
    put = one(filled, "SELECT count(*) AS n FROM bgjobs.outbox")["n"]
    assert put == reminded + counts["counters"]["texts"]
    run(filled, "hearing-reminders", status=3)
    assert one(filled, "SELECT count(*) AS n FROM bgjobs.outbox")["n"] == put


def test_snapshots_count_the_same_when_they_are_taken_again(filled):
    run(filled, "analytics-snapshots")
    whole = "SELECT tenant_id, day, metric, value FROM analytics_snapshot ORDER BY 1, 2, 3"
    first = filled.rows(whole)
    assert len(first) == 11 * 6
    run(filled, "analytics-snapshots")
    same = {"tasks_total", "tasks_open", "tasks_overdue", "days_to_complete"}
    assert [row for row in filled.rows(whole) if row["metric"] in same] == [
        row for row in first if row["metric"] in same
    ]


def test_each_person_gets_one_alert_and_each_unwell_rule_is_told(filled):
    run(filled, "due-tomorrow")
    people = one(
        filled,
        """SELECT count(DISTINCT assigned_to) AS n FROM task t, bgjobs.run r
            WHERE t.status IN ('Open', 'In Progress') AND due_date >= r.slot
              AND due_date < r.slot + interval '1 day'""",
    )["n"]
    alerts = one(filled, "SELECT count(*) AS n FROM bgjobs.outbox WHERE job = 'due-tomorrow'")["n"]
    assert 10 < people == alerts
    run(filled, "rule-health")
    alert = one(filled, "SELECT payload FROM bgjobs.outbox WHERE job = 'rule-health'")["payload"]
    assert alert["subject"] == "Only 62% of the automations succeeded"
    run(filled, "sla-windows")
    counters = one(filled, "SELECT counters FROM bgjobs.run WHERE job = 'sla-windows'")["counters"]
    assert counters["warning"] > counters["critical"] > 0


def test_every_job_is_described_and_scheduled():
    config = load(ROOT / "jobs.toml", {})
    assert len(config.jobs) == 6
    assert [
        job.name for job in config.jobs.values() if not (job.description and job.schedule)
    ] == []
