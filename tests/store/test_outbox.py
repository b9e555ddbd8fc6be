"""Each statement of the outbox by its effect."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from bgjobs.errors import LeaseLostError
from bgjobs.record import Failure
from bgjobs.store.batches import Lease
from bgjobs.store.ledger import NO_LANE
from bgjobs.store.outbox import Outbox, Told
from bgjobs.store.session import Session
from harness.ledger import NOON, put, put_lease, put_run

BAD = Failure("SMTPDataError", "mailbox full", "stack")


@pytest.fixture
def outbox(connection: psycopg.Connection) -> Outbox:
    """The outbox of a living run of purge, with four messages: a, b, c and d."""
    run = put_run(connection, status="running")
    put_lease(connection, run, expires_in=5)
    for key in "abcd":
        message = {"job": "purge", "run": run, "key": key, "payload": {"to": key}}
        put(connection, "outbox", message)
    return Outbox(Session(connection), Lease("purge", NO_LANE, 1, run, 7, 60), NOON)


@pytest.fixture
def rows(connection: psycopg.Connection) -> Callable[[str], list[dict[str, Any]]]:
    """What a statement returns."""

    def rows(query: str) -> list[dict[str, Any]]:
        return connection.cursor(row_factory=dict_row).execute(query.encode()).fetchall()

    return rows


def test_oldest_are_claimed_but_for_those_that_rest(outbox, rows):
    first = outbox.claim_messages(2)
    assert [(one.key, one.payload, one.attempt) for one in first] == [
        ("a", {"to": "a"}, 1),
        ("b", {"to": "b"}, 1),
    ]
    resting = rows("SELECT id FROM bgjobs.outbox WHERE key = 'c'")[0]["id"]
    assert [one.key for one in outbox.claim_messages(9, [resting])] == ["d"]
    assert [one.key for one in outbox.claim_messages(9)] == ["c"]
    assert outbox.claim_messages(9) == []


def test_one_that_another_is_claiming_is_passed_over(outbox, dsn):
    with psycopg.connect(dsn) as other:
        other.execute("SELECT FROM bgjobs.outbox WHERE key IN ('a', 'c') FOR UPDATE")
        assert [one.key for one in outbox.claim_messages(9)] == ["b", "d"]


def test_marks_are_kept_listed_and_counted_in_one_step_and_once(outbox, rows):
    a, b, c, _d = outbox.claim_messages(4)
    key = {"job": "purge", "run": uuid4(), "slot": NOON, "error_class": "E", "error_message": "m"}
    put(outbox.session.connection, "failed_record", {**key, "key": {"message": "a"}})
    put(outbox.session.connection, "failed_record", {**key, "key": {"message": "b"}})
    told = [Told(a.id), Told(b.id, BAD), Told(c.id, BAD, again=True)]
    for _ in range(2):  # as where the answer to the first was lost
        kept = outbox.mark_messages(told)
        assert (kept.counts.failed, kept.stop) == (1, None)
    states = rows(
        "SELECT key, sent_at IS NOT NULL AS sent, sender, error_message FROM bgjobs.outbox"
    )
    assert [tuple(row.values()) for row in sorted(states, key=lambda row: row["key"])] == [
        ("a", True, None, None),
        ("b", False, None, "mailbox full"),
        ("c", False, None, None),
        ("d", False, outbox.lease.run, None),
    ]
    (failed,) = rows("SELECT * FROM bgjobs.failed_record")
    assert failed["key"] == {"message": "b"}
    assert (failed["attempt"], failed["run"]) == (2, outbox.lease.run)
    assert (failed["error_class"], failed["error_stack"]) == ("SMTPDataError", "stack")
    again = outbox.claim_messages(9)
    assert [(one.key, one.attempt) for one in again] == [("c", 2)]


def test_marking_renews_the_lease_and_hears_a_wish_to_stop(outbox, rows):
    left = "SELECT expires_at > clock_timestamp() + interval '30 s' AS renewed FROM bgjobs.lease"
    assert not rows(left)[0]["renewed"]
    rows("UPDATE bgjobs.lease SET stop = 'asked by ann' RETURNING 1")
    assert outbox.mark_messages([]).stop == "asked by ann"
    assert rows(left)[0]["renewed"]


def test_what_was_sent_is_marked_though_the_lease_is_lost(outbox, rows):
    (a,) = outbox.claim_messages(1)
    rows("UPDATE bgjobs.lease SET token = token + 1 RETURNING 1")
    with pytest.raises(LeaseLostError, match="purge was taken over"):
        outbox.mark_messages([Told(a.id)])
    assert rows("SELECT key FROM bgjobs.outbox WHERE sent_at IS NOT NULL") == [{"key": "a"}]


def test_messages_of_a_dead_sender_are_listed_and_those_of_a_living_one_are_not(outbox, rows):
    dead, living = uuid4(), put_run(outbox.session.connection, "other", status="running")
    put_lease(outbox.session.connection, living, "other")
    outbox.claim_messages(1)
    for key, sender in (("b", dead), ("c", living)):
        rows(f"UPDATE bgjobs.outbox SET sender = '{sender}' WHERE key = '{key}' RETURNING 1")
    assert [outbox.orphaned_messages(), outbox.orphaned_messages()] == [1, 0]
    (failed,) = rows("SELECT * FROM bgjobs.failed_record")
    assert (failed["key"], failed["error_class"]) == ({"message": "b"}, "OutcomeUnknownError")
    assert "nobody knows whether it went out" in failed["error_message"]
    assert rows("SELECT failed FROM bgjobs.lease WHERE job = 'purge'") == [{"failed": 1}]
    assert [one.key for one in outbox.claim_messages(9)] == ["d"]


def test_listed_messages_alone_are_renewed(outbox, rows):
    a, b, *_ = outbox.claim_messages(4)
    outbox.mark_messages([Told(a.id, BAD), Told(b.id)])
    assert outbox.renew_messages() == 1
    assert [(one.key, one.attempt) for one in outbox.claim_messages(9)] == [("a", 1)]
