"""The keys of jobs.toml outside its jobs."""

from bgjobs.config.keys.key import Key, table
from bgjobs.config.kinds import duration
from bgjobs.config.names import CONSTANTS, IDENTIFIER, TABLE_PARTS
from bgjobs.config.paths import MAILBOX, PATHS, PLACE, PROJECT, SERVICE, URL, VARIABLES

ROOT = table(
    Key(
        "project",
        PROJECT,
        "Name of the crontab block; by default the directory's name.",
        '"crm"',
    ),
)

DATABASE = table(
    Key(
        "url",
        URL,
        "A Postgres URL or connection string, or embedded:PATH for a private server; overridden by "
        "BGJOBS_DATABASE_URL; if omitted, libpq's environment variables are used.",
        '"postgresql://app@localhost/app"',
        private=True,
    ),
    Key("service", SERVICE, "A service of libpq's service file, instead of url.", '"crm"'),
    Key(
        "password_file",
        PLACE,
        "A file that holds only the password and that only its owner can read.",
        '"/etc/crm/password"',
    ),
    Key("schema", IDENTIFIER, "The schema of the ledger's tables.", '"bgjobs"', '"bgjobs"'),
    Key(
        "connect_timeout",
        duration("1 s", "10 minutes"),
        "How long one attempt to connect may take.",
        '"10 s"',
        '"10 s"',
    ),
    Key(
        "connect_wait",
        duration("0 s", "1 day"),
        "How long a run keeps trying to connect.",
        '"2 minutes"',
        '"30 s"',
    ),
)

AUDIT = table(
    Key(
        "table",
        TABLE_PARTS,
        "The table that gets one row per finished run.",
        '"public.audit_log"',
        '"audit_log"',
    ),
    Key("columns", CONSTANTS, "Constant values for additional columns.", "{ tenant_id = 1 }"),
)

CRON = table(
    Key("mailto", MAILBOX, "Where cron mails what a run prints.", '"ops@example.com"'),
    Key(
        "path",
        PATHS,
        "PATH for the runs.",
        '"/usr/local/bin:/usr/bin:/bin"',
        '"/usr/local/bin:/usr/bin:/bin"',
    ),
    Key(
        "environment",
        VARIABLES,
        "Environment variables whose values are copied into the crontab; never secrets.",
        '["PGSERVICEFILE"]',
    ),
)
