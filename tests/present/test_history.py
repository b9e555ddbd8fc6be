from datetime import UTC, timedelta
from uuid import UUID

from bgjobs.present.history import history
from bgjobs.present.status_word import STYLES
from bgjobs.present.terminal import painter
from bgjobs.record import Counts
from harness.records import NOON, RUN, a_run

LATER = NOON + timedelta(hours=2)


def run_id(number: int) -> UUID:
    return UUID(f"3f2a1b9{number}-0000-4000-8000-000000000001")


def test_each_state_has_a_line_and_those_that_went_wrong_a_second() -> None:
    runs = [
        a_run("running", id=run_id(1), started_at=NOON + timedelta(minutes=117)),
        a_run("success", id=run_id(2)),
        a_run("partial", id=run_id(3)),
        a_run("failed", id=run_id(4), job="overdue-tasks", error_message=f"no {'x' * 90}\nLINE 1"),
        a_run("skipped", id=run_id(5), reason="another run holds the lease", counts=Counts()),
        a_run("crashed", id=run_id(6), finished_at=None, reason="its lease ran out"),
    ]
    text = history(runs, now=LATER, zone=UTC, width=80)
    assert (
        text
        == """\
RUN       JOB            STATUS    STARTED            TOOK  RECORDS
3f2a1b91  purge          running   2026-07-01 13:57  3m00s    1,234
3f2a1b92  purge          success   2026-07-01 12:00  1m30s    1,234
3f2a1b93  purge          partial   2026-07-01 12:00  1m30s    1,234
    2 records failed
3f2a1b94  overdue-tasks  failed    2026-07-01 12:00  1m30s    1,234
    no xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
3f2a1b95  purge          skipped   2026-07-01 12:00               0
    another run holds the lease
3f2a1b96  purge          crashed?  2026-07-01 12:00  2h00m    1,234
    its lease ran out"""
    )
    assert max(map(len, text.splitlines())) <= 80


def test_ids_are_as_long_as_it_takes_to_tell_them_apart() -> None:
    second = UUID("3f2a1b9c-0001-4000-8000-000000000001")
    text = history([a_run(), a_run(id=second)], now=LATER, zone=UTC)
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["3f2a1b9c-0000", "3f2a1b9c-0001"]
    assert str(RUN).startswith("3f2a1b9c-0000")


def test_the_longest_name_and_message_fit_eighty_columns() -> None:
    run = a_run("failed", job="j" * 63, error_message="m" * 500)
    text = history([run], now=LATER, zone=UTC, width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert "2026-07-01 12:00" in text


def test_there_may_be_none() -> None:
    assert history([], now=LATER) == "No runs."


def test_the_state_alone_is_coloured() -> None:
    text = history(
        [a_run("failed", error_message="no")], now=LATER, zone=UTC, paint=painter(STYLES)
    )
    assert "\x1b[1;31mfailed\x1b[0m" in text
    assert text.count("\x1b[") == 2


def test_control_characters_of_an_error_reach_no_terminal() -> None:
    text = history([a_run("failed", error_message="a\x1b[2Jb")], now=LATER, zone=UTC)
    assert text.splitlines()[-1] == "    a [2Jb"
