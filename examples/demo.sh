#!/bin/sh
# Runs two of the jobs in jobs.toml on an embedded Postgres; `make demo` calls it.
set -eu
cd "$(dirname "$0")/.."
bgjobs="${BIN:-.venv/bin}/bgjobs"

step() {
    printf '\n$ bgjobs %s\n' "$*"
    "$bgjobs" "$@"
}

# These two stay out of the demo's own way: quiet, and an error ends it.
sql() { "$bgjobs" db psql -q -v ON_ERROR_STOP=1 "$@"; }

step db start
step migrate
if [ "$(sql -Atc "SELECT to_regclass('task') IS NULL")" = t ]; then
    sql -1 -f examples/schema.sql -f examples/data.sql
else
    sql -f examples/later.sql
fi
sql -c "SELECT status, count(*) AS tasks, count(*) FILTER (WHERE due_date < now()) AS past_due
          FROM task GROUP BY status ORDER BY status"

step run overdue-tasks
# A few clients left no usable address: those records fail alone, and the run is partial (3).
step run hearing-reminders || [ $? -eq 3 ]
step failures
step history
step list
printf '\nPostgres goes on running; this stops it:  %s db stop\n' "$bgjobs"
