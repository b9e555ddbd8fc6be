"""A run that does nothing, by hand: its row, and the audit row.

noop.py JOBS_TOML
"""

import sys
import tomllib
import uuid

import psycopg

with open(sys.argv[1], "rb") as file:  # noqa: PTH123 - the least that does it
    url = tomllib.load(file)["database"]["url"]

RUN = """
INSERT INTO bgjobs.run (id, job, slot, trigger, status, attempt, host, pid, version, finished_at)
VALUES (%s, 'noop', now(), 'cron', 'success', 1, 'here', 1, '1', clock_timestamp())
"""
AUDIT = """
INSERT INTO audit_log (action_type, entity_type, details)
VALUES ('background_job_execution', 'background_job',
        '{"job_name": "noop", "status": "success", "records_processed": 0}')
"""
with psycopg.connect(url) as connection:
    connection.execute(RUN, (uuid.uuid4(),))
    connection.commit()
    connection.execute(AUDIT)
