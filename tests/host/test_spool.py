"""Runs kept on disk until the database can be told."""

import multiprocessing
import os
import resource
import signal
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from bgjobs.host.spool import Spool
from bgjobs.record import Counts, RunRecord, RunStatus, Trigger

SLOT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def a_run(**changes: object) -> RunRecord:
    made = RunRecord(
        id=uuid4(),
        job="nightly",
        slot=SLOT,
        trigger=Trigger.CRON,
        status=RunStatus.FAILED,
        attempt=0,
        host="alpha",
        pid=4711,
        version="1.2.3",
        parameters={"day": "Montag", "secret": "***", "n": 3},
        started_at=SLOT + timedelta(seconds=1),
        heartbeat_at=SLOT + timedelta(seconds=1),
        finished_at=SLOT + timedelta(seconds=31, microseconds=5),
        counts=Counts(5, 3, 1, 1, 2),
        counters={"mails": 2},
        cursor=None,
        error_class="DatabaseUnreachableError",
        error_message="the database cannot be reached: Verbindung verweigert ☃",
        error_stack=None,
        output="printed\n" * 3,
        reason=None,
    )
    return made._replace(**changes)


JOBS = Path("/srv/nightly/jobs.toml")
PLACE = "spool/srv/nightly/jobs.toml"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path, JOBS)


def silent(line: str) -> None:
    pytest.fail(f"unexpected: {line}")


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "spool").rglob("*") if path.is_file())


def test_run_comes_back_as_it_was(spool: Spool, tmp_path: Path) -> None:
    run = a_run()
    assert spool.put(run) is None
    assert spool.waiting() == 1
    claims = spool.claims(silent)
    claim = next(claims)
    assert claim.record == run
    claim.done()
    assert list(claims) == []
    assert files(tmp_path) == []


def test_files_are_private(spool: Spool, tmp_path: Path) -> None:
    run = a_run()
    spool.put(run)
    path = tmp_path / PLACE / f"{run.id}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_oldest_is_taken_first(spool: Spool, tmp_path: Path) -> None:
    runs = [a_run() for _ in range(5)]
    for age, run in enumerate(runs):
        spool.put(run)
        os.utime(tmp_path / PLACE / f"{run.id}.json", (1000 - age, 1000 - age))
    assert [claim.record for claim in spool.claims(silent)] == runs[::-1]


def test_run_that_was_not_recorded_stays(spool: Spool) -> None:
    spool.put(a_run())
    for _ in spool.claims(silent):
        pass
    claims = spool.claims(silent)
    next(claims)
    claims.close()  # as when its user raises
    assert spool.waiting() == 1
    assert len(list(spool.claims(silent))) == 1


def test_two_at_once_take_each_run_once(spool: Spool) -> None:
    runs = [a_run() for _ in range(4)]
    for run in runs:
        spool.put(run)
    one, other = spool.claims(silent), spool.claims(silent)
    taken = []
    for claims in (one, other, one, other):
        claim = next(claims)
        taken.append(claim.record)
        claim.done()
    assert sorted(taken) == sorted(runs)
    assert list(one) == list(other) == []


def test_run_that_is_being_recorded_is_left_to_who_has_it(spool: Spool) -> None:
    spool.put(a_run())
    first = spool.claims(silent)
    claim = next(first)
    assert list(spool.claims(silent)) == []
    claim.done()
    assert list(first) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"id": 3}', "\x00\xff"])
def test_file_without_meaning_is_set_aside(spool: Spool, tmp_path: Path, content: str) -> None:
    good = a_run()
    spool.put(good)
    (tmp_path / PLACE / "bad.json").write_text(content, "latin-1")
    lines: list[str] = []
    assert [claim.record for claim in spool.claims(lines.append)] == [good]
    aside = tmp_path / PLACE / "bad" / "bad.json"
    assert lines == [f"{aside}: not a run that this version of bgjobs can read"]
    assert aside.read_text("latin-1") == content
    assert spool.waiting() == 1


def test_run_that_the_database_refuses_is_set_aside(spool: Spool, tmp_path: Path) -> None:
    run = a_run()
    spool.put(run)
    for claim in spool.claims(silent):
        assert claim.set_aside() == tmp_path / PLACE / "bad" / f"{run.id}.json"
    assert spool.waiting() == 0


def test_runs_of_another_jobs_toml_are_left_to_it(spool: Spool, tmp_path: Path) -> None:
    run = a_run()
    Spool(tmp_path, Path("/srv/other/jobs.toml")).put(run)
    assert spool.waiting() == 0
    assert list(spool.claims(silent)) == []
    same = Spool(tmp_path, Path("/srv/nightly/../other/jobs.toml"))
    assert [claim.record for claim in same.claims(silent)] == [run]


def test_file_of_an_older_version_has_defaults(spool: Spool, tmp_path: Path) -> None:
    run = a_run()
    spool.put(run)
    path = tmp_path / PLACE / f"{run.id}.json"
    path.write_text(path.read_text().replace(', "position": {}', ', "unknown": 1'))
    assert [claim.record for claim in spool.claims(silent)] == [run]


def test_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = a_run()
    spool = Spool(tmp_path / "file", JOBS)
    assert spool.put(run) == (
        f"run {run.id} is in no history: {tmp_path}/file/{PLACE} cannot be written: Not a directory"
    )
    assert spool.waiting() == 0
    assert list(spool.claims(silent)) == []


def test_full_disk_is_told_and_leaves_no_half_of_a_file(spool: Spool, tmp_path: Path) -> None:
    spool.put(a_run())
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        os._exit(0 if "File too large" in str(spool.put(a_run())) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert len(files(tmp_path)) == 1


def _put_for_ever(state: Path) -> None:
    spool = Spool(state, JOBS)
    while True:
        spool.put(a_run())


def test_killed_writers_leave_whole_files_alone(spool: Spool, tmp_path: Path) -> None:
    writers = [
        multiprocessing.get_context("fork").Process(target=_put_for_ever, args=(tmp_path,))
        for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    while spool.waiting() < 50:
        pass
    for writer in writers:
        os.kill(writer.pid or -1, signal.SIGKILL)
        writer.join()
    assert len(list(spool.claims(silent))) == spool.waiting() >= 50
