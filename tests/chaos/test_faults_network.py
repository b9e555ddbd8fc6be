"""The network between a run and its server breaks, or what stands in between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from chaos.catalogue import Fault, check, fault, held
from chaos.cluster import cluster
from chaos.gate import IN_WORK, Gate
from chaos.island import island
from chaos.proxy import Do, Message, Once, Proxy, nth
from chaos.shapes import CALL, ONCE, OWN, ROWS, SET
from chaos.trial import Trial
from chaos.waiting import until
from harness.pooler import pooler
from harness.project import Project

UNHARMED = {"ledger": "success", "audit": "success", "exits": "0"}
Require = Callable[..., str]


CALLS = 20


def commit(message: Message) -> bool:
    return message.from_client and message.commits


def committed(message: Message) -> bool:
    return not message.from_client and message.commits


@fault("the link is cut before a COMMIT arrives", shapes="set rows own once call", **UNHARMED)
def test_cut_before_commit(distant: Trial, proxy: Proxy) -> None:
    for shape, number in ((SET, 3), (ROWS, 3), (OWN, 3), (ONCE, 1), (CALL, 1)):
        proxy.judge_by(Once(nth(number, commit), Do.CUT))
        distant.run(distant.job(shape))


@fault("the answer to a COMMIT is lost", shapes="set rows own once call", **UNHARMED)
def test_answer_lost(distant: Trial, proxy: Proxy) -> None:
    for shape, number in ((SET, 3), (ROWS, 3), (OWN, 3), (ONCE, 1), (CALL, 1)):
        proxy.judge_by(Once(nth(number, committed), Do.CUT))
        distant.run(distant.job(shape))


@fault(
    "the link goes silent at a COMMIT and stays open, timeout",
    ledger="timed_out success",
    audit="failed success",
    exits="124",
    shapes="set rows own once",
)
def test_silence(distant: Trial, proxy: Proxy) -> None:
    seen: set[int] = set()

    def first_of_each_link(message: Message) -> Do:
        if not commit(message) or message.link in seen or len(seen) == 4:
            return Do.PASS
        seen.add(message.link)
        return Do.FREEZE

    proxy.judge_by(first_of_each_link)
    for shape in (SET, ROWS, OWN, ONCE):
        distant.start(distant.job(shape, timeout="3 s"))
    for one in distant.started:
        one.end()
        distant.job(one.job)
    proxy.cut()


EVERY = Fault(
    "the link is cut at the first call, the second and so on to the last",
    "success, or failed success",
    "success, or failed success",
    "0, or 69 before the run was opened",
    "rows set",
)


def test_cut_at_every_call(trial: Trial) -> None:
    """Each start has a proxy and a job of its own, two at a time."""
    cuts = [
        (trial.job(shape, f"{shape}-{number}", batch_size=30), number, do)
        for shape, do in ((ROWS, Do.CUT), (SET, Do.PASS_AND_CUT))
        for number in range(1, calls(trial, shape) + 1)
    ]

    def cut(job: str, number: int, do: Do) -> tuple[str, int | None]:
        with Proxy(trial.direct) as proxy:
            judge = Once(nth(number, lambda message: message.asks), do)
            proxy.judge_by(judge)
            status = trial.run(job, env={"BGJOBS_DATABASE_URL": proxy.url}).exit
        assert judge.happened
        return job, status

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda given: cut(*given), cuts))
    assert {status for _, status in done} == {0, 69}
    trial.settle([job for job, status in done if status])
    held(EVERY)


def calls(trial: Trial, shape: str) -> int:
    """How often an unharmed run waits for an answer."""
    asked: list[Message] = []

    def note(message: Message) -> Do:
        if message.asks:
            asked.append(message)
        return Do.PASS

    with Proxy(trial.direct) as proxy:
        proxy.judge_by(note)
        job = trial.job(shape, f"{shape}-unharmed", batch_size=30)
        trial.run(job, env={"BGJOBS_DATABASE_URL": proxy.url})
    return len(asked)


@fault("PgBouncer killed in a batch, and started again", shapes="set rows own", **UNHARMED)
def test_pooler_restarted(trial: Trial, server: str, require: Require) -> None:
    program = require("pgbouncer")
    name = str(conninfo_to_dict(trial.direct)["dbname"])
    with pooler(program, server) as pool, Gate(trial, IN_WORK) as gate:
        for shape in (SET, ROWS, OWN):
            gate.shut(trial.job(shape))
            trial.start(shape, env={"BGJOBS_DATABASE_URL": pool.url(name)})
        for one in trial.started:
            gate.wait(one)
        pool.kill()
        pool.start()
        for one in trial.started:
            gate.open(one.job)
        for one in trial.started:
            one.end()


DROPPED = Fault("the network goes silent, then comes back", shapes="rows set", **UNHARMED)


def test_network_dropped(tmp_path: Path, require: Require) -> None:
    require("root")
    require("ip")
    with island() as away, cluster(listen_addresses=away.here) as own, ExitStack() as opened:
        own.admit(away.network)
        url = own.database()
        trial = Trial(Project(tmp_path, away.url(url)), url)
        opened.callback(trial.close)
        gate = opened.enter_context(Gate(trial, IN_WORK))
        for shape in (ROWS, SET):
            gate.shut(trial.job(shape))
            trial.start(shape, program=away.program)
        for one in trial.started:
            gate.wait(one)
        # Where a whole host is gone, only the server can notice it.
        assert all(0 < seconds <= 30 for seconds in away.keepalives())
        away.down()
        for one in trial.started:
            gate.open(one.job)
        until(lambda: away.connections() == 0, "the end of all connections over there")
        assert trial.waiting_for_clients() == 2
        away.up()
        for one in trial.started:
            one.end()
        check(trial, DROPPED)
