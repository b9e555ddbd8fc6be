"""The keys of a job that tell what it does."""

from bgjobs.config.keys.key import Key
from bgjobs.config.kinds import FILLED, choice
from bgjobs.config.names import COLUMNS, FUNCTION, KEY, PARAMETER_NAMES, PARAMETERS, TABLE

WORK = (
    Key(
        "select",
        FILLED,
        "The records to work: one query, with neither ORDER BY nor LIMIT of its own.",
        "\"SELECT id, due_date FROM tasks WHERE status = 'Open'\"",
    ),
    Key(
        "key",
        KEY,
        "The columns of `select` that pages are ordered by; together unique, never null.",
        '["priority DESC", "due_date", "id"]',
    ),
    Key(
        "group_by",
        COLUMNS,
        "The first columns of `key`; records that agree in them stay in one batch.",
        '"user_id"',
    ),
    Key(
        "statement",
        FILLED,
        "One SQL statement; with `select` it reads the current records as the relation `batch`.",
        "\"UPDATE tasks t SET status = 'Overdue' FROM batch WHERE t.id = batch.id\"",
    ),
    Key(
        "handler",
        FUNCTION,
        "The Python function that is called, found beside jobs.toml or installed.",
        '"reminders:remind"',
    ),
    Key(
        "per",
        choice("record", "batch"),
        "What one call of the handler gets.",
        '"batch"',
        '"record"',
    ),
    Key("send", FUNCTION, "The function that sends what run.send() took.", '"reminders:mail"'),
    Key(
        "params",
        PARAMETERS,
        "The parameters and their values, unless --param gives others; `:name` in SQL.",
        "{ days = 30 }",
    ),
    Key(
        "secrets",
        PARAMETER_NAMES,
        "Parameters whose values are hidden wherever they would be stored or shown.",
        '["token"]',
    ),
    Key(
        "table",
        TABLE,
        "The table that the job writes, for `throttle` to look at.",
        '"public.tasks"',
    ),
)
