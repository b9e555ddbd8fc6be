"""A trial: jobs on a database, starts that meet a fault, one clean run, and the books."""

import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from chaos import handlers, shapes
from chaos.books import violations
from chaos.waiting import PATIENCE, until
from harness.project import Project

SLOT = "2026-07-01T12:00+00:00"
_DONE = "is done by run"
_BUG = "this is a bug in bgjobs"


class Started:
    """A process that works a job."""

    def __init__(self, job: str, process: subprocess.Popen[str]) -> None:
        self.job = job
        self.process = process
        self.out = ""
        self.err = ""
        self.exit: int | None = None

    @property
    def workers(self) -> list[int]:
        """The children that there are just now."""
        pid = self.process.pid
        with suppress(OSError):
            return [int(child) for child in _children(pid).read_text("ascii").split()]
        return []

    @property
    def worker(self) -> int:
        """The child that calls the handler."""
        return until(lambda: self.workers, "a worker")[0]

    def send(self, number: int) -> None:
        """Send the process that cron would have started a signal."""
        self.process.send_signal(number)

    def end(self) -> int:
        """The exit status, negative for a signal; waits for children that have the streams."""
        self.out, self.err = self.process.communicate(timeout=PATIENCE)
        self.exit = int(self.process.returncode)
        return self.exit


def _children(pid: int) -> Path:
    return Path(f"/proc/{pid}/task/{pid}/children")


class Trial:
    """Jobs of several shapes on one database.

    Args:
        project: Where their jobs.toml lies; its dsn may lead through a pooler or a proxy.
        direct: The URL by which the trial itself looks.
        pooled: Whether the project's sessions are a pooler's.
    """

    def __init__(self, project: Project, direct: str, *, pooled: bool = False) -> None:
        self.project = project
        self.direct = direct
        self._pooled = pooled
        self.watch: Any = None
        self.look_again()
        self.watch.execute(shapes.TABLES.encode())
        self.started: list[Started] = []
        self.database: dict[str, str] = {}
        self._tables: dict[str, str] = {}
        shutil.copy(handlers.__file__, project.path)

    @property
    def jobs(self) -> list[str]:
        """Those declared."""
        return list(self._tables)

    def look_again(self) -> None:
        """Connect anew, once the server answers: it was stopped, or has crashed."""
        if self.watch is not None:
            self.watch.close()
        self.watch = until(self._connected, "an answer of the server")

    def _connected(self) -> psycopg.Connection[Any] | None:
        with suppress(psycopg.OperationalError):
            return psycopg.connect(self.direct, autocommit=True, prepare_threshold=None)
        return None

    def close(self) -> None:
        """Look no more."""
        self.watch.close()

    def job(self, shape: str, name: str = "", **more: Any) -> str:
        """Declare a job, or change it; returns its name, which is the shape's unless given."""
        name = name or shape
        self._tables[name] = shapes.table(name, shape, more)
        keys = "".join(f'{key} = "{value}"\n' for key, value in self.database.items())
        # It holds a secret.
        self.project.write(f"[database]\n{keys}" + "\n".join(self._tables.values())).chmod(0o600)
        return name

    def start(
        self,
        job: str,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
    ) -> Started:
        """Start a job for the trial's slot, unless arguments say otherwise."""
        told = arguments or ("--slot", SLOT)
        process = self.project.start("run", job, *told, env=env, program=program)
        started = Started(job, process)
        self.started.append(started)
        return started

    def run(self, job: str, *arguments: str, **more: Any) -> Started:
        """Start a job and wait for its end."""
        started = self.start(job, *arguments, **more)
        started.end()
        return started

    def settle(self, jobs: Sequence[str] | None = None) -> None:
        """One clean run of each job, or of those that want one; then the books must balance."""
        self.clean(jobs)
        wrong = [*violations(self.watch, self.secrets), *self._said()]
        assert wrong == []

    def clean(self, jobs: Sequence[str] | None = None) -> None:
        """Wait for the server to be rid of dead clients, and run each job of the slot once more."""
        until(self.quiet, "the end of all sessions")
        wanted = list(self._tables) if jobs is None else jobs
        # The first by itself: it tells the ledger of ends that are on disk, and of the dead.
        started = [self.run(job) for job in wanted[:1]]
        started += [self.start(job) for job in wanted[1:]]
        for one in started:
            status = one.end() if one.exit is None else one.exit
            assert status == 0 or (status == 75 and _DONE in one.err), (one.job, status, one.err)

    def quiet(self, job: str = "") -> bool:
        """Whether no session of a job, or of all, is left; a pooler's stay, and are idle."""
        found = self.watch.execute(
            """SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE %s
                  AND (NOT %s OR state IS DISTINCT FROM 'idle')""",
            [f"bgjobs:{job or '%'}", self._pooled],
        ).fetchone()
        return found == (0,)

    def sessions(self, job: str) -> list[int]:
        """The server's processes that work for a job."""
        found = self.watch.execute(
            """SELECT pid FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = %s""",
            [f"bgjobs:{job}"],
        )
        return [pid for (pid,) in found]

    def waiting_for_clients(self) -> int:
        """How many sessions in a transaction wait for what their client says next."""
        found = self.watch.execute(
            """SELECT count(*) FROM pg_stat_activity
                WHERE wait_event = 'ClientRead' AND state <> 'idle'
                  AND application_name LIKE 'bgjobs:%'"""
        ).fetchone()
        return int(found[0])

    def waiting_for(self, session: int, job: str = "") -> list[int]:
        """The sessions of a job, or of all, that wait for a lock which another one holds."""
        found = self.watch.execute(
            """SELECT pid FROM pg_stat_activity
                WHERE %s = ANY (pg_blocking_pids(pid)) AND application_name LIKE %s""",
            [session, f"bgjobs:{job or '%'}"],
        )
        return [pid for (pid,) in found]

    def ledger(self, job: str) -> list[str]:
        """The states of the job's runs, oldest first."""
        rows = self.watch.execute(
            "SELECT status FROM bgjobs.run WHERE job = %s ORDER BY started_at", [job]
        )
        return [status for (status,) in rows]

    def audit(self, job: str) -> list[str]:
        """What the audit table says of them."""
        rows = self.watch.execute(
            """SELECT a.details ->> 'status'
                 FROM audit_log AS a JOIN bgjobs.run AS r ON r.id::text = a.details ->> 'run_id'
                WHERE r.job = %s ORDER BY r.started_at""",
            [job],
        )
        return [status for (status,) in rows]

    @property
    def secrets(self) -> set[str]:
        """What must turn up nowhere: the job's, and the database's password."""
        password = conninfo_to_dict(self.project.dsn).get("password")
        plain = {shapes.TOKEN, *([str(password)] if password else [])}
        return plain | {quote(secret, safe="") for secret in plain}

    def _said(self) -> list[str]:
        wrong = []
        for one in self.started:
            said = one.out + one.err
            if any(secret in said for secret in self.secrets):
                wrong.append(f"{one.job}: a secret was said: {said}")
            if _BUG in said:
                wrong.append(f"{one.job}: {said}")
            if -one.process.returncode == signal.SIGSEGV:
                wrong.append(f"{one.job}: the supervisor crashed")
        return wrong
