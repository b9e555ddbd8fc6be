"""`make chaos`: random faults for a given time, and an account of them."""

import argparse
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from bgjobs.host import postgres
from chaos.cluster import Cluster
from chaos.havoc import Havoc
from chaos.proxy import Proxy
from chaos.shapes import CALL, ONCE, OWN, ROWS, SET, SHARED
from chaos.storm import Storm
from chaos.trial import Trial
from harness.databases import short_directory
from harness.pooler import Pooler
from harness.project import Project


def main() -> int:
    """Raise a storm; returns 1 where the books did not balance."""
    given = _arguments()
    for name in [name for name in os.environ if name.startswith(("PG", "BGJOBS_"))]:
        del os.environ[name]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ExitStack() as opened:
        place = opened.enter_context(short_directory())
        _say(f"seed {given.seed}, {given.seconds:g} s, in {place}")
        storm = _storm(place, given.seed, opened.callback)
        end = time.monotonic() + given.seconds
        try:
            while time.monotonic() < end:
                storm.round()
        except AssertionError as error:
            _say(f"in round {storm.counts['rounds']}: {error}")
            return 1
        finally:
            _account(storm)
    return 0


def _account(storm: Storm) -> None:
    for what in ("rounds", "starts", "faults", "runs killed", "records checked", "violations"):
        _say(f"{storm.counts[what]:8,} {what}")
    for what, number in sorted(storm.counts.items()):
        if what.startswith(" "):
            _say(f"{number:8,} {what}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a program's own output


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    return parser.parse_args()


def _storm(place: Path, seed: int, later: Callable[..., object]) -> Storm:
    os.environ |= {"HOME": str(place), "XDG_STATE_HOME": str(place / "state"), "TZ": "UTC"}
    later(postgres.stop, place / "pg")
    cluster = Cluster(place / "pg", {})
    url = cluster.database()
    routes = {"direct": {}}
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    pool = None
    if program is None:
        _say("without PgBouncer, which is not installed")
    else:
        (place / "pool").mkdir()
        pool = Pooler(program, url, place / "pool")
        later(pool.kill, signal.SIGTERM)
        routes["pooled"] = {"BGJOBS_DATABASE_URL": pool.url(str(conninfo_to_dict(url)["dbname"]))}
    proxy = Proxy(url)
    later(proxy.__exit__, None, None, None)
    routes["proxied"] = {"BGJOBS_DATABASE_URL": proxy.url}
    (place / "project").mkdir()
    project = Project(place / "project", url)
    trial = Trial(project, url, pooled=True)
    later(trial.close)
    later(project.close)
    choice = random.Random(seed)
    havoc = Havoc(trial, cluster, pool, proxy, choice)
    shapes = (SET, ROWS, OWN, ONCE, CALL, SHARED)
    return Storm(trial, seed, shapes, havoc.faults(), routes)


if __name__ == "__main__":
    sys.exit(main())
