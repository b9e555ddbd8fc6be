"""The keys of a job that bound a run, and tell what is done when something goes wrong."""

from bgjobs.config.keys.key import Key
from bgjobs.config.kinds import CLOCK, duration, whole
from bgjobs.config.limits import ALLOWANCE
from bgjobs.config.names import ERRORS

TROUBLE = (
    Key(
        "max_failures",
        ALLOWANCE,
        "How many records may fail before the run fails.",
        '{ records = 10, ratio = "2%" }',
        "0",
        inherited=True,
    ),
    Key(
        "retries",
        whole(0, 100),
        "How many times a failed run is retried; not where records failed (see `bgjobs retry`).",
        "3",
        "0",
        inherited=True,
    ),
    Key(
        "retry_on",
        ERRORS,
        "Retry only these errors, each a class by its own name or an SQLSTATE; if omitted, all.",
        '["40001", "smtplib.SMTPServerDisconnected"]',
        inherited=True,
    ),
    Key(
        "retry_delay",
        duration("0 s", "1 day"),
        "Pause before the first retry; doubled before each further one.",
        '"10 s"',
        '"1 s"',
        inherited=True,
    ),
    Key(
        "timeout",
        duration("1 s", "30 days", optional=True),
        "How long a run may take.",
        '"30 minutes"',
        inherited=True,
    ),
    Key("not_after", CLOCK, "Time of day at which a run stops.", '"06:00"', inherited=True),
    Key(
        "statement_timeout",
        duration("1 ms", "1 day", optional=True),
        "How long one SQL statement may take.",
        '"1 m"',
        inherited=True,
    ),
    Key(
        "lock_timeout",
        duration("1 ms", "1 day", optional=True),
        "How long a statement may wait for a lock.",
        '"2 s"',
        '"10 s"',
        inherited=True,
    ),
    Key(
        "lease",
        duration("5 s", "1 day"),
        "How long after its last heartbeat a run counts as dead.",
        '"5 m"',
        '"60 s"',
        inherited=True,
    ),
)
