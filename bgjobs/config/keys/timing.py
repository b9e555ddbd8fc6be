"""The keys of a job that tell when it starts, and how long its runs are remembered."""

from bgjobs.config.keys.key import Key
from bgjobs.config.kinds import FILLED, FLAG, LINE, Kind, UnfitError, choice, duration, line, whole
from bgjobs.schedule import GAPS, OVERLAPS
from bgjobs.zone import check


def _timezone(value: object) -> str:
    name = line(value)
    try:
        check(name)
    except ValueError as error:
        raise UnfitError(str(error).removeprefix("timezone ")) from None
    return name


_ZONE = Kind("a zone of the tz database", _timezone, {"type": "string", "minLength": 1})

TIMING = (
    Key("description", LINE, "What the job is for, in one line.", '"Close overdue tasks"'),
    Key(
        "schedule",
        FILLED,
        "When cron starts it: five fields as in crontab(5), or a macro; if omitted, only by hand.",
        '"*/15 * * * *"',
    ),
    Key(
        "timezone",
        _ZONE,
        "The time zone of `schedule` and `not_after`.",
        '"Europe/Berlin"',
        '"UTC"',
        inherited=True,
    ),
    Key(
        "dst_gap",
        choice(*GAPS),
        "A fixed time in the hour that the clock skips: run right after it, or not at all.",
        '"skip"',
        '"late"',
        inherited=True,
    ),
    Key(
        "dst_overlap",
        choice(*OVERLAPS),
        "A fixed time in the hour that comes twice: which of the two runs.",
        '"second"',
        '"first"',
        inherited=True,
    ),
    Key(
        "spread",
        duration("0 s", "1 day"),
        "Delay starts by up to this time, differently for each job and host.",
        '"10 m"',
        '"0 s"',
        inherited=True,
    ),
    Key("enabled", FLAG, "Whether cron starts it.", "false", "true", inherited=True),
    Key(
        "overlap",
        choice("skip", "wait", "allow"),
        "What a start does while the job's previous run is still running.",
        '"wait"',
        '"skip"',
        inherited=True,
    ),
    Key(
        "overlap_wait",
        duration("1 s", "1 day"),
        'How long a start waits with overlap = "wait".',
        '"30 m"',
        '"5 m"',
        inherited=True,
    ),
    Key(
        "catch_up",
        choice("skip", "latest", "all"),
        "Which missed slots the next start works.",
        '"latest"',
        '"skip"',
        inherited=True,
    ),
    Key(
        "catch_up_limit",
        whole(1, 1000),
        "At most this many missed slots per start.",
        "3",
        "10",
        inherited=True,
    ),
    Key(
        "max_lateness",
        duration("1 s", "366 days", optional=True),
        "Slots missed longer ago are skipped.",
        '"1 day"',
        inherited=True,
    ),
    Key(
        "keep",
        duration("1 hour", "36500 days", optional=True),
        "How long a run is kept in the history.",
        '"30 days"',
        '"90 days"',
        inherited=True,
    ),
    Key(
        "keep_failed",
        duration("1 hour", "36500 days", optional=True),
        "How long a run that did not succeed is kept.",
        '"2000 days"',
        '"365 days"',
        inherited=True,
    ),
    Key(
        "keep_runs",
        whole(1, 1_000_000),
        "At most this many runs are kept.",
        "500",
        inherited=True,
    ),
)
