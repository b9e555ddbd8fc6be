"""The exit statuses, and the error classes that carry them."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """What a process tells cron, a monitor or a shell; fixed, documented in README.md."""

    SUCCESS = 0
    JOB_FAILED = 1
    USAGE = 2
    PARTIAL = 3
    UNREACHABLE = 69
    BUG = 70
    NOT_NOW = 75
    REFUSED = 77
    BAD_CONFIG = 78
    TIMED_OUT = 124
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """One line for a person."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitStatus.SUCCESS: "done, nothing to do, or the slot was taken (recorded as skipped)",
    ExitStatus.JOB_FAILED: "the job failed",
    ExitStatus.USAGE: "the command line is wrong",
    ExitStatus.PARTIAL: "finished, some records failed within the allowed number",
    ExitStatus.UNREACHABLE: "the database cannot be reached",
    ExitStatus.BUG: "a bug in bgjobs",
    ExitStatus.NOT_NOW: "not now: another run has the lease, a lock is held, or a disk is full",
    ExitStatus.REFUSED: "login refused, or a grant is missing",
    ExitStatus.BAD_CONFIG: "jobs.toml is wrong, or a block in the crontab",
    ExitStatus.TIMED_OUT: "the job's timeout passed",
    ExitStatus.INTERRUPTED: "stopped by SIGINT after its batch was finished",
    ExitStatus.TERMINATED: "stopped by SIGTERM after its batch was finished",
}


class BgjobsError(Exception):
    """Something a person can put right: the message says what, where and what to do."""

    status = ExitStatus.BUG


class UsageError(BgjobsError):
    """The command line asks for what there is not: an unknown job, an undeclared parameter."""

    status = ExitStatus.USAGE


class ConfigError(BgjobsError):
    """jobs.toml is missing, broken or means nothing; one line for each thing that is wrong."""

    status = ExitStatus.BAD_CONFIG


class CrontabError(BgjobsError):
    """The crontab cannot be read, holds a damaged block, or what would be run is unsafe."""

    status = ExitStatus.BAD_CONFIG


class DatabaseUnreachableError(BgjobsError):
    """No connection could be made, or it was lost and stayed lost."""

    status = ExitStatus.UNREACHABLE


class AccessRefusedError(BgjobsError):
    """The server refused the login, or a grant is missing."""

    status = ExitStatus.REFUSED


class NotNowError(BgjobsError):
    """Another run holds the lease, a lock is in the way, or a disk is full: it may work later."""

    status = ExitStatus.NOT_NOW


class LeaseLostError(NotNowError):
    """Another run took this one's lease over; nothing this run had not committed remains."""


class JobFailedError(BgjobsError):
    """The job's own code or SQL failed."""

    status = ExitStatus.JOB_FAILED


class AnswerError(JobFailedError):
    """A handler returned something for a record that is none of the answers there are."""
