"""The handlers of the jobs under test, copied beside their jobs.toml.

At record AT a handler stands still while the test holds the job's gate file, and then does what
the variable CHAOS names.
"""

import ctypes
import fcntl
import os
import resource
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psycopg

AT = 15
_HERE = Path(__file__).parent
_met = set()
_INSERT = "INSERT INTO effect VALUES (%s, %s, %s)"


def rows(run, record):
    _meet(run, record["id"])
    return {"id": record["id"]}


def own(run, record):
    run.connection.execute(_INSERT, [run.job, run.slot, record["id"]])
    _meet(run, record["id"])


def call(run):
    found = run.connection.execute("SELECT id FROM record ORDER BY id").fetchall()
    for (record,) in found:
        run.connection.execute(_INSERT, [run.job, run.slot, record])
        _meet(run, record)
    return len(found)


def _meet(run, record):
    if record == 1:
        print("the token is", run.params["token"])  # noqa: T201 - to be masked
    if record == AT:
        _stand(run.job)
        _FAULTS[os.environ.get("CHAOS", "nothing")](run)


def _once(fault):
    """A fault that does not happen again when the batch is tried again."""

    def wrapped(run):
        if fault not in _met:
            _met.add(fault)
            fault(run)

    wrapped.__name__ = fault.__name__
    return wrapped


def _stand(job):
    gate = _HERE / f"{job}.gate"
    if gate.exists():
        with gate.open() as held:
            gate.with_suffix(".reached").touch()
            fcntl.flock(held, fcntl.LOCK_SH)


def _nothing(run):
    pass


def _exit(run):
    os._exit(0)


def _segfault(run):
    # No core file: the place it would be written to is the tests'.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(0)


def _leave(run):
    sys.exit(0)


def _exhaust(run):
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    here = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (here + 2**26, here + 2**26))
    bytearray(2**30)


def _fork(run):
    if os.fork() == 0:
        # The child comes back from the handler and goes on as if it were the run.
        return
    os.wait()


def _fork_and_print(run):
    subprocess.run(["/bin/sh", "-c", "echo from the child"], check=True)


def _close(run):
    run.connection.close()


def _commit(run):
    run.connection.commit()


def _say_commit(run):
    run.connection.execute("COMMIT")


def _script(run):
    run.connection.execute(
        "INSERT INTO effect VALUES ('stray', now(), 1); COMMIT; "
        "INSERT INTO effect VALUES ('stray', now(), 2)"
    )


def _forge(run):
    run.connection.execute("COMMIT; BEGIN; SAVEPOINT bgjobs_part")


def _rollback(run):
    run.connection.rollback()


def _say_rollback(run):
    run.connection.execute("ROLLBACK; BEGIN")


def _swallow(run):
    with suppress(psycopg.Error):
        run.connection.execute("SELECT 1 / 0")


@_once
def _swallow_loss(run):
    with suppress(psycopg.Error):
        run.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def _hang(run):
    time.sleep(3600)


def _hang_deaf(run):
    while True:
        with suppress(BaseException):
            time.sleep(3600)


@_once
def _idle(run):
    run.connection.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
    _until_gone(run.connection)


def _until_gone(connection):
    """Do nothing until the server has closed the connection, and let the next statement tell."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLRDHUP)
    poll.poll(60_000)


def _wait_for_stop(run):
    while not run.stopping:
        time.sleep(0.01)


def _print_a_lot(run):
    for _ in range(20_000):
        print("x" * 79)  # noqa: T201 - to fill what keeps it


_FAULTS = {name[1:]: found for name, found in list(globals().items()) if name.startswith("_")}
