"""What a start says at its end."""

from datetime import UTC, datetime
from uuid import UUID

from bgjobs.commands.telling import block, summary
from bgjobs.errors import ExitStatus
from bgjobs.job import Job
from bgjobs.record import Counts, Failure, RunStatus
from bgjobs.run.execute import Outcome
from bgjobs.schedule import Schedule

SLOT = datetime(2026, 7, 1, 2, tzinfo=UTC)
RUN = UUID("51d5d91c-922d-46b2-b055-e8c78d10edea")
JOB = Job("remind", schedule=Schedule("0 2 * * *"), handler="mails:remind")
STACK = (
    '  File "/srv/mails.py", line 7, in remind\n    return {}["id"]\n'
    '  File "/srv/mails.py", line 9, in address\n    return {}["id"]\nKeyError: \'id\''
)


def outcome(status: RunStatus, exit_status: ExitStatus, **more: object) -> Outcome:
    found = Outcome(RUN, status, exit_status, Counts(1204, 1203, 0, 1, 2), 61.5)
    return found._replace(**more)


def said(job: Job, told: Outcome, *, dry_run: bool = False) -> str:
    return "\n".join(block(job, SLOT, "web1", told, dry_run=dry_run))


def test_a_failure_tells_what_where_and_what_to_do() -> None:
    failure = Failure("KeyError", "'id'", STACK)
    failed = outcome(RunStatus.FAILED, ExitStatus.JOB_FAILED, failure=failure)
    assert (
        said(JOB, failed)
        == """\
bgjobs: job remind failed: KeyError: 'id'
  at "/srv/mails.py", line 9, in address
  slot 2026-07-01T02:00:00+00:00, host web1
  run 51d5d91c-922d-46b2-b055-e8c78d10edea
  records: 1,203 done, 1 failed, 0 skipped

    File "/srv/mails.py", line 7, in remind
      return {}["id"]
    File "/srv/mails.py", line 9, in address
      return {}["id"]
  KeyError: 'id'

  more: bgjobs show 51d5d91c
  next: bgjobs retry remind works the failed records again, bgjobs run remind the rest"""
    )


def test_a_message_of_ours_stands_for_itself() -> None:
    failure = Failure("ConfigError", "no module\nnamed mails", "ConfigError: no module named mails")
    failed = outcome(RunStatus.FAILED, ExitStatus.BAD_CONFIG, failure=failure)
    assert said(JOB, failed).splitlines()[:2] == [
        "bgjobs: job remind failed: no module named mails",
        "  slot 2026-07-01T02:00:00+00:00, host web1",
    ]


def test_a_dry_run_points_to_no_row() -> None:
    told = said(JOB, outcome(RunStatus.FAILED, ExitStatus.JOB_FAILED), dry_run=True)
    assert "nothing of it is kept" in told
    assert str(RUN)[:8] not in told


def test_what_comes_next_is_told_as_the_job_has_it() -> None:
    stopped = outcome(RunStatus.INTERRUPTED, ExitStatus.TERMINATED, reason="stopped by SIGTERM")
    partial = outcome(RunStatus.PARTIAL, ExitStatus.PARTIAL)
    failed = outcome(RunStatus.FAILED, ExitStatus.JOB_FAILED)
    for job, told, first, last in [
        (
            JOB,
            stopped,
            "was interrupted: stopped by SIGTERM",
            "the next start resumes it; now: bgjobs run remind",
        ),
        (
            JOB._replace(resume="restart"),
            stopped,
            "was interrupted: stopped by SIGTERM",
            "the next start starts it again; now: bgjobs run remind",
        ),
        (
            JOB._replace(resume="manual"),
            stopped,
            "was interrupted: stopped by SIGTERM",
            "it waits for you: bgjobs run remind --resume, or --restart",
        ),
        (
            JOB._replace(schedule=None),
            failed._replace(counts=Counts()),
            "failed",
            "bgjobs run remind resumes it",
        ),
        (
            JOB,
            failed._replace(counts=Counts()),
            "failed",
            "bgjobs run remind resumes it; other slots start as scheduled",
        ),
        (
            JOB,
            partial,
            "is partial: 1 record failed",
            "bgjobs failures remind lists them, bgjobs retry remind works them again",
        ),
    ]:
        lines = said(job, told).splitlines()
        assert lines[0] == f"bgjobs: job remind {first}"
        assert lines[-1] == f"  next: {last}"
        assert max(map(len, lines)) <= 80


def test_a_run_that_went_well_is_one_line() -> None:
    one = outcome(RunStatus.SUCCESS, ExitStatus.SUCCESS, counts=Counts(3, 1, 2, 0, 1), seconds=0.25)
    assert summary(JOB, one) == "remind: success: 1 record, 2 skipped in 0.25s"
