"""A run as its steps: open, work, close."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from bgjobs.errors import BgjobsError, DatabaseUnreachableError, ExitStatus, LeaseLostError
from bgjobs.handler import Run
from bgjobs.record import Counts, Failure, RunStatus
from bgjobs.run import fault, shapes
from bgjobs.run.recovery import connect_anew
from bgjobs.run.stops import Stop
from bgjobs.run.task import LimitReachedError, StoppedError, Task, TooManyFailedError
from bgjobs.store import connection
from bgjobs.store.blame import presume
from bgjobs.store.ledger import Closed


class Ending(NamedTuple):
    """How the work came to its end."""

    status: RunStatus
    exit: ExitStatus
    failure: Failure | None = None
    reason: str | None = None


class Outcome(NamedTuple):
    """A run that is over, as the ledger has it."""

    run: UUID
    status: RunStatus
    exit: ExitStatus
    counts: Counts
    seconds: float
    failure: Failure | None = None
    reason: str | None = None


def execute(
    task: Task,
    output: Callable[[], str | None],
    how: Callable[[Task], str | None] | None = None,
) -> Outcome:
    """Work an open run and close it.

    Args:
        task: The run that was opened, and what it works with.
        output: What the job has printed, asked for at the end.
        how: As in `work`.

    Raises:
        LeaseLostError: Another run had taken the lease: that one says what became of the work.
        DatabaseUnreachableError: The end could not be written; the error tells it.
    """
    ending = work(task, how)
    if task.run.dry_run:
        return _dry(task, ending)
    return close(task, ending, output())


def work(task: Task, how: Callable[[Task], str | None] | None = None) -> Ending:
    """Do the work, whatever comes of it.

    Args:
        task: The run that was opened.
        how: What does it, and returns why it ended before its end; else that is `work_records`.

    Raises:
        LeaseLostError: Another run has taken the lease.
    """
    try:
        reason = (how or work_records)(task)
    except (StoppedError, Stop, KeyboardInterrupt) as error:
        return _stopped(task, error)
    except LeaseLostError:
        raise
    except SystemExit as error:
        message = f"the handler ended the process: sys.exit({error.code!r})"
        failed = Failure("SystemExit", message, fault.failure(error, task.mask).stack)
        return Ending(RunStatus.FAILED, ExitStatus.JOB_FAILED, failed)
    except Exception as error:  # noqa: BLE001 - whatever the job's code raises is its failure
        return _failed(error, task)
    return Ending(RunStatus.SUCCESS, ExitStatus.SUCCESS, reason=reason)


def work_records(task: Task) -> str | None:
    """Work the records, then send what was put into the outbox; why it ended before them all."""
    reason, too_many = None, None
    try:
        shapes.work(task)
    except LimitReachedError as error:
        reason = str(error)
    except TooManyFailedError as error:
        # The messages of those that did not fail are due all the same.
        too_many = error
    judged = deliver(task)
    if too_many is not None:
        raise too_many
    if not judged:
        shapes.judge(task)
    return reason


def deliver(task: Task, *, listed: bool = False) -> bool:
    """Send what waits in the outbox; with `listed` also what is on the list of what failed.

    Returns whether messages failed, and no more than the job allows.

    Raises:
        StoppedError: It was asked to stop before all was sent.
        Exception: As from `Delivery.deliver`.
    """
    if task.load_send is not None and not task.run.dry_run:
        from bgjobs.run.delivery import Delivery

        failed = Delivery(task, task.load_send()).deliver(listed=listed)
        if task.stops.wanted:
            raise StoppedError(task.stops.reason or "asked to stop")
        return failed
    return False


def _stopped(task: Task, error: BaseException) -> Ending:
    task.stops.obeyed()
    asked = task.stops.requested or ExitStatus.INTERRUPTED
    reason = task.stops.reason or str(error) or "stopped"
    if asked is ExitStatus.TIMED_OUT:
        return Ending(RunStatus.TIMED_OUT, asked, reason=reason)
    return Ending(RunStatus.INTERRUPTED, asked, reason=reason)


def _failed(error: Exception, task: Task) -> Ending:
    mask = task.mask
    if task.job.statement is not None and not fault.of_handler(error):
        # Sent ahead of its answer, so that whoever asked for that one could not tell.
        presume(error, "statement")
    explained = connection.explained(error)
    if isinstance(explained, DatabaseUnreachableError) and task.stops.wanted:
        # Asked to stop, or out of time, while it waited for the database to come back.
        return _stopped(task, error)
    if isinstance(explained, LeaseLostError):
        raise explained from error
    status = explained.status if isinstance(explained, BgjobsError) else ExitStatus.JOB_FAILED
    failed = fault.failure(error, mask)
    if explained is not error:
        failed = failed._replace(message=mask(str(explained)))
    return Ending(RunStatus.FAILED, status, failed)


def close(task: Task, ending: Ending, output: str | None) -> Outcome:
    """Write the end of a run into ledger and audit table, on a connection that is sound.

    Raises:
        LeaseLostError: Another process has ended the run already.
        UnclosedError: The database stayed away, or the audit table takes no row.
    """
    with task.stops.shield():
        try:
            closed = _close_soundly(task, ending, output)
        except BgjobsError as error:
            raise UnclosedError(error, task.run, ending) from error
        finally:
            # A stop that came meanwhile has nothing left to stop.
            task.stops.obeyed()
    if closed is None:
        raise LeaseLostError(
            f"run {task.run.id} of {task.job.name} was ended by another process, which took it for "
            "dead; what it committed is kept, and the next run resumes there"
        )
    exit_status = ExitStatus.PARTIAL if closed.status is RunStatus.PARTIAL else ending.exit
    return Outcome(
        task.run.id,
        closed.status,
        exit_status,
        closed.counts,
        closed.milliseconds / 1000,
        ending.failure,
        ending.reason,
    )


class UnclosedError(DatabaseUnreachableError):
    """A run came to its end and the ledger could not be told; `ending` is what it would say."""

    def __init__(self, error: BgjobsError, run: Run, ending: Ending) -> None:
        status, failure = ending.status, ending.failure
        cause = f" ({failure.message})" if failure and failure.message != str(error) else ""
        super().__init__(
            f"the run of {run.job} ended as {status}{cause}, and the ledger could not be told: "
            f"{error}; the next start on this host tells it"
        )
        self.status = error.status
        self.run = run
        self.ending = ending


def _close_soundly(task: Task, ending: Ending, output: str | None) -> Closed | None:
    if ending.exit is ExitStatus.UNREACHABLE and connection.lost(task.session.connection):
        # It was waited for already, as long as there was time.
        raise DatabaseUnreachableError(ending.failure.message if ending.failure else "lost")
    if not connection.idle(task.session.connection):
        # Whatever stopped the work may have left it in the middle of an answer.
        task.session.connection.close()
        connect_anew(task)
    tries, again = 5, False
    while True:
        try:
            closed = task.ledger.close_run(
                task.run.id,
                ending.status,
                failure=ending.failure,
                output=output,
                reason=ending.reason,
                lock_timeout=task.batches.lock_timeout,
            )
            task.ledger.drop_lane(task.job.name, task.batches.lease.lane)
        except Exception as error:
            again = True
            tries -= 1
            if not tries or not connection.healing(error):
                raise connection.explained(error) from error
            task.session.connection.close()
            connect_anew(task)
        else:
            if closed is None and again:
                return task.ledger.find_closed(task.run.id, ending.status)
            return closed


def _dry(task: Task, ending: Ending) -> Outcome:
    counts = task.batches.total
    status, exit_status = ending.status, ending.exit
    if status is RunStatus.SUCCESS and counts.failed:
        status, exit_status = RunStatus.PARTIAL, ExitStatus.PARTIAL
    return Outcome(task.run.id, status, exit_status, counts, 0.0, ending.failure, ending.reason)
