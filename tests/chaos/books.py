"""What must hold after a fault and one clean run, read from the tables alone."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from chaos.shapes import RECORDS

_TABLES = ("bgjobs.run", "bgjobs.lease", "bgjobs.failed_record", "bgjobs.outbox", "audit_log")

# The slots that were worked, by the ledger.
_WORKED = "(SELECT DISTINCT job, slot FROM bgjobs.run WHERE status <> 'skipped' AND attempt > 0)"
_QUESTIONS = {
    "{job} at {slot}: record {record} was done {times} times": """
        SELECT job, slot, record, count(*) AS times FROM effect
         GROUP BY job, slot, record HAVING count(*) <> 1""",
    "{job} at {slot}: {missing} records were not done": f"""
        SELECT w.job, w.slot, count(*) AS missing FROM {_WORKED} AS w CROSS JOIN record AS r
         WHERE NOT EXISTS (SELECT FROM effect AS e
                            WHERE (e.job, e.slot, e.record) = (w.job, w.slot, r.id))
         GROUP BY w.job, w.slot""",
    "an effect of {job} at {slot}, where there was no run": f"""
        SELECT job, slot FROM effect EXCEPT SELECT job, slot FROM {_WORKED} AS w""",
    "{job}: run {id} is left running": """
        SELECT job, id FROM bgjobs.run WHERE status = 'running'""",
    "{job}: a lease is left with {run}": """
        SELECT job, run FROM bgjobs.lease WHERE run IS NOT NULL OR in_batch IS NOT NULL""",
    "{job}: run {id} ({status}) has {rows} audit rows": """
        SELECT r.job, r.id, r.status, count(a.*) AS rows
          FROM bgjobs.run AS r
          LEFT JOIN audit_log AS a ON a.details ->> 'run_id' = r.id::text
                                  AND a.details ->> 'outcome' = r.status
                                  AND a.action_type = 'background_job_execution'
         GROUP BY r.id HAVING count(a.*) <> CASE r.status WHEN 'skipped' THEN 0 ELSE 1 END""",
    "an audit row of no run: {details}": """
        SELECT details FROM audit_log AS a
         WHERE NOT EXISTS (SELECT FROM bgjobs.run AS r
                            WHERE r.id::text = a.details ->> 'run_id'
                              AND r.status = a.details ->> 'outcome')""",
    "{job} at {slot} succeeded {times} times": f"""
        SELECT w.job, w.slot, count(r.id) AS times FROM {_WORKED} AS w
          LEFT JOIN bgjobs.run AS r
                 ON (r.job, r.slot) = (w.job, w.slot) AND r.status IN ('success', 'partial')
         GROUP BY w.job, w.slot HAVING count(r.id) <> 1""",
    "{job} at {slot}: its runs count {processed} records": f"""
        SELECT r.job, r.slot, sum(r.processed) AS processed
          FROM bgjobs.run AS r JOIN {_WORKED} AS w USING (job, slot)
         GROUP BY r.job, r.slot HAVING sum(r.processed) <> {RECORDS}""",
    "{job}: its cursor is left at {cursor}": f"""
        SELECT job, cursor FROM bgjobs.lease
         WHERE cursor NOT IN ('["{RECORDS}"]', '["done"]')
           AND NOT EXISTS (SELECT FROM bgjobs.lease AS other
                            WHERE other.job = lease.job AND other.shard > 1)""",
}


def violations(connection: psycopg.Connection[Any], secrets: Collection[str]) -> list[str]:
    """What does not hold, a line each."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = [
            text.format(**row)
            for text, question in _QUESTIONS.items()
            for row in cursor.execute(question.encode())
        ]
        return [*found, *_leaks(cursor, secrets)]


def _leaks(cursor: psycopg.Cursor[Mapping[str, Any]], secrets: Collection[str]) -> Iterator[str]:
    for table in _TABLES:
        rows = cursor.execute(f"SELECT row_to_json(t)::text AS row FROM {table} AS t".encode())
        for row in rows.fetchall():
            if any(secret in row["row"] for secret in secrets):
                yield f"a secret in {table}: {row['row']}"
