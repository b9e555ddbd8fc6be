"""The reminders of jobs.toml by a real mail server: nobody is told twice, nobody is forgotten."""

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.mail import ACCEPTED, MailServer, mail_server
from harness.project import Project
from harness.waiting import children, gone, until

ROOT = Path(__file__).resolve().parents[2]
BUSY = "450 come back later"
NEVER = "550 no such mailbox"
MAILS = """SELECT key, sent_at IS NOT NULL AS sent, sender IS NOT NULL AS sending,
                  EXISTS (SELECT FROM bgjobs.failed_record f
                           WHERE f.key = jsonb_build_object('message', o.key)) AS listed
             FROM bgjobs.outbox o WHERE payload ->> 'to' LIKE '%@%'"""
RUNS = "SELECT status, failed, attempt FROM bgjobs.run ORDER BY started_at"


@pytest.fixture
def reminders(project: Project) -> Project:
    """The clients and hearings of the demo."""
    project.write("")
    files = [f"--file={ROOT / 'examples' / name}" for name in ("schema.sql", "data.sql")]
    done = project.bgjobs("db", "psql", "-q", "-v", "ON_ERROR_STOP=1", "-1", *files)
    assert done.stderr == ""
    return project


def environment(project: Project, server: MailServer) -> dict[str, str]:
    return {
        "BGJOBS_DATABASE_URL": project.dsn,
        "BGJOBS_CONFIG": str(ROOT / "jobs.toml"),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(server.port),
        "SENT_FILE": str(project.path / "sent.jsonl"),
    }


def each_mail(project: Project, server: MailServer) -> list[dict[str, Any]]:
    """The e-mails of the outbox, each with how often the server accepted it by its own log."""
    return [
        {**row, "accepted": server.accepted[name_of(row["key"])]} for row in project.rows(MAILS)
    ]


def name_of(key: str) -> str:
    return f"<{key.replace(':', '.')}@casework>"


@pytest.mark.parametrize("victim", ["worker", "supervisor"])
def test_killed_in_the_middle_with_every_seventh_refused(reminders: Project, victim: str) -> None:
    with mail_server(every_seventh_try, hold_at=40) as server:
        env = environment(reminders, server)
        running = reminders.start("run", "hearing-reminders", env=env)
        until(server.reached.is_set, "the server has accepted 40 messages")
        (worker,) = children(running.pid)
        os.kill(worker if victim == "worker" else running.pid, signal.SIGKILL)
        assert running.wait(60) == (1 if victim == "worker" else -signal.SIGKILL)
        until(lambda: gone(worker), "the worker is gone")
        again = reminders.bgjobs("run", "hearing-reminders", env=env)
    mails = each_mail(reminders, server)
    assert server.came > len(mails) > 80
    # Once, or on the list; and on the list as well is the one that was in the air.
    assert {row["accepted"] for row in mails if not row["listed"]} == {1}
    assert all(row["sent"] != row["listed"] and not row["sending"] for row in mails)
    assert Counter(row["accepted"] for row in mails if row["listed"])[1] == 1
    assert max(server.accepted.values()) == 1
    crashed, last = reminders.rows(RUNS)
    assert (crashed["status"], last["attempt"]) == ("crashed", 2)
    assert again.returncode == (3 if last["failed"] <= 10 else 1), again.stderr


def test_what_is_refused_for_good_is_listed_and_retry_sends_it(reminders: Project) -> None:
    with mail_server(every_seventh_mailbox) as server:
        env = environment(reminders, server)
        first = reminders.bgjobs("run", "hearing-reminders", env=env)
    mails = each_mail(reminders, server)
    assert (first.returncode, len(mails) > 80) == (1, True)
    assert "more than max_failures allows; the last, message hearing:" in first.stderr
    assert "no such mailbox" in first.stderr
    refused = [row["key"] for row in mails if row["listed"]]
    assert len(refused) == len(mails) // 7
    assert all((row["accepted"], row["sent"]) == (0, False) for row in mails if row["listed"])
    assert all((row["accepted"], row["sent"]) == (1, True) for row in mails if not row["listed"])
    assert server.came == len(mails) + 2 * len(refused)
    with mail_server() as server:
        env = environment(reminders, server)
        reminders.bgjobs("retry", "hearing-reminders", env=env)
    assert server.accepted == dict.fromkeys(map(name_of, refused), 1)
    assert not any(row["listed"] for row in each_mail(reminders, server))


def every_seventh_try(came: int, _number: int) -> str:
    return BUSY if came % 7 == 0 else ACCEPTED


def every_seventh_mailbox(_came: int, number: int) -> str:
    return NEVER if number % 7 == 0 else ACCEPTED
