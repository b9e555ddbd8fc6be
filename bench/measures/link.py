"""The same work over a link with a round-trip time."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench import jobs
from bench.contest import Contest
from bench.figures import Aim, Figure, Row, Section, ratios, spread
from bench.place import Place
from bench.program import PROGRAMS
from bench.rounds import in_turn
from bench.scale import Scale

ROUND_TRIP = 20
_METHOD = """\
The handler's job over a proxy on loopback that passes each byte on {half} ms later, both ways (a
`SELECT 1` took {measured:.1f} ms). {records:,} records in batches of {batch}; whole processes. By
hand a batch is four statements: the page, the UPDATE, the checkpoint, the COMMIT. psycopg's own
BEGIN makes a fifth round trip of it, unless the COMMIT is AND CHAIN."""


def link(place: Place, scale: Scale) -> list[Section]:
    """A table through the proxy."""
    with _proxy(place) as port:
        return [_section(place, scale, port)]


def _section(place: Place, scale: Scale, port: int) -> Section:
    far = place._replace(server=f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable")
    contest = Contest(place, scale.link, far.url)
    taken = in_turn(
        {
            "bgjobs": contest.bgjobs(jobs.HANDLER),
            "four": contest.script("keyset", far.url, place.home, jobs.BATCH, "chained"),
            "five": contest.script("keyset", far.url, place.home, jobs.BATCH, "checkpoint"),
        },
        scale.few,
        scale.seconds,
    )
    ours = taken["bgjobs"]
    return Section(
        f"Over {ROUND_TRIP} ms, {scale.link:,} records",
        _METHOD.format(
            half=ROUND_TRIP // 2,
            measured=_round_trip(place, far),
            records=scale.link,
            batch=jobs.BATCH,
        ),
        [
            Row("bgjobs, `handler` per record", ours, scale.link),
            Row("by hand, COMMIT AND CHAIN", taken["four"], scale.link, "4 round trips a batch"),
            Row("by hand, as psycopg begins", taken["five"], scale.link, "5 round trips a batch"),
        ],
        [
            Figure(
                "over 20 ms: bgjobs : hand-written loop with four statements a batch",
                ratios(taken["five"], ours),
                Aim(3),
            ),
            Figure("… with four round trips a batch", ratios(taken["four"], ours)),
        ],
    )


def _round_trip(place: Place, far: Place) -> float:
    place.fresh()
    with psycopg.connect(far.url, autocommit=True) as connection:
        taken = []
        for _ in range(20):
            began = time.perf_counter()
            connection.execute("SELECT 1")
            taken.append(time.perf_counter() - began)
    return spread(taken).median * 1000


@contextmanager
def _proxy(place: Place) -> Iterator[int]:
    """The port of a proxy that lives as long."""
    socket = place.home.parent / "pg" / ".s.PGSQL.5432"
    command = [sys.executable, "-I", str(PROGRAMS / "proxy.py"), str(socket), str(ROUND_TRIP / 2)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
