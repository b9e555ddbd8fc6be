"""Messages on their way out, by `send` functions that are watched."""

import asyncio
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bgjobs import Message, OutcomeUnknownError
from bgjobs.errors import ExitStatus, LeaseLostError
from bgjobs.job import Allowance
from bgjobs.record import RunStatus
from bgjobs.run.execute import Outcome, execute
from bgjobs.run.stops import Stop
from harness.ledger import NOON
from harness.tasks import Works, a_job

BOUND = 60
PUT = """INSERT INTO bgjobs.outbox (job, run, key, payload)
         SELECT 'work', gen_random_uuid(), 'm' || n, to_jsonb(n) FROM generate_series(1, %s) AS n"""
QUICK = {"retry_delay": timedelta(milliseconds=1), "select": "SELECT id FROM item WHERE false"}


@pytest.fixture
def put(work: Works) -> Callable[[int], None]:
    """Puts so many messages into the outbox: m1, m2 and so on."""
    return lambda number: work.rows(PUT, [number]) and None


def deliver(work: Works, send: Callable[[Message], Any], **fields: Any) -> Outcome:
    """A run without records that sends what waits."""
    task = work.open(a_job(**{**QUICK, **fields}), lambda _run, _record: None)
    return execute(task._replace(load_send=lambda: send), lambda: None)


def outbox(work: Works) -> dict[str, str]:
    """Each message by its key: sent, failed, sending or waiting."""
    state = """SELECT key, CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN sender IS NOT NULL THEN
               'sending' WHEN error_message IS NOT NULL THEN 'failed' ELSE 'waiting' END
               FROM bgjobs.outbox ORDER BY id"""
    return dict(work.rows(state))


def listed(work: Works) -> list[tuple[str, str, int]]:
    """What is on the list of failed ones: key, class and attempt."""
    return work.rows(
        """SELECT key ->> 'message', error_class, attempt FROM bgjobs.failed_record ORDER BY 1"""
    )


@pytest.mark.parametrize("kind", ["threads", "coroutines"])
def test_as_many_are_sent_at_a_time_as_concurrency_says(work, put, kind):
    together = threading.Barrier(4)

    def send(message):
        together.wait(BOUND)

    async def send_async(message):
        await asyncio.to_thread(together.wait, BOUND)

    put(8)
    outcome = deliver(work, send if kind == "threads" else send_async, concurrency=4)
    assert (outcome.status, outcome.exit) == (RunStatus.SUCCESS, ExitStatus.SUCCESS)
    assert set(outbox(work).values()) == {"sent"}


def test_slow_message_holds_no_other_up(work, put):
    seen = []
    others = threading.Event()

    def send(message):
        if message.key == "m1":
            assert others.wait(BOUND)
        seen.append(message.key)
        if len(seen) == 5:
            others.set()

    put(6)
    assert deliver(work, send, concurrency=2).status is RunStatus.SUCCESS
    assert seen[-1] == "m1"


def test_refused_message_is_tried_three_times_and_stops_no_other(work, put):
    tried: Counter[str] = Counter()

    def send(message):
        tried[message.key] += 1
        assert message.attempt == tried[message.key]
        if message.key == "m2" or (message.key, message.attempt) == ("m3", 1):
            raise ConnectionRefusedError(f"no thank you, {message.payload}")
        if message.key == "m4":
            raise OutcomeUnknownError("it never answered")
        if message.key == "m5":
            sys.exit("bye")

    put(6)
    outcome = deliver(work, send, max_failures=Allowance(3))
    assert (outcome.status, outcome.exit) == (RunStatus.PARTIAL, ExitStatus.PARTIAL)
    assert outcome.counts.failed == 3
    assert tried == {"m1": 1, "m2": 3, "m3": 2, "m4": 1, "m5": 3, "m6": 1}
    assert outbox(work) == dict.fromkeys(("m1", "m3", "m6"), "sent") | dict.fromkeys(
        ("m2", "m4", "m5"), "failed"
    )
    assert listed(work) == [
        ("m2", "ConnectionRefusedError", 1),
        ("m4", "OutcomeUnknownError", 1),
        ("m5", "SystemExit", 1),
    ]


@pytest.mark.parametrize(("share", "status"), [(0.59, 1), (0.6, 3)])
def test_more_failures_than_allowed_fail_the_run_once_all_are_tried(work, put, share, status):
    def send(message):
        if message.payload % 2:
            raise ValueError(f"bad {message.key}")

    put(5)
    outcome = deliver(work, send, max_failures=Allowance(None, share))
    assert outcome.exit == status
    assert ("3 messages were not sent, more than max" in str(outcome.failure)) == (status == 1)
    assert Counter(outbox(work).values()) == {"failed": 3, "sent": 2}
    assert deliver(work, send).status is RunStatus.SUCCESS


def test_server_that_takes_nothing_is_not_asked_for_ever(work, put):
    tried: Counter[str] = Counter()

    def send(message):
        tried[message.key] += 1
        raise ConnectionRefusedError

    put(1000)
    assert deliver(work, send, concurrency=8).status is RunStatus.FAILED
    assert 100 < len(listed(work)) < 200
    assert outbox(work)["m1000"] == "waiting"


