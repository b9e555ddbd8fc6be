"""The keys of a job that tell how its records are worked through, batch by batch."""

from bgjobs.config.keys.key import Key, table
from bgjobs.config.kinds import FLAG, Kind, choice, duration, whole
from bgjobs.config.limits import BATCH_SIZE
from bgjobs.job import Throttle

THROTTLE = table(
    Key(
        "replication_lag",
        duration("1 ms", "1 day"),
        "Wait while a standby lags further behind.",
        '"10 s"',
    ),
    Key(
        "commit_latency",
        duration("1 ms", "1 hour"),
        "Wait after a commit that took longer.",
        '"200 ms"',
    ),
    Key("locks", FLAG, "Wait while a session waits for a lock on `table`.", "true", "false"),
    Key("autovacuum", FLAG, "Wait while autovacuum works on `table`.", "true", "false"),
)
_THROTTLING = Kind("a table", lambda values: Throttle(**values), {"type": "object"})

BATCHES = (
    Key(
        "batch_size",
        BATCH_SIZE,
        'Records per batch, which is one transaction; "auto" aims at batch_target.',
        "500",
        "1000",
        inherited=True,
    ),
    Key(
        "batch_target",
        duration("10 ms", "10 minutes"),
        "How long a batch of automatic size should take.",
        '"2 s"',
        '"1 s"',
        inherited=True,
    ),
    Key(
        "read_ahead",
        FLAG,
        "Read the next batch while the handler works on this one.",
        "false",
        "true",
        inherited=True,
    ),
    Key(
        "concurrency",
        whole(1, 256),
        "Concurrent calls of the handler, as threads or coroutines.",
        "8",
        "1",
        inherited=True,
    ),
    Key(
        "workers",
        whole(1, 64),
        "Processes that share the records; one where `until_empty` is true.",
        "4",
        "1",
    ),
    Key(
        "resume",
        choice("continue", "restart", "manual"),
        "Whether an unfinished run resumes at its cursor, starts again, or waits for a person.",
        '"restart"',
        '"continue"',
        inherited=True,
    ),
    Key(
        "until_empty",
        FLAG,
        "Repeat until the select returns nothing.",
        "true",
        "false",
    ),
    Key(
        "pause",
        duration("0 s", "1 hour"),
        "Pause after each batch.",
        '"50 ms"',
        '"0 s"',
        inherited=True,
    ),
    Key(
        "throttle",
        _THROTTLING,
        "When to wait for a busy server.",
        '{ replication_lag = "10 s", locks = true }',
        inherited=True,
        keys=THROTTLE,
    ),
)
