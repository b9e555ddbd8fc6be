"""Clocks that are wrong, that are set, and that show an hour twice."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from chaos.books import violations
from chaos.catalogue import Fault, fault, held
from chaos.clocks import Clock
from chaos.cluster import cluster
from chaos.gate import HandlerGate, standing
from chaos.shapes import OWN, ROWS, SET
from chaos.trial import Trial
from harness.project import Project

UNHARMED = {"ledger": "success", "audit": "success", "exits": "0"}
HOUR = 3600
Require = Callable[..., str]


@fault(
    "a host an hour ahead at work, one an hour behind starts by hand",
    ledger="success skipped",
    audit="success",
    exits="0 75",
    shapes="rows own",
)
def test_wrong_clocks(trial: Trial, tmp_path: Path, require: Require) -> None:
    ahead, behind = (clock(require, tmp_path / name, by) for name, by in HOSTS)
    with HandlerGate(trial) as gate:
        for one in standing(trial, gate, (ROWS, OWN), env=ahead.environ):
            gate.wait(one)
            trial.run(one.job, env=behind.environ)
            gate.open(one.job)
            one.end()


@fault("the host's clock is set back by an hour in a batch", shapes="rows own", **UNHARMED)
def test_clock_set_back(trial: Trial, tmp_path: Path, require: Require) -> None:
    host = clock(require, tmp_path / "host", 0)
    with HandlerGate(trial) as gate:
        started = standing(trial, gate, (ROWS, OWN), env=host.environ, timeout="30 minutes")
        for one in started:
            gate.wait(one)
        host.set_by(-HOUR)
        for one in started:
            gate.open(one.job)
            one.end()


HOSTS = (("ahead", HOUR), ("behind", -HOUR))
SAME_SLOT = Fault(
    "hosts an hour ahead and an hour behind start by cron",
    "success skipped",
    "success",
    "0 0",
    "set rows",
)


def test_slot_is_told_by_the_database(trial: Trial, tmp_path: Path, require: Require) -> None:
    for name, by in HOSTS:
        host = clock(require, tmp_path / name, by)
        for shape in (SET, ROWS):
            trial.start(trial.job(shape, schedule="* * * * *"), "--cron", env=host.environ)
    before = now(trial)
    for one in trial.started:
        assert one.end() == 0
        assert one.err == ""
    minutes = trial.watch.execute(
        """SELECT job, slot, count(*) FILTER (WHERE status = 'success'), count(*)
             FROM bgjobs.run WHERE trigger = 'cron' GROUP BY job, slot"""
    ).fetchall()
    assert {succeeded for _, _, succeeded, _ in minutes} == {1}
    assert sum(starts for *_, starts in minutes) == len(trial.started)
    # Minutes may have passed on a busy machine, but no hour.
    assert all((slot - before).total_seconds() < HOUR / 2 for _, slot, *_ in minutes)
    held(SAME_SLOT)


def now(trial: Trial) -> datetime:
    (moment,) = trial.watch.execute("SELECT clock_timestamp()").fetchone()
    return moment


def clock(require: Require, place: Path, seconds: float) -> Clock:
    place.mkdir()
    made = Clock(require("faketime"), place)
    made.set_by(seconds)
    return made


CHANGES = Fault(
    "two starts by cron at each side of a change of the clocks",
    "success skipped, for each slot",
    "success, for each slot",
    "0",
    "set",
)
SPRING = datetime(2026, 3, 29, 1, 0, 5, tzinfo=UTC)
FIRST = datetime(2026, 10, 25, 0, 30, 5, tzinfo=UTC)
SECOND = datetime(2026, 10, 25, 1, 30, 5, tzinfo=UTC)


def test_change_of_the_clocks(tmp_path: Path, require: Require) -> None:
    """The server's clock tells which slot it is: here it is set to moments in Berlin."""
    with cluster() as own:
        server = Clock(require("faketime"), own.home.parent)
        own.stop(signal.SIGINT)
        server.set_to(SPRING)
        own.start(server.environ)
        url = own.database()
        trial = Trial(Project(tmp_path, url), url)
        for moment, jobs in (
            (SPRING, {"gap": "30 2 * * *"}),
            (FIRST, {"fixed": "30 2 * * *", "interval": "*/30 2 * * *"}),
            (SECOND, {"fixed": "30 2 * * *", "interval": "*/30 2 * * *"}),
        ):
            server.set_to(moment)
            for job, schedule in jobs.items():
                trial.job(SET, job, schedule=schedule, timezone="Europe/Berlin")
            for one in [trial.start(job, "--cron") for job in jobs for _ in range(2)]:
                assert (one.end(), one.err) == (0, "")
        slots = trial.watch.execute(
            """SELECT job, slot, array_agg(status ORDER BY status DESC)
                 FROM (SELECT DISTINCT job, slot, status FROM bgjobs.run) AS run
                GROUP BY job, slot ORDER BY job, slot"""
        ).fetchall()
        taken = ["success", "skipped"]
        assert slots == [
            ("fixed", FIRST.replace(second=0), taken),
            ("gap", SPRING.replace(second=0), taken),
            ("interval", FIRST.replace(second=0), taken),
            # Nothing was started at it, and catch_up is "skip": both starts may see that.
            ("interval", SECOND.replace(minute=0, second=0), ["skipped"]),
            ("interval", SECOND.replace(second=0), taken),
        ]
        assert violations(trial.watch, trial.secrets) == []
        trial.close()
    held(CHANGES)
