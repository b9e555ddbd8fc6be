"""The keys of a job that tell how its records are worked through, batch by batch."""

from bgjobs.config.keys.key import Key, table
from bgjobs.config.kinds import FLAG, Kind, choice, duration, whole
from bgjobs.config.limits import BATCH_SIZE
from bgjobs.job import Throttle

THROTTLE = table(
    Key(
        "replication_lag",
        duration("1 ms", "1 day"),
        "Wait while a standby is further behind.",
        '"10 s"',
    ),
    Key(
        "commit_latency",
        duration("1 ms", "1 hour"),
        "Wait after a commit that took longer.",
        '"200 ms"',
    ),
    Key("locks", FLAG, "Wait while a session waits for a lock on the table.", "true", "false"),
    Key("autovacuum", FLAG, "Wait while autovacuum works on the table.", "true", "false"),
)
_THROTTLING = Kind("a table", lambda values: Throttle(**values), {"type": "object"})

BATCHES = (
    Key(
        "batch_size",
        BATCH_SIZE,
        'Records in a batch and its transaction; "auto" adapts to batch_target.',
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
        "Whether the next batch is read while the handler works on this one.",
        "false",
        "true",
        inherited=True,
    ),
    Key(
        "concurrency",
        whole(1, 256),
        "Calls of the handler at the same time, in threads or as coroutines.",
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
        "After a crash: go on where it stood, from the first record, or when asked to.",
        '"restart"',
        '"continue"',
        inherited=True,
    ),
    Key(
        "until_empty",
        FLAG,
        "Whether records that appear while it runs are worked in the same run.",
        "true",
        "false",
    ),
    Key(
        "pause",
        duration("0 s", "1 hour"),
        "Rest after each batch.",
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