def test_stop_lets_land_what_is_in_the_air_and_sends_no_more(work, put):
    sent = []
    together = threading.Barrier(3)

    def send(message):
        together.wait(BOUND)
        work.stops.ask("stopped by SIGTERM", ExitStatus.TERMINATED)
        together.wait(BOUND)
        sent.append(message.key)

    put(8)
    outcome = deliver(work, send, concurrency=3)
    assert (outcome.status, outcome.exit) == (RunStatus.INTERRUPTED, ExitStatus.TERMINATED)
    assert sorted(sent) == ["m1", "m2", "m3"]
    assert Counter(outbox(work).values()) == {"sent": 3, "waiting": 5}


def test_wish_in_the_lease_stops_it_too(work, put):
    def send(message):
        work.rows("UPDATE bgjobs.lease SET stop = 'asked by ann'")

    put(2)
    outcome = deliver(work, send)
    assert (outcome.status, outcome.reason) == (RunStatus.INTERRUPTED, "asked by ann")
    assert outbox(work) == {"m1": "sent", "m2": "waiting"}


def test_what_hangs_beyond_the_deadline_is_in_doubt_and_what_landed_is_not(work, put):
    landed, over = threading.Event(), threading.Event()

    def send(message):
        if message.key == "m1":
            landed.set()
            return
        assert landed.wait(BOUND)
        work.stops.limit(0, "the timeout passed")
        over.wait(BOUND)

    put(3)
    work.stops.install()
    try:
        outcome = deliver(work, send, concurrency=2)
    except Stop:  # it was raised again on its way out
        pytest.fail("a stop left the run")
    finally:
        work.stops.restore()
        over.set()
    assert (outcome.status, outcome.exit) == (RunStatus.TIMED_OUT, ExitStatus.TIMED_OUT)
    states = outbox(work)
    assert states.pop("m1") == "sent"
    assert "sending" in states.values()
    work.stops = type(work.stops)()
    again: list[str] = []
    allowed = Allowance(2)
    outcome = deliver(work, lambda message: again.append(message.key), max_failures=allowed)
    doubtful = [key for key, state in states.items() if state == "sending"]
    assert [key for key, *_ in listed(work)] == doubtful
    assert outcome.counts.failed == len(doubtful)
    assert again == [key for key, state in states.items() if state == "waiting"]


def test_lease_is_renewed_while_one_message_takes_long(work, put):
    def send(message):
        beats = set()
        while len(beats) < 3:
            beats.update(work.column("SELECT heartbeat_at FROM bgjobs.lease"))
            wait.wait(0.05)

    wait = threading.Event()
    put(1)
    task = work.open(a_job(**QUICK), lambda _run, _record: None, start={"ttl": 0.3})
    outcome = execute(task._replace(load_send=lambda: send), lambda: None)
    assert outcome.status is RunStatus.SUCCESS


def test_lost_lease_ends_it_and_what_was_sent_stays_so(work, put):
    def send(message):
        work.rows("UPDATE bgjobs.lease SET token = token + 1")

    put(2)
    with pytest.raises(LeaseLostError):
        deliver(work, send)
    assert outbox(work) == {"m1": "sent", "m2": "waiting"}


def test_database_lost_while_sending_is_told_of_it_afterwards_and_nothing_is_sent_twice(work, put):
    sent: Counter[str] = Counter()
    kill = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
               WHERE application_name = 'bgjobs:test' AND datname = current_database()"""

    def send(message):
        sent[message.key] += 1
        if message.key in {"m2", "m5"}:
            assert work.column(kill) == [True]

    put(6)
    assert deliver(work, send).status is RunStatus.SUCCESS
    assert sent == dict.fromkeys(outbox(work), 1)
    assert set(outbox(work).values()) == {"sent"}


def test_messages_of_records_that_did_not_fail_go_out_though_others_did(work):
    sent = []

    def handler(run, record):
        if record["id"] == 7:
            raise ValueError("bad record")
        run.send({"id": record["id"]}, key=run.idempotency_key(record))

    task = work.open(a_job(), handler)
    send = lambda message: sent.append(message.payload["id"])  # noqa: E731 - it is what it says
    outcome = execute(task._replace(load_send=lambda: send), lambda: None)
    assert outcome.status is RunStatus.FAILED
    assert sent == [1, 2, 3, 4, 5, 6, 8, 9, 10]


def test_message_whose_key_was_used_is_not_put_in_again(work, put):
    sent = []

    def handler(run, record):
        run.send(record["id"], key="once for all")

    for _ in range(2):
        task = work.open(a_job(), handler)
        execute(task._replace(load_send=lambda: sent.append), lambda: None)
    assert [message.payload for message in sent] == [1]


def test_two_that_send_for_one_job_share_the_messages(work, put):
    other = Works(work.dsn)
    sent: list[str] = []
    together = threading.Barrier(2)

    def send(message):
        if len(sent) < 2:
            together.wait(BOUND)
        sent.append(message.key)

    put(40)
    tasks = [
        works.open(
            a_job(**QUICK, overlap="allow"),
            lambda _run, _record: None,
            start={"lane": UUID(int=number), "slot": NOON - timedelta(hours=number)},
        )
        for number, works in enumerate((work, other), 1)
    ]
    threads = [
        threading.Thread(target=execute, args=(task._replace(load_send=lambda: send), lambda: None))
        for task in tasks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert sorted(sent) == sorted(outbox(work))
    assert set(outbox(work).values()) == {"sent"}
    other.close()
