"""The keys of a job that tell what it does."""

from bgjobs.config.keys.key import Key
from bgjobs.config.kinds import FILLED, choice
from bgjobs.config.names import COLUMNS, FUNCTION, KEY, PARAMETER_NAMES, PARAMETERS, TABLE

WORK = (
    Key(
        "select",
        FILLED,
        "The records to work: one query, without ORDER BY and LIMIT.",
        "\"SELECT id, due_date FROM tasks WHERE status = 'Open'\"",
    ),
    Key(
        "key",
        KEY,
        "The columns of `select` that order the records; together unique and never null.",
        '["priority DESC", "due_date", "id"]',
    ),
    Key(
        "group_by",
        COLUMNS,
        "The first columns of `key`; records with equal values in them stay in one batch.",
        '"user_id"',
    ),
    Key(
        "statement",
        FILLED,
        "One SQL statement; with `select` it reads the batch's records as the relation `batch`.",
        "\"UPDATE tasks t SET status = 'Overdue' FROM batch WHERE t.id = batch.id\"",
    ),
    Key(
        "handler",
        FUNCTION,
        "The Python function to call, beside jobs.toml or installed.",
        '"reminders:remind"',
    ),
    Key(
        "per",
        choice("record", "batch"),
        "What one call of the handler is given.",
        '"batch"',
        '"record"',
    ),
    Key(
        "send",
        FUNCTION,
        "The Python function that sends the messages of run.send().",
        '"reminders:mail"',
    ),
    Key(
        "params",
        PARAMETERS,
        "Parameters with their defaults, `:name` in SQL; --param overrides them. A slot that is "
        "resumed keeps those it was begun with.",
        "{ days = 30 }",
    ),
    Key(
        "secrets",
        PARAMETER_NAMES,
        "Parameters whose values are masked wherever they are stored or shown.",
        '["token"]',
    ),
    Key(
        "table",
        TABLE,
        "The table the job writes, for `throttle` to watch.",
        '"public.tasks"',
    ),
)
