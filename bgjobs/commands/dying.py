"""The end of a run whose process died: its row is closed by the supervisor at once."""

import sys

from bgjobs.commands.request import Request
from bgjobs.commands.scene import Scene, open_session, scene
from bgjobs.commands.telling import tell
from bgjobs.errors import BgjobsError, ExitStatus
from bgjobs.host.member import Death
from bgjobs.record import Counts, Failure, RunStatus
from bgjobs.run.execute import Outcome
from bgjobs.run.stops import Stops
from bgjobs.store.connection import explained
from bgjobs.store.former import end_former
from bgjobs.store.ledger import Ledger
from bgjobs.store.verdict import Living, living

ENDS = {
    None: (RunStatus.CRASHED, ExitStatus.JOB_FAILED),
    ExitStatus.TIMED_OUT: (RunStatus.TIMED_OUT, ExitStatus.TIMED_OUT),
    ExitStatus.INTERRUPTED: (RunStatus.INTERRUPTED, ExitStatus.INTERRUPTED),
    ExitStatus.TERMINATED: (RunStatus.INTERRUPTED, ExitStatus.TERMINATED),
}

_WELL = {RunStatus.SUCCESS: ExitStatus.SUCCESS, RunStatus.PARTIAL: ExitStatus.PARTIAL}


def died(asked: Request, stops: Stops, death: Death) -> int:
    """Record and tell how the job's process ended; returns the exit status."""
    output = asked.mask(death.output) or None
    around = scene(asked, stops, sys.stderr, lambda: output, terminal=False)
    status, exit_status = ENDS[death.stopped]
    ended = None
    try:
        ended = _close(asked, around, death, status, exit_status)
    except BgjobsError as error:
        around.say(f"the ledger could not be updated; the next start of any job does it: {error}")
    if ended is None:
        around.say(f"job {asked.job.name}: its process (pid {death.pid}) {death.cause}")
    return exit_status if ended is None else ended


def _close(
    asked: Request, around: Scene, death: Death, status: RunStatus, exit_status: ExitStatus
) -> ExitStatus | None:
    """End the runs that the process was at; the exit status due, None where it was at none."""
    session = open_session(asked, around.stops)
    try:
        ended = None
        for run in living(session):
            if _is(run, around, death.pid):
                end_former(session, run.run)
                ended = _end(asked, around, Ledger(session), run, death, status, exit_status)
                around.locks.forget(run.run)
    except BgjobsError:
        raise
    except Exception as error:
        raise explained(error) from error
    else:
        return ended
    finally:
        session.connection.close()


def _is(run: Living, around: Scene, pid: int) -> bool:
    return (run.host, run.boot, run.pid) == (around.me.host, around.me.boot, pid)


def _end(
    asked: Request,
    around: Scene,
    ledger: Ledger,
    run: Living,
    death: Death,
    status: RunStatus,
    exit_status: ExitStatus,
) -> ExitStatus:
    failure = Failure("ProcessDied", f"its process (pid {death.pid}) {death.cause}")
    closed = ledger.close_run(
        run.run, status, failure=failure, output=around.printed(), reason=failure.message
    )
    found = ledger.find_run(run.run)
    if closed is None and found is not None and found.status in _WELL:
        # Its last statement had reached the server, which carried it out after the death.
        return _WELL[found.status]
    counts = closed.counts if closed else Counts()
    seconds = closed.milliseconds / 1000 if closed else 0.0
    if found is not None:
        tell(
            around,
            asked.job,
            found.slot,
            Outcome(run.run, status, exit_status, counts, seconds, failure),
        )
    return exit_status
