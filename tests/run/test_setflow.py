"""Set-based batches: all in the server, the next one sent before this one is answered."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bgjobs.errors import ExitStatus
from bgjobs.job import Allowance
from bgjobs.record import Counts, RunStatus
from bgjobs.run.execute import Outcome, execute
from harness.effects import EVERY, INSERT, effects
from harness.tasks import Works, a_job, key_of

BOUND = 60


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + BOUND
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_each_record_is_worked_once_whatever_the_batches(work: Works) -> None:
    for size in (1, 5, 7, 34, 35, 36):
        for watched in ({}, {"limit": 1000}, {"pause": timedelta(microseconds=1)}):
            work.rows("TRUNCATE effect")
            outcome = work(statement=INSERT, batch_size=size, **watched)
            assert outcome.status is RunStatus.SUCCESS
            assert outcome.counts == Counts(35, 35, 0, 0, -(-35 // size))
            assert effects(work) == EVERY
            assert work.seen[-1] == 35
    work.rows("TRUNCATE item")
    assert work(statement=INSERT).counts == Counts()


def test_statements_of_every_kind_read_the_batch(work: Works) -> None:
    work.rows("CREATE TABLE tally (g int PRIMARY KEY, n int NOT NULL)")
    for statement in (
        "WITH odd AS (SELECT id FROM batch WHERE id % 2 = 1) INSERT INTO effect SELECT id FROM odd",
        (
            "WITH RECURSIVE up (n) AS (SELECT min(id) FROM batch UNION ALL SELECT n + 1 FROM up"
            " WHERE n < (SELECT max(id) FROM batch)) INSERT INTO effect SELECT n FROM up WHERE n % 2 = 0;"
        ),
        (
            "WITH gone AS (DELETE FROM effect e USING batch WHERE e.id = batch.id AND e.id = 7"
            " RETURNING e.id) UPDATE item SET done = 1 FROM gone WHERE item.id = gone.id -- the end"
        ),
        (
            "INSERT INTO tally SELECT id / 20, count(*) FROM batch GROUP BY 1"
            " ON CONFLICT (g) DO UPDATE SET n = tally.n + excluded.n"
        ),
        (
            "MERGE INTO item USING batch ON item.id = batch.id AND item.done = 0"
            " WHEN MATCHED AND batch.id = 8 THEN UPDATE SET done = 2 WHEN NOT MATCHED THEN DO NOTHING"
        ),
        "SELECT set_config('x.y', 'a%b :no', false) FROM batch WHERE note LIKE 'note 3%'",
    ):
        outcome = work(statement=statement)
        assert (outcome.failure, outcome.counts.processed) == (None, 35)
    assert effects(work) == [n for n in EVERY if n != 7]
    assert work.rows("SELECT * FROM tally ORDER BY g") == [(0, 19), (1, 16)]
    assert work.rows("SELECT id, done FROM item WHERE done > 0 ORDER BY id") == [(7, 1), (8, 2)]


def test_parameters_and_percent_signs_stand_in_select_and_statement(work: Works) -> None:
    outcome = work(
        select="SELECT id, :word::text AS word FROM item WHERE note LIKE '%' || :digit AND id % 2 = :odd",
        statement="INSERT INTO effect SELECT id * :times FROM batch"
        " WHERE word = '50% :odd' AND :job = 'work' AND :slot > 'epoch' AND :run_id IS NOT NULL",
        params={"word": "50% :odd", "digit": "5", "odd": 1, "times": 2},
    )
    assert outcome.failure is None
    assert effects(work) == [10, 30, 50, 70]


def test_a_composite_key_of_mixed_directions_is_walked_in_order(work: Works) -> None:
    work.rows("CREATE TABLE walked (n serial, id int)")
    outcome = work(
        select="SELECT id % 4 AS g, id / 9 AS h, id FROM item",
        key=key_of("g DESC", "h", "id DESC"),
        statement="INSERT INTO walked (id) SELECT id FROM batch ORDER BY g DESC, h, id DESC",
        batch_size=4,
    )
    assert outcome.counts.batches == 9
    walked = work.column("SELECT id FROM walked ORDER BY n")
    assert walked == work.column("SELECT id FROM item ORDER BY id % 4 DESC, id / 9, id DESC")


def test_a_poison_row_in_each_batch_is_left_out(work: Works) -> None:
    work.rows("ALTER TABLE effect ADD CHECK (id % 10 <> 3)")
    for fields in ({}, {"limit": 1000}, {"group_by": ("id",)}):
        work.rows("TRUNCATE effect, bgjobs.failed_record")
        outcome = work(statement=INSERT, max_failures=Allowance(4), **fields)
        assert outcome.counts == Counts(35, 31, 0, 4, 4)
        assert effects(work) == [n for n in EVERY if n % 10 != 3]


class InFlight:
    """A set-based run held in the batch that begins with a record, until `release`."""

    def __init__(self, work: Works, record: int = 1, **fields: Any) -> None:
        self.work = work
        self.outcomes: list[Outcome] = []
        self.holder = work.connect()
        self.holder.execute("SELECT pg_advisory_lock(1)")
        held = "CASE WHEN id = :record THEN pg_advisory_xact_lock(1) IS NULL END IS NOT TRUE"
        fields["params"] = {"record": record}
        statement = f"INSERT INTO effect SELECT id FROM batch WHERE {held}"
        self.thread = threading.Thread(
            target=lambda: self.outcomes.append(work(statement=statement, **fields))
        )
        self.thread.start()
        self.wait_for_locks("advisory", 1)

    def wait_for_locks(self, kind: str, number: int) -> None:
        query = (
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT granted AND locktype = %s AND a.datname = current_database()"
        )
        wait_for(lambda: self.work.column(query, [kind])[0] >= number)

    def release(self) -> Outcome:
        self.holder.execute("SELECT pg_advisory_unlock(1)")
        self.thread.join(BOUND)
        return self.outcomes[0]


def test_a_batch_is_known_to_be_committed_while_the_next_one_is_worked(work: Works) -> None:
    # By then the one behind both is sent, so the server has no pause between them.
    running = InFlight(work, record=11, batch_size=5, lock_timeout=timedelta(hours=1))
    wait_for(lambda: work.seen[-1:] == [10])
    assert running.release().counts == Counts(35, 35, 0, 0, 7)


def test_bgjobs_stop_is_heard_at_the_next_batch(work: Works) -> None:
    running = InFlight(work, batch_size=5)
    asking = threading.Thread(
        target=work.rows, args=("UPDATE bgjobs.lease SET stop = 'bgjobs stop by ann'",)
    )
    asking.start()
    running.wait_for_locks("transactionid", 1)
    outcome = running.release()
    asking.join(BOUND)
    assert (outcome.status, outcome.exit) == (RunStatus.INTERRUPTED, ExitStatus.TERMINATED)
    assert outcome.reason == "bgjobs stop by ann"
    done = effects(work)
    assert done == EVERY[: len(done)]
    assert 5 <= len(done) <= 15


def test_rows_that_arrive_behind_the_start_are_another_run_s(work: Works) -> None:
    running = InFlight(work, batch_size=7)
    work.rows("INSERT INTO item VALUES (0), (1000)")
    work.rows("DELETE FROM item WHERE id IN (3, 30)")
    outcome = running.release()
    assert outcome.status is RunStatus.SUCCESS
    # The page in flight had read 3, and whatever is behind the cursor stays there.
    assert effects(work) == [n for n in EVERY if n != 30]
    assert outcome.counts.processed == 34


def test_a_record_that_comes_between_reading_and_working_a_page_pushes_none_out(
    work: Works,
) -> None:
    # With a limit the page is read before the statement is sent over its records.
    work.rows("UPDATE item SET id = id * -2; UPDATE item SET id = -id")
    task = work.open(a_job(statement=INSERT), limit=1000)
    save, late = task.batches.save, iter((1, 25, 43, 63))

    def come_late() -> None:
        work.rows("INSERT INTO item VALUES (%s)", [next(late)])
        save()

    task.batches.save = come_late  # type: ignore[method-assign]
    assert execute(task, lambda: None).status is RunStatus.SUCCESS
    done = effects(work)
    assert [n for n in done if n % 2 == 0] == [n * 2 for n in EVERY]
    assert len(done) == len(set(done))
