"""How long the server takes for the history, with the program's own statements."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

import bgjobs.store
from bench.figures import Aim, Figure, Row, Section
from bench.place import Place, run_script
from bench.rounds import in_turn
from bench.scale import Scale
from bgjobs.store.history import History
from bgjobs.store.session import Session

_JOBS = 50
_FILL = Path(__file__).parents[1] / "runs.sql"
_STATEMENTS = Path(bgjobs.store.__file__).parent / "sql"
_METHOD = """\
{runs:,} runs of {jobs} jobs in the ledger, one in 50 of them failed. Planning and execution by
EXPLAIN (ANALYZE), in milliseconds, of the statements that the program's own files hold."""


def history(place: Place, scale: Scale) -> list[Section]:
    """The questions that `bgjobs history` and `bgjobs status` put."""
    url = place.fresh(database="history")
    text = _FILL.read_text("utf-8").replace("{runs}", str(scale.runs))
    run_script(url, text.replace("{jobs}", str(_JOBS)))
    with psycopg.connect(url, autocommit=True) as connection:
        session = Session(connection)
        taken = in_turn(_questions(session), max(scale.starts, 5), scale.seconds)
    return [
        Section(
            f"History of {scale.runs:,} runs",
            _METHOD.format(runs=scale.runs, jobs=_JOBS),
            [Row(name, milliseconds, note="ms") for name, milliseconds in taken.items()],
            [
                Figure(f"{name}, ms of the server", milliseconds, _AIM)
                for name, milliseconds in taken.items()
            ],
        )
    ]


_AIM = Aim(20, at_least=False, unit=" ms")


def _questions(session: Session) -> dict[str, Callable[[], float]]:
    now = History(session).now()
    any_run: dict[str, Any] = {
        "job": None, "status": None, "since": None, "before": None, "limit": 20,
    }  # fmt: skip
    runs = partial(_explain, session, "runs")
    of_job = partial(_explain, session, "runs_of_job")
    since = {**any_run, "status": "failed", "since": now - timedelta(hours=24)}
    jobs = [f"job-{number}" for number in range(_JOBS)]
    return {
        "`history`": partial(runs, any_run),
        "`history NAME`": partial(of_job, {**any_run, "job": "job-17"}),
        "`history NAME` of a job that stopped long ago": partial(
            of_job, {**any_run, "job": "job-0"}
        ),
        "`history --status failed --since 24h`": partial(runs, since),
        "the last run of each job": partial(_explain, session, "last_runs", {"jobs": jobs}),
    }


def _explain(session: Session, name: str, values: dict[str, Any]) -> float:
    text = session.render((_STATEMENTS / f"{name}.sql").read_text("utf-8"))
    explain = b"EXPLAIN (ANALYZE, FORMAT JSON) " + text
    row = session.connection.execute(explain, values).fetchone()
    assert row is not None
    plan = row[0][0]
    found: float = plan["Planning Time"] + plan["Execution Time"]
    return found
