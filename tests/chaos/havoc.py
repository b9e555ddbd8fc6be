"""Everything that may befall a run: its processes, its server, its pooler, its network."""

import random
import signal
import time
from collections.abc import Mapping

from chaos.cluster import Cluster
from chaos.proxy import Do, Message, Once, Proxy, nth
from chaos.storm import Fault, Flight, kill, kill_worker
from chaos.trial import Trial
from harness.pooler import Pooler

_LEASE = 5.5
_SILENCE = 2.0
_FIRST = 6


class Havoc:
    """Faults of every kind, on a server, a pooler and a proxy of one's own."""

    def __init__(
        self,
        trial: Trial,
        cluster: Cluster,
        pool: Pooler | None,
        proxy: Proxy,
        choice: random.Random,
    ) -> None:
        self._trial = trial
        self._cluster = cluster
        self._pool = pool
        self._proxy = proxy
        self._choice = choice

    def faults(self) -> Mapping[str, Fault]:
        """By their names."""
        always: dict[str, Fault] = {
            "SIGKILL": kill,
            "SIGKILL of a worker": kill_worker,
            "SIGTERM": lambda flight: flight.send(signal.SIGTERM),
            "SIGSTOP beyond the lease, another run, SIGCONT": self._freeze,
            "pg_terminate_backend": self._terminate,
            "immediate restart of the server": self._restart,
            "crash of another session": self._crash,
            "link cut before a COMMIT": lambda _: self._at_commit(Do.CUT, from_client=True),
            "answer to a COMMIT lost": lambda _: self._at_commit(Do.CUT, from_client=False),
            "link silent, then cut": self._silence,
        }
        if self._pool is not None:
            always["PgBouncer killed and started"] = self._bounce
        return always

    def _freeze(self, flight: Flight) -> None:
        flight.send(signal.SIGSTOP)
        if self._choice.random() < 0.5:
            self._terminate(flight)
        if self._choice.random() < 0.2:
            time.sleep(_LEASE)
        else:
            self._trial.watch.execute(
                "UPDATE bgjobs.lease SET expires_at = clock_timestamp() - interval '1 s'"
                " WHERE ctid IN (SELECT ctid FROM bgjobs.lease WHERE job = %s AND run IS NOT NULL"
                " FOR UPDATE SKIP LOCKED)",
                [flight.job],
            )
        self._trial.run(flight.job, "--slot", flight.slot.isoformat(), env=flight.environ)
        flight.send(signal.SIGCONT)

    def _terminate(self, flight: Flight) -> None:
        for session in self._trial.sessions(flight.job):
            self._trial.watch.execute("SELECT pg_terminate_backend(%s)", [session])

    def _restart(self, _flight: Flight) -> None:
        self._cluster.stop(signal.SIGQUIT)
        self._cluster.start()
        self._trial.look_again()

    def _crash(self, _flight: Flight) -> None:
        self._cluster.crash()
        self._cluster.start()
        self._trial.look_again()

    def _bounce(self, _flight: Flight) -> None:
        assert self._pool is not None
        self._pool.kill()
        self._pool.start()

    def _at_commit(self, do: Do, *, from_client: bool) -> None:
        def commits(message: Message) -> bool:
            return message.commits and message.from_client == from_client

        self._proxy.judge_by(Once(nth(self._choice.randint(1, _FIRST), commits), do))

    def _silence(self, _flight: Flight) -> None:
        asked = self._choice.randint(1, _FIRST)
        self._proxy.judge_by(Once(nth(asked, lambda message: message.asks), Do.FREEZE))
        time.sleep(_SILENCE)
        # A link that went silent later on would never be cut.
        self._proxy.judge_by(lambda _: Do.PASS)
        self._proxy.cut()
