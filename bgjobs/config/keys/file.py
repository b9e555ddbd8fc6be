"""The keys of jobs.toml outside its jobs."""

from bgjobs.config.keys.key import Key, table
from bgjobs.config.kinds import duration
from bgjobs.config.names import CONSTANTS, IDENTIFIER, TABLE_PARTS
from bgjobs.config.paths import MAILBOX, PATHS, PLACE, PROJECT, SERVICE, URL, VARIABLES

ROOT = table(
    Key(
        "project",
        PROJECT,
        "Names the block in the crontab; the directory's name where it is not given.",
        '"crm"',
    ),
)

DATABASE = table(
    Key(
        "url",
        URL,
        "A Postgres URL or connection string, or embedded:PATH for a server of bgjobs' own; "
        "BGJOBS_DATABASE_URL goes before it, libpq's environment holds without it.",
        '"postgresql://app@localhost/app"',
        private=True,
    ),
    Key("service", SERVICE, "A service of libpq's service file, instead of a url.", '"crm"'),
    Key(
        "password_file",
        PLACE,
        "A file with nothing but the password, which only its owner may read.",
        '"/etc/crm/password"',
    ),
    Key("schema", IDENTIFIER, "Where the ledger's tables are.", '"bgjobs"', '"bgjobs"'),
    Key(
        "connect_timeout",
        duration("1 s", "10 minutes"),
        "How long one try to connect may take.",
        '"10 s"',
        '"10 s"',
    ),
    Key(
        "connect_wait",
        duration("0 s", "1 day"),
        "How long a run goes on trying while nobody answers.",
        '"2 minutes"',
        '"30 s"',
    ),
)

AUDIT = table(
    Key(
        "table",
        TABLE_PARTS,
        "The table that gets one row for each finished run.",
        '"public.audit_log"',
        '"audit_log"',
    ),
    Key("columns", CONSTANTS, "Constant values for further columns.", "{ tenant_id = 1 }"),
)

CRON = table(
    Key("mailto", MAILBOX, "Where cron sends what a run prints.", '"ops@example.com"'),
    Key(
        "path",
        PATHS,
        "PATH of the runs.",
        '"/usr/local/bin:/usr/bin:/bin"',
        '"/usr/local/bin:/usr/bin:/bin"',
    ),
    Key(
        "environment",
        VARIABLES,
        "Variables whose values are carried into the crontab; never a secret.",
        '["PGSERVICEFILE"]',
    ),
)
